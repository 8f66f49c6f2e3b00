"""Purchase orders and productions: when they come, what was first said, and whom a delay concerns."""

from decimal import Decimal
from itertools import count

import pytest
from django.utils import timezone

from apps.journal.models import Entry
from apps.mirror.models import (
    Contact,
    Move,
    Picking,
    Product,
    Production,
    PurchaseOrder,
    PurchaseOrderLine,
    WorkOrder,
)
from apps.shipments.models import Shipment, Supply
from apps.shipments.projection import project
from tests.shipments.factories import at, change, mirrored

pytestmark = pytest.mark.django_db
_ids = count(50_000)


@pytest.fixture
def desk(db):
    return mirrored(Product, name="Desk", code="DESK")


@pytest.fixture
def bought(company, desk):
    """A confirmed purchase of ten desks, expected on 10 March."""
    supplier = mirrored(Contact, name="Wood Corner")
    order = mirrored(
        PurchaseOrder, name="P00007", state="purchase", company=company, supplier_odoo_id=supplier.odoo_id,
        planned_at=at("2026-03-10 12:00"), supplier_reference="WC-1",
    )  # fmt: skip
    line = mirrored(
        PurchaseOrderLine, order_odoo_id=order.odoo_id, product_odoo_id=desk.odoo_id, name="Desk",
        ordered_qty=Decimal(10), unit="Units", planned_at=at("2026-03-10 12:00"),
    )  # fmt: skip
    return order, line


def buy(order):
    project("default", purchases=[order.odoo_id])
    return Supply.objects.get(kind="purchase", odoo_id=order.odoo_id)


def test_a_purchase_is_a_supply_with_supplier_date_and_lines(bought):
    supply = buy(bought[0])

    assert (supply.reference, supply.partner_name, supply.stage, supply.open) == (
        "P00007", "Wood Corner", "ordered", True,
    )  # fmt: skip
    assert supply.expected_at == supply.first_expected_at == at("2026-03-10 12:00")
    assert (supply.lines[0]["product"], supply.lines[0]["ordered"]) == ("Desk", "10.0000")
    assert supply.stage_why["says"] == "Ordered, nothing received yet"
    assert Entry.objects.get(kind="supply.changed").payload["became"] == ["created"]


def test_the_first_date_stays_when_the_supplier_moves_it(bought):
    order, line = bought
    buy(order)
    change(line, planned_at=at("2026-03-14 12:00"))
    supply = buy(order)

    assert supply.first_expected_at == at("2026-03-10 12:00")
    assert (supply.expected_at, supply.slip_h) == (at("2026-03-14 12:00"), 96)
    assert supply.expected_why["says"] == "Desk: first 10 Mar 12:00 UTC, now 14 Mar 12:00 UTC"
    entry = Entry.objects.filter(kind="supply.changed").order_by("id").last()
    assert entry.payload["was"] == {"expected_at": "2026-03-10T12:00:00Z"}


def test_a_date_before_confirmation_is_a_wish_and_no_promise(bought):
    order, line = bought
    change(order, state="sent")
    buy(order)
    change(line, planned_at=at("2026-03-20 12:00"))
    change(order, state="purchase")
    supply = buy(order)
    assert (supply.first_expected_at, supply.slip_h) == (at("2026-03-20 12:00"), 0)


def test_lines_that_come_after_their_order_are_no_delay(bought):
    order, line = bought
    later = mirrored(
        PurchaseOrderLine, order_odoo_id=order.odoo_id, name="Chair", ordered_qty=Decimal(1),
        planned_at=at("2026-04-01 12:00"),
    )  # fmt: skip
    for row in (line, later):
        change(row, gone_at=timezone.now())
    buy(order)
    for row in (line, later):
        change(row, gone_at=None)
    supply = buy(order)
    assert (supply.expected_at, supply.slip_h) == (at("2026-04-01 12:00"), 0)


def test_what_is_received_no_longer_slips_and_closes_the_supply(bought):
    order, line = bought
    buy(order)
    change(line, received_qty=Decimal(4), planned_at=at("2026-03-14 12:00"))
    assert (buy(order).stage, buy(order).slip_h) == ("partly_received", 96)
    change(line, received_qty=Decimal(10))
    supply = buy(order)
    assert (supply.stage, supply.open, supply.slip_h) == ("received", False, 0)


def test_a_receipt_belongs_to_its_purchase_whichever_comes_first(bought, company, desk):
    order, line = bought
    receipt = mirrored(Picking, name="WH/IN/1", state="assigned", kind="incoming", company=company)
    mirrored(
        Move, picking_odoo_id=receipt.odoo_id, product_odoo_id=desk.odoo_id, state="assigned",
        purchase_line_odoo_id=line.odoo_id, demanded_qty=Decimal(10),
    )  # fmt: skip
    project("default", pickings=[receipt.odoo_id])
    assert Shipment.objects.get().supply is None
    supply = buy(order)
    assert Shipment.objects.get().supply == supply
    assert list(supply.receipts.all()) == [Shipment.objects.get()]


def test_a_purchase_deleted_in_odoo_is_cancelled_and_may_come_back(bought):
    order, _ = bought
    buy(order)
    change(order, gone_at=timezone.now())
    supply = buy(order)
    assert (supply.stage, supply.open, supply.stage_why["says"]) == (
        "cancelled", False, "No longer in Odoo",
    )  # fmt: skip
    change(order, gone_at=None)
    assert (buy(order).stage, buy(order).open) == ("ordered", True)


def test_a_production_shows_its_finish_and_its_work_orders(company, desk):
    made = mirrored(
        Production, name="WH/MO/00003", state="progress", company=company, product_odoo_id=desk.odoo_id,
        quantity=Decimal(3), produced_qty=Decimal(1), finish_at=at("2026-03-08 16:00"), origin="S00042",
    )  # fmt: skip
    mirrored(
        WorkOrder,
        production_odoo_id=made.odoo_id,
        name="Assembly",
        state="ready",
        workcenter="Bench 1",
    )
    project("default", productions=[made.odoo_id])
    supply = Supply.objects.get()
    assert (supply.kind, supply.stage, supply.expected_at, supply.origins) == (
        "production", "in_progress", at("2026-03-08 16:00"), ["S00042"],
    )  # fmt: skip
    assert [step["name"] for step in supply.steps] == ["Assembly"]
    assert supply.lines[0]["received"] == "1.0000"


def test_a_state_that_nobody_mapped_is_unknown_and_stays_open(bought):
    order, _ = bought
    change(order, state="in_customs")
    supply = buy(order)
    assert (supply.stage, supply.open) == ("unknown", True)
    assert "nobody has mapped" in supply.stage_why["says"]


def test_saying_it_twice_changes_nothing(bought):
    order, _ = bought
    version = buy(order).version
    assert buy(order).version == version
    assert Entry.objects.filter(kind="supply.changed").count() == 1
