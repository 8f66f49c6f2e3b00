"""Late purchases and productions in the queue: one case each, with who waits, gone when it is over."""

from decimal import Decimal

import pytest

from apps.exceptions.models import Case
from apps.journal.correlation import bound
from apps.journal.models import Entry
from apps.mirror.models import Picking, Product, PurchaseOrder, SaleOrder
from apps.shipments.models import Order
from apps.shipments.projection import project
from tests.factories import make_customer, make_person
from tests.shipments.factories import at, change, mirrored
from tests.shipments.test_depends import buy, produce, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db):
    return mirrored(Product, name="Desk")


def move(row, supply, when):
    change(row, **{"planned_at" if supply.kind == "purchase" else "finish_at": at(when)})
    ids = [supply.odoo_id]
    project("default", **{"purchases" if supply.kind == "purchase" else "productions": ids})


def test_a_purchase_moved_beyond_the_tolerance_opens_one_case_that_names_who_waits(
    company, desk, settle, olga
):
    first, _, _ = sell(company, desk, "S1", "2026-03-09 08:00")
    supply, bought = buy(company, desk, origin="S1, S2", when="2026-03-08 12:00")
    second, _, _ = sell(company, desk, "S2", "2026-03-10 08:00")
    settle()
    assert not Case.objects.exists()

    move(bought, supply, "2026-03-12 12:00")
    settle()
    settle()

    case = Case.objects.get()
    assert (case.kind, case.title, case.team.slug, case.state) == (
        "inbound_delay", "P00001 comes 4 days late", "operations", "open",
    )  # fmt: skip
    assert "S1, S2 wait for it." in case.says
    assert (case.order, case.subject) == (first, supply.public_id)
    assert set(case.evidence.filter(kind="order").values_list("ref", flat=True)) == {
        first.public_id, second.public_id,
    }  # fmt: skip
    assert Case.objects.all().visible_to(olga).get() == case


def test_a_case_that_names_two_customers_orders_is_shown_to_neither(company, desk, settle, olga):
    customers = [make_customer(company), make_customer(company)]
    for name, customer in zip(("S1", "S2"), customers, strict=True):
        order, _, _ = sell(company, desk, name, "2026-03-09 08:00")
        change(order_row(order), customer=customer)
        project("default", orders=[order.odoo_id])
    supply, bought = buy(company, desk, origin="S1, S2", when="2026-03-08 12:00")
    move(bought, supply, "2026-03-12 12:00")
    settle()

    case = Case.objects.get()
    assert (case.order, case.customer, case.company) == (None, None, company)
    one = make_person("Only One", "customer_service", company, customers[0])
    assert not Case.objects.all().visible_to(one).exists()
    assert Case.objects.all().visible_to(olga).exists()


def order_row(order):
    return SaleOrder.objects.get(odoo_id=order.odoo_id)


def test_within_the_tolerance_nothing_happens_and_the_tolerance_is_configurable(
    company, desk, settle, settings
):
    supply, bought = buy(company, desk)
    move(bought, supply, "2026-03-09 11:00")
    settle()
    assert not Case.objects.exists()

    settings.INBOUND_TOLERANCE_H = 2
    move(bought, supply, "2026-03-09 11:30")
    settle()
    assert Case.objects.get().kind == "inbound_delay"


def test_a_second_delay_raises_the_count_and_the_old_date_closes_the_case(company, desk, settle):
    supply, bought = buy(company, desk)
    for when in ("2026-03-12 12:00", "2026-03-20 12:00"):
        move(bought, supply, when)
        settle()
    assert [(case.count, case.title) for case in Case.objects.all()] == [
        (2, "P00001 comes 12 days late")
    ]

    move(bought, supply, "2026-03-08 12:00")
    settle()
    case = Case.objects.get()
    assert (case.state, case.resolved_by, case.resolution) == (
        "resolved", "the tower", "P00001 is expected as first promised again.",
    )  # fmt: skip


def test_goods_that_came_close_the_case(company, desk, settle):
    supply, bought = buy(company, desk)
    move(bought, supply, "2026-03-12 12:00")
    settle()
    change(bought, received_qty=Decimal(10))
    project("default", purchases=[supply.odoo_id])
    settle()
    assert Case.objects.get().resolution == "P00001 is received or cancelled."


