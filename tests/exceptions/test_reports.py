"""What sources report opens the right case once, and what settles it closes it, in whatever order they come."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.approvals import services as approvals
from apps.approvals.errors import NotAllowed
from apps.approvals.models import Request
from apps.exceptions import services
from apps.exceptions.errors import BadInput
from apps.exceptions.models import Case
from apps.exceptions.services.references import unknown_references
from apps.journal.correlation import bound
from apps.journal.models import Entry
from apps.journal.subscribers import all_subscribers, drain
from apps.mirror.models import Picking, Product
from apps.shipments.apply import apply
from apps.shipments.models import Order, Shipment
from apps.shipments.naming import retry_all
from apps.shipments.projection import project
from tests.factories import make_customer
from tests.shipments.factories import change, make_order, make_shipment, message, mirrored, said
from tests.shipments.test_depends import buy, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def settle(db):
    """Hand every entry to the shipments and the queue until nothing moves."""
    names = ("shipments.", "approvals.", "exceptions.")
    ours = [one for one in all_subscribers() if one.name.startswith(names)]

    def run() -> None:
        while any(drain(one) for one in ours):
            continue

    return run


@pytest.fixture
def goods(company):
    return make_shipment(company, make_order(company, "S1"), reference="WH/OUT/1")


def tell(kind, subject, hour=10, source="gateway", form="canonical", company_ids=(), **more):
    event = said("info_only", f"2026-03-02 {hour:02}:00", "", kind=kind, subject=subject, **more)
    apply([message(event, source=source, format=form, carrier=None, company_ids=company_ids)])


OUT = ("shipment", "WH/OUT/1")
LINES = {"lines": [{"sku": "DESK-1", "ordered": 5, "picked": 3, "unit": "EA"}]}
PAIRS = [
    ("allocation.failed", "allocation.made", OUT, LINES, "stock_shortage", "2 EA of DESK-1"),
    ("picking.short", "picking.completed", OUT, LINES, "stock_shortage", "2 EA of DESK-1"),
    ("label.failed", "label.issued", OUT, {"reason": "address_incomplete"}, "label_failed", "address_incomplete"),
    ("customs.held", "customs.cleared", OUT, {"reason": "customs_documents_missing"}, "customs_delay", "customs documents missing"),
    ("quality.hold_placed", "quality.hold_released", OUT, {"reason": "scratches"}, "quality_hold", "scratches"),
    ("inspection.failed", "inspection.passed", ("production", "WH/MO/1"), {"note": "too short"}, "inspection_failed", "too short"),
    ("stock.below_threshold", "stock.replenished", ("product", "DESK-1"), {"quantity": 2, "threshold": 5, "warehouse": "Gent"}, "stock_low", "2 of 5"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "good", "subject", "details", "kind", "words"), PAIRS, ids=[p[0] for p in PAIRS]
)
def test_trouble_opens_one_case_that_the_settling_report_closes(
    goods, settle, bad, good, subject, details, kind, words
):
    place = {"warehouse": details["warehouse"]} if "warehouse" in details else {}
    tell(bad, subject, 10, details=details)
    settle()
    tell(bad, subject, 10, details=details)
    settle()
    case = Case.objects.get()
    assert (case.kind, case.state, case.count) == (kind, "open", 1)
    assert words in case.says
    assert case.team
    assert case.next_step
    assert case.evidence.filter(kind="report").exists()
    tell(bad, subject, 11, details=details)
    settle()
    assert Case.objects.get().state == "open"

    tell(good, subject, 12, details=place)
    settle()
    case.refresh_from_db()
    assert (case.state, case.resolved_by) == ("resolved", "the tower")
    assert good.split(".")[0] in case.resolution


@pytest.mark.parametrize("first", [0, 1])
def test_the_settling_report_may_come_first(goods, settle, first):
    story = [("label.failed", 10), ("label.issued", 11)]
    for kind, hour in (story[first], story[1 - first]):
        tell(kind, OUT, hour)
        settle()
    assert not Case.objects.exclude(state="resolved").exists()


def test_a_label_of_the_order_settles_that_of_its_only_shipment(goods, settle):
    tell("label.failed", ("order", "S1"), 10)
    settle()
    assert Case.objects.get().title == "No label for S1"
    tell("label.issued", OUT, 11)
    settle()
    assert Case.objects.get().state == "resolved"


def test_a_claim_opens_nothing(goods, settle):
    tell("label.failed", OUT, form="easypost_unknown")
    settle()
    assert not Case.objects.exists()


def test_a_report_that_waited_opens_its_case_when_the_shipment_comes(company, settle):
    tell("label.failed", ("shipment", "WH/OUT/S1"))
    settle()
    assert Case.objects.get().shipment is None
    sell(company, mirrored(Product, name="Desk"), "S1")
    settle()
    open_one = Case.objects.exclude(state="resolved").get(shipment__isnull=False)
    assert (open_one.shipment.reference, open_one.order.name) == ("WH/OUT/S1", "S1")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_dispatched_before_the_carrier_accepted_is_found_in_whatever_order(goods, settle, order):
    story = [("carrier.booked", 8), ("shipment.dispatched", 10), ("carrier.accepted", 12)]
    for index in order:
        tell(story[index][0], OUT, story[index][1])
        settle()
    case = Case.objects.get(state="open")
    assert (case.kind, case.reason) == ("dispatched_too_early", "before_acceptance")
    assert "left on 2 Mar 10:00 UTC; the carrier accepted on 2 Mar 12:00 UTC" in case.says


def test_dispatched_after_the_carrier_accepted_is_as_it_should_be(goods, settle):
    for kind, hour in (("carrier.booked", 8), ("carrier.accepted", 9), ("shipment.dispatched", 10)):
        tell(kind, OUT, hour)
    settle()
    assert not Case.objects.exists()


def notice(settle, number, quantity, hour=10, item="DESK-1", unit="EA", **more):
    details = {
        "asn_number": number,
        "po": "P00001",
        "items": [{"item": item, "quantity": str(quantity), "unit": unit}],
    }
    event = said(
        "asn_received",
        f"2026-03-05 {hour:02}:00",
        number,
        details={**details, **more},
        content=f"{number}{quantity}{item}{unit}",
    )
    apply([message(event, source="acme", format="x12_856", carrier=None)])
    settle()


@pytest.fixture
def purchase(company):
    return buy(company, mirrored(Product, name="Desk", code="DESK-1"), unit="Units")[0]


@pytest.mark.parametrize(
    ("quantity", "tolerance", "wrong"),
    [(10, 0, False), (9, 0, True), (9, 10, False), (8, 10, True), (11, 10, False), (12, 10, True)],
)
def test_a_notice_that_differs_beyond_the_tolerance_is_a_case(
    purchase, settle, settings, quantity, tolerance, wrong
):
    settings.ASN_TOLERANCE_PERCENT = tolerance
    notice(settle, "A1", quantity)
    assert Case.objects.filter(kind="asn_mismatch").exists() is wrong
    if wrong:
        assert f"DESK-1: {quantity} announced, 10 ordered" in Case.objects.get().says


def test_a_second_notice_that_brings_the_rest_closes_it_and_a_repeat_changes_nothing(
    purchase, settle
):
    notice(settle, "A1", 6)
    assert Case.objects.get().subject == purchase.public_id
    notice(settle, "A1", 6, hour=11)
    notice(settle, "A2", 4)
    assert Case.objects.get().state == "resolved"


def test_a_corrected_notice_of_the_same_number_replaces_the_first(purchase, settle):
    notice(settle, "A1", 6)
    notice(settle, "A1", 10, hour=12)
    assert Case.objects.get().state == "resolved"


def test_an_item_that_nobody_ordered_and_another_unit_are_said_in_words(purchase, settle):
    notice(settle, "A1", 10, item="CHAIR-9")
    assert "CHAIR-9 was announced and is not on the purchase" in Case.objects.get().says
    notice(settle, "A1", 10, hour=12, unit="DZ")
    assert "another unit" in Case.objects.get().says


def test_a_partial_notice_may_be_short_but_not_over(purchase, settle):
    notice(settle, "A1", 4, partial=True)
    assert not Case.objects.exists()
    notice(settle, "A2", 8, partial=True)
    assert "12 announced, 10 ordered" in Case.objects.get().says


def slot(kind, purchase, begins, ends, hour=10, appointment="", dock="D2"):
    details = {"from": begins, "to": ends, "purchase": purchase}
    if appointment:
        details["appointment"] = appointment
    tell(kind, ("dock", dock), hour, details=details, source_event_id=appointment)


def test_two_receipts_in_one_slot_are_a_case_until_one_moves(company, settle):
    slot(
        "dock.appointment_set",
        "P1",
        "2099-03-09T08:00:00Z",
        "2099-03-09T10:00:00Z",
        appointment="A1",
    )
    slot(
        "dock.appointment_set",
        "P2",
        "2099-03-09T09:00:00Z",
        "2099-03-09T11:00:00Z",
        appointment="A2",
    )
    settle()
    case = Case.objects.get()
    assert (case.kind, case.reason) == ("dock_conflict", "dock_taken_twice")
    assert "P1 has D2 from 9 Mar 08:00 to 9 Mar 10:00 UTC, P2 from 9 Mar 09:00 UTC" in case.says
    slot("dock.appointment_changed", "P2", "2099-03-09T10:00:00Z", "2099-03-09T11:00:00Z", 11, "A2")
    settle()
    assert Case.objects.get().state == "resolved"


def test_a_missed_slot_is_a_case_until_a_new_one_is_set(company, settle):
    slot("dock.appointment_set", "P1", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z", 7, "A1")
    slot("dock.appointment_missed", "P1", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z", 10, "A1")
    settle()
    assert Case.objects.get().title == "Dock slot missed: P1"
    slot("dock.appointment_set", "P1", "2099-03-02T08:00:00Z", "2099-03-02T09:00:00Z", 11, "A1")
    settle()
    assert Case.objects.get().state == "resolved"


def test_customs_becomes_a_case_only_beyond_the_threshold_and_by_time_alone(goods, settle):
    now = timezone.now()
    event = said("info_only", now - timedelta(hours=20), "", kind="customs.held", subject=OUT)
    apply([message(event, source="gateway", format="canonical", carrier=None)])
    settle()
    assert not Case.objects.exists()
    services.customs_overdue(now + timedelta(hours=5))
    assert Case.objects.get().kind == "customs_delay"


@pytest.mark.parametrize(
    ("details", "wrong"),
    [
        ({"before": 100, "after": 95}, False), ({"before": 100, "after": 94}, True),
        ({"delta": -1}, True), ({"before": 100, "delta": 0}, False),
    ],
)  # fmt: skip
def test_a_stock_adjustment_beyond_the_tolerance_is_a_case_below_it_is_only_kept(
    company, settle, details, wrong
):
    tell("stock.adjusted", ("product", "DESK-1"), details=details)
    settle()
    assert Case.objects.filter(kind="stock_adjustment").exists() is wrong


def test_cancelled_after_its_invoice_is_for_finance_and_a_credit_ends_it(goods, settle, fiona):
    bill = {
        "id": "inv_1",
        "name": "INV/1",
        "kind": "out_invoice",
        "state": "posted",
        "payment_state": "not_paid",
    }
    tell("shipment.cancelled", OUT)
    settle()
    assert not Case.objects.exists()
    Order.objects.update(invoices=[bill])
    services.evaluate_reported_orders([goods.order_id], now=timezone.now())
    case = Case.objects.get()
    assert (case.kind, case.team.slug) == ("cancelled_after_invoice", "finance")
    assert Case.objects.visible_to(fiona).get() == case
    Order.objects.update(invoices=[{**bill, "payment_state": "reversed"}])
    services.evaluate_reported_orders([goods.order_id], now=timezone.now())
    assert Case.objects.get().state == "resolved"


def test_a_reference_that_nobody_knows_is_one_case_that_closes_when_it_is_found(company, settle):
    tell("label.issued", ("shipment", "WH/OUT/S1"), 10)
    tell("carrier.booked", ("shipment", "WH/OUT/S1"), 11)
    now = timezone.now()
    assert unknown_references(now) == 0
    later = now + timedelta(hours=2)
    assert unknown_references(later) == 1
    assert unknown_references(later) == 0
    case = Case.objects.get()
    assert (case.kind, case.evidence.count()) == ("unknown_reference", 2)
    sell(company, mirrored(Product, name="Desk"), "S1")
    assert Shipment.objects.exists()
    assert retry_all(later) == 2
    unknown_references(later)
    assert Case.objects.get().state == "resolved"


def named_in_odoo(picking_name, number):
    picking = Picking.objects.get(name=picking_name)
    change(picking, tracking_ref=number)
    project("default", pickings=[picking.odoo_id])


@pytest.mark.parametrize("same_customer", [False, True])
def test_one_number_on_two_customers_shipments_is_a_case_until_one_gives_it_up(
    company, settle, olga, same_customer
):
    desk = mirrored(Product, name="Desk")
    first = make_customer(company)
    customers = [first, first if same_customer else make_customer(company)]
    for name, customer in zip(("S1", "S2"), customers, strict=True):
        sell(company, desk, name)
        picking = Picking.objects.get(name=f"WH/OUT/{name}")
        change(picking, customer=customer)
        named_in_odoo(f"WH/OUT/{name}", "1Z9")
    settle()
    assert Case.objects.filter(kind="duplicate_number").exists() is not same_customer
    if same_customer:
        return
    case = Case.objects.get()
    assert "WH/OUT/S1, WH/OUT/S2 carry the same tracking number 1Z9" in case.says
    assert (case.company, case.customer) == (company, None)
    named_in_odoo("WH/OUT/S2", "1Z8")
    settle()
    assert Case.objects.get().state == "resolved"


def test_each_of_a_batch_of_doubled_numbers_carries_the_id_of_its_own_cause(company, settle):
    desk = mirrored(Product, name="Desk")
    for name in ("S1", "S2", "S3", "S4"):
        sell(company, desk, name)
        change(Picking.objects.get(name=f"WH/OUT/{name}"), customer=make_customer(company))
        project("default", orders=[Order.objects.get(name=name).odoo_id])
    settle()

    for name, number in (("S1", "1Z7"), ("S2", "1Z8"), ("S3", "1Z7"), ("S4", "1Z8")):
        with bound(f"cor_of_{name}"):
            named_in_odoo(f"WH/OUT/{name}", number)
    settle()

    opened = Entry.objects.filter(kind="case.opened").order_by("id")
    assert list(opened.values_list("correlation_id", flat=True)) == ["cor_of_S3", "cor_of_S4"]
    for name, number in (("S3", "1Z5"), ("S4", "1Z6")):
        with bound(f"cor_back_{name}"):
            named_in_odoo(f"WH/OUT/{name}", number)
    settle()
    over = Entry.objects.filter(kind="case.resolved").order_by("id")
    assert list(over.values_list("correlation_id", flat=True)) == ["cor_back_S3", "cor_back_S4"]


@pytest.fixture
def adjusted(company, settle):
    """A change of stock beyond the tolerance, and its case."""
    details = {"before": 100, "after": 60, "reason": "count"}
    tell("stock.adjusted", ("product", "DESK-1"), details=details, company_ids=(company.pk,))
    settle()
    return Case.objects.get(kind="stock_adjustment")


def ask(case, by):
    services.act(
        case, "request_adjustment", by=by, data={"reason": "A pallet broke"}, now=timezone.now()
    )
    return Request.objects.get(kind="stock_adjustment")


def answer(request, by, verdict):
    _, seen = approvals.facts_of(request)
    approvals.decide(request, by=by, verdict=verdict, reason="Seen", seen=seen, now=timezone.now())


def test_a_change_of_stock_beyond_the_tolerance_is_accepted_by_finance_and_stays_accepted(
    adjusted, settle, olga, fiona, client
):
    request = ask(adjusted, olga)
    adjusted.refresh_from_db()
    assert (adjusted.state, adjusted.waiting_on) == ("waiting", "approval")
    assert (request.facts["before"], request.facts["after"]) == ("100", "60")
    assert ask(adjusted, olga) == request
    with pytest.raises(NotAllowed):
        answer(request, olga, "grant")
    client.force_login(fiona)
    page = client.get(reverse("approval", args=[request.public_id])).content.decode()
    assert "it is accepted as the warehouse reported it" in page

    answer(request, fiona, "grant")
    settle()
    services.evaluate_reports([request.subject_ref], now=timezone.now())
    adjusted.refresh_from_db()
    request.refresh_from_db()
    assert (adjusted.state, adjusted.resolved_by, request.effect) == (
        "resolved",
        str(fiona),
        "none",
    )
    assert client.get(reverse("approval", args=[request.public_id])).status_code == 200


def test_a_change_of_stock_that_finance_does_not_accept_is_counted_again(
    adjusted, settle, olga, fiona
):
    answer(ask(adjusted, olga), fiona, "reject")
    settle()
    adjusted.refresh_from_db()
    assert adjusted.state == "open"
    with pytest.raises(BadInput):
        services.act(
            adjusted, "request_adjustment", by=olga, data={"reason": "Again"}, now=timezone.now()
        )
