"""An order is released once, when every check passes; quality keeps it from going out; goods leave once."""

from itertools import permutations

import pytest

from apps.journal.models import Entry
from apps.journal.subscribers import all_subscribers, drain
from apps.mirror.models import Contact, Picking, Product
from apps.shipments.models import Order, Report, Source
from apps.shipments.ownership import matrix
from apps.shipments.projection import project
from apps.shipments.queries.reported import follows
from tests.shipments.factories import change, mirrored
from tests.shipments.test_depends import sell
from tests.shipments.test_reports import report, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(company):
    """An order whose one transfer waits for stock; it says where to."""
    found, *_ = sell(company, mirrored(Product, name="Desk"), "S1")
    home = mirrored(Contact, name="Azure", city="Gent", country="BE")
    return transfer(found, contact_odoo_id=home.odoo_id)


def transfer(order, **fields):
    row = Picking.objects.get(name="WH/OUT/S1")
    change(row, **fields)
    project("default", pickings=[row.odoo_id])
    return Order.objects.get(pk=order.pk)


def settle():
    ours = [one for one in all_subscribers() if one.name.startswith("shipments.")]
    while any(drain(one) for one in ours):
        continue


def entries(kind):
    return list(Entry.objects.filter(kind=kind).order_by("id"))


def checks(order):
    return {one["name"]: one["passed"] for one in order.release_checks}


def test_an_order_is_released_once_when_every_check_passes_and_says_each(order):
    assert order.released_at is None
    assert checks(order) == {
        "confirmed": True, "credit and holds": True, "quality": True, "stock": False, "shipping": True,
    }  # fmt: skip
    assert entries("order.released") == []

    order = transfer(order, state="assigned")
    assert order.released_at is not None
    [entry] = entries("order.released")
    assert entry.subject == order.public_id
    assert {one["name"]: one["passed"] for one in entry.payload["checks"]} == checks(order)
    assert all(checks(order).values())

    transfer(order, state="confirmed")
    again = transfer(order, state="assigned")
    assert again.released_at == order.released_at
    assert len(entries("order.released")) == 1


def test_without_an_address_nothing_is_released(order):
    order = transfer(order, contact_odoo_id=None, state="assigned")
    assert (order.released_at, checks(order)["shipping"]) == (None, False)


@pytest.mark.parametrize("first", list(permutations(range(3))))
def test_a_quality_hold_keeps_an_order_from_going_out_until_it_is_released(order, first):
    order = transfer(order, state="assigned")
    told = [
        report("quality.hold_placed", ("shipment", "WH/OUT/S1"), "2026-03-02 10:00", details={"reason": "scratches"}),
        report("quality.hold_released", ("order", "S1"), "2026-03-02 11:00"),
        report("quality.hold_placed", ("order", "S1"), "2026-03-02 12:00", details={"reason": "dents"}),
    ]  # fmt: skip
    for index in first:
        tell(told[index])
        settle()
    order.refresh_from_db()
    assert (order.stage, order.stage_why["says"]) == ("on_hold", "Quality holds S1: dents.")
    held = Report.objects.get(occurred_at__hour=12)
    assert [one["id"] for one in order.blocks] == [held.public_id]
    assert order.stage_why["facts"][0]["kind"] == "report"

    tell(report("quality.hold_released", ("shipment", "WH/OUT/S1"), "2026-03-02 13:00"))
    settle()
    order.refresh_from_db()
    assert (order.stage, order.blocks) == ("ready_to_ship", [])


def test_what_quality_holds_is_not_released_and_what_left_is_not_called_back(order):
    tell(report("quality.hold_placed", ("order", "S1")))
    settle()
    order = transfer(order, state="assigned")
    assert (order.released_at, checks(order)["quality"]) == (None, False)
    order = transfer(order, state="done")
    assert order.stage == "in_transit"


def test_goods_that_leave_are_told_once(order):
    transfer(order, state="done")
    transfer(order, state="done")
    [entry] = entries("shipment.dispatched")
    assert entry.payload["execution"] == "dispatched"


def test_a_transport_system_speaks_of_booking_and_transport_and_owns_them(order):
    Source.objects.create(slug="otm", kind="tms")
    booked = report("carrier.booked", ("shipment", "WH/OUT/S1"), carrier="dhl")
    left = report("shipment.dispatched", ("shipment", "WH/OUT/S1"), "2026-03-02 12:00")
    tell(booked, left, source="otm")
    settle()
    assert set(Report.objects.values_list("source_kind", "claims__0")) == {("tms", None)}
    found = follows(order.shipments.get()).handover
    assert (found.owner, found.state, found.steps[0].more) == ("tms", "dispatched", "dhl")
    lines = matrix()
    assert lines.claims("tms", "in_transit", "2026-03-05", None) == []
    assert lines.claims("tms", "picked", "", None) != []