def test_a_production_that_finishes_after_its_goods_are_to_leave_is_a_case(company, desk, settle):
    sell(company, desk, "S1", "2026-03-09 08:00")
    supply, row = produce(company, desk, origin="S1", finish="2026-03-08 12:00")
    settle()
    assert not Case.objects.exists()

    move(row, supply, "2026-03-11 12:00")
    settle()
    case = Case.objects.get()
    assert (case.kind, case.title) == (
        "production_slip", "WH/MO/1 finishes after WH/OUT/S1 is to leave",
    )  # fmt: skip


def test_the_slip_is_looked_at_again_when_the_delivery_moves(company, desk, settle):
    order, _, _ = sell(company, desk, "S1", "2026-03-09 08:00")
    produce(company, desk, origin="S1", finish="2026-03-11 12:00")
    settle()
    assert Case.objects.get().state == "open"

    change(Picking.objects.get(), scheduled_at=at("2026-03-12 08:00"))
    project("default", orders=[order.odoo_id])
    settle()
    case = Case.objects.get()
    assert case.state == "resolved"
    assert "before anything that waits for it" in case.resolution

    change(Picking.objects.get(), scheduled_at=at("2026-03-10 08:00"))
    project("default", orders=[order.odoo_id])
    settle()
    assert Case.objects.get().state == "open"


def test_a_cancelled_order_waits_for_no_production(company, desk, settle):
    order, _, _ = sell(company, desk, "S1", "2026-03-09 08:00")
    produce(company, desk, origin="S1", finish="2026-03-11 12:00")
    settle()
    change(SaleOrder.objects.get(), state="cancel")
    project("default", orders=[order.odoo_id])
    settle()
    assert Case.objects.get().state == "resolved"


def test_an_unmapped_state_opens_one_case_and_closes_when_nothing_has_it(company, desk, settle):
    from django.utils import timezone

    from apps.exceptions.services import sweep_clocks

    for name in ("S1", "S2"):
        order, _, _ = sell(company, desk, name)
        change(SaleOrder.objects.get(name=name), state="blocked_by_sales")
        project("default", orders=[order.odoo_id])
    settle()
    case = Case.objects.get()
    assert (case.kind, case.team.slug, case.evidence.count()) == (
        "unmapped_state",
        "integration",
        2,
    )
    order.refresh_from_db()
    assert (order.stage, order.open) == ("on_hold", True)
    assert "nobody has mapped" in order.stage_why["says"]

    sweep_clocks(timezone.now())
    assert Case.objects.get().state == "open"
    for row in SaleOrder.objects.all():
        change(row, state="sale")
    sweep_clocks(timezone.now())
    assert Case.objects.get().state == "resolved"


def test_a_purchase_in_an_unmapped_state_is_one_too(company, desk, settle):
    supply, _ = buy(company, desk)
    change(PurchaseOrder.objects.get(), state="in_customs")
    project("default", purchases=[supply.odoo_id])
    settle()
    assert Case.objects.get().kind == "unmapped_state"


@pytest.mark.parametrize("by", ["supply", "order"])
def test_each_of_a_batch_of_late_supplies_carries_the_id_of_its_own_cause(
    company, desk, settle, by
):
    lamp = mirrored(Product, name="Lamp")
    made = []
    for index, goods in enumerate((desk, lamp)):
        sell(company, goods, f"S{index}", "2026-03-14 08:00")
        made.append(produce(company, goods, f"WH/MO/{index}", origin=f"S{index}"))
    settle()

    causes = {supply.public_id: f"cor_of_{supply.reference[-1]}" for supply, _ in made}
    for index, (supply, row) in enumerate(made):
        with bound(causes[supply.public_id]):
            if by == "supply":
                move(row, supply, "2026-03-16 12:00")
            else:
                change(
                    Picking.objects.get(name=f"WH/OUT/S{index}"),
                    scheduled_at=at("2026-03-07 08:00"),
                )
                project("default", orders=[Order.objects.get(name=f"S{index}").odoo_id])
    settle()

    cases = dict(Case.objects.values_list("public_id", "subject"))
    told = Entry.objects.filter(kind="case.opened").values_list("subject", "correlation_id")
    assert {cases[case]: correlation_id for case, correlation_id in told} == causes
