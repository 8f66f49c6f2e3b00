"""Orders, the goods reserved for them, and what is still to come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.mirror.models import Production, PurchaseOrderLine, SaleOrder, WorkOrder
from apps.shipments.models import Order, Shipment
from tests.contract import make
from tests.integrations.odoo.commands.conftest import form, notes

pytestmark = pytest.mark.usefixtures("guards")


def test_an_order_is_cancelled_without_a_question(give, carry, delivery, clerk, carl):
    order = delivery().order
    command = carry(give(carl, "cancel_order", order.public_id, why="The customer asked for it."))

    assert command.state == "applied", command.says
    assert clerk.value("sale.order", order.odoo_id, "state") == "cancel"
    assert notes(clerk, command) == 1


def test_a_promised_date_reaches_the_order_and_its_transfer(give, carry, delivery, clerk, carl):
    shipment = delivery()
    command = carry(
        give(carl, "set_promised_date", shipment.order.public_id, at="2031-03-04T12:00:00+02:00")
    )

    assert command.state == "applied", command.says
    promised = clerk.value("sale.order", shipment.order.odoo_id, "commitment_date")
    assert promised == "2031-03-04 10:00:00"
    assert SaleOrder.objects.get(odoo_id=shipment.order.odoo_id).commitment_at.hour == 10


def test_a_quotation_that_waits_for_credit_is_confirmed(give, carry, quotation, clerk, fiona):
    order = quotation()
    command = carry(give(fiona, "release_credit", order.public_id, why="Paid in advance."))

    assert command.state == "applied", command.says
    assert clerk.value("sale.order", order.odoo_id, "state") == "sale"
    assert Order.objects.get(pk=order.pk).odoo_state == "sale"


def test_a_confirmed_order_that_waits_for_credit_gets_its_goods(
    give, carry, delivery, clerk, fiona
):
    shipment = delivery()
    clerk("stock.picking", "do_unreserve", [shipment.picking_odoo_id])
    command = carry(give(fiona, "release_credit", shipment.order.public_id, why="Paid."))

    assert command.state == "applied", command.says
    assert clerk.value("stock.picking", shipment.picking_odoo_id, "state") == "assigned"


@pytest.fixture
def two(admin, clerk, mirror):
    """Two orders of the same product: the goods suffice for the first only."""

    def made(first=3, second=3, stock=3):
        product = make.product(admin, stock=stock)
        shipments = []
        for quantity in (first, second):
            order = make.order(clerk, make.customer(admin), (product, quantity))
            clerk("sale.order", "action_confirm", [order])
            shipments.append(make.picking_of(clerk, order))
        mirror()
        return [Shipment.objects.get(picking_odoo_id=one) for one in shipments]

    return made


def test_goods_move_from_one_transfer_to_another_in_one_step(give, carry, two, clerk, olga):
    has, wants = two()
    command = carry(
        give(
            olga,
            "reallocate_stock",
            has.public_id,
            to=str(wants.picking_odoo_id),
            why="The other one is late.",
        )
    )

    assert command.state == "applied", command.says
    states = [clerk.value("stock.picking", one.picking_odoo_id, "state") for one in (has, wants)]
    assert states == ["confirmed", "assigned"]
    assert notes(clerk, command) == 1


def test_goods_that_do_not_suffice_stay_where_they_are(give, carry, two, clerk, olga):
    has, wants = two(first=3, second=5)
    command = carry(
        give(olga, "reallocate_stock", has.public_id, to=str(wants.picking_odoo_id), why="Late.")
    )

    assert (command.state, command.reason) == ("parked", "short"), command.says
    states = [clerk.value("stock.picking", one.picking_odoo_id, "state") for one in (has, wants)]
    assert states == ["assigned", "confirmed"]


def test_chosen_lines_of_a_purchase_get_a_new_date(give, carry, purchase, clerk, olga):
    lines = clerk(
        "purchase.order.line", "search", [["order_id", "=", purchase.odoo_id]], order="id"
    )
    command = carry(
        give(
            olga,
            "reschedule_purchase",
            purchase.public_id,
            lines=[str(lines[1])],
            at="2030-02-03T04:05:06Z",
            why="The vendor is late.",
        )
    )

    assert command.state == "applied", command.says
    dates = [clerk.value("purchase.order.line", line, "date_planned") for line in lines]
    assert dates == ["2030-01-05 08:00:00", "2030-02-03 04:05:06"]
    assert command.data["old"] == {str(lines[1]): "2030-01-05 08:00:00"}
    assert PurchaseOrderLine.objects.get(odoo_id=lines[1]).planned_at.month == 2


def test_a_production_moves_with_its_work_orders_and_the_old_dates_are_kept(
    give, carry, production, clerk, olga
):
    row = Production.objects.get(odoo_id=production.odoo_id)
    works = list(
        WorkOrder.objects.filter(production_odoo_id=production.odoo_id).order_by("odoo_id")
    )
    assert len(works) == 2
    new = row.start_at + timedelta(days=7)
    command = carry(
        give(
            olga,
            "reschedule_production",
            production.public_id,
            start=new.isoformat(),
            why="The parts come later.",
        )
    )

    assert command.state == "applied", command.says
    assert clerk.value("mrp.production", row.odoo_id, "date_start") == f"{new:%Y-%m-%d %H:%M:%S}"
    for work in works:
        moved = work.start_at + timedelta(days=7)
        assert (
            clerk.value("mrp.workorder", work.odoo_id, "date_start") == f"{moved:%Y-%m-%d %H:%M:%S}"
        )
    assert command.data["old"]["date_start"] == f"{row.start_at:%Y-%m-%d %H:%M:%S}"


def test_a_form_says_why_a_kind_does_not_apply_now(give, carry, delivery, company, olga):
    shipment = delivery()
    carry(give(olga, "cancel_transfer", shipment.public_id, why="Twice."))

    told = form(olga, "validate_transfer", shipment.public_id).json()
    assert told["not_now"] == "The transfer is cancel, not ready."


def test_a_credit_released_without_goods_says_what_is_missing(give, carry, delivery, clerk, fiona):
    shipment = delivery(quantity=5, stock=2)
    command = carry(give(fiona, "release_credit", shipment.order.public_id, why="Paid."))

    assert command.state == "applied", command.says
    assert "Not all goods could be reserved" in command.says
    assert "2 of 5" in command.says
