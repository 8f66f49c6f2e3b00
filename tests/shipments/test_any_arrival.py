"""Whatever part of Odoo's story the mirror brings first: the same orders, shipments and supplies at the end."""

import random
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.mirror.models import (
    Invoice,
    Move,
    Picking,
    Production,
    PurchaseOrder,
    PurchaseOrderLine,
    SaleOrder,
    SaleOrderLine,
)
from apps.shipments.models import Order, Package, Shipment, Supply
from apps.shipments.projection import project
from apps.shipments.queries import dependents
from tests.factories import make_company
from tests.shipments.factories import at, mirrored
from tests.walk import examples

pytestmark = pytest.mark.django_db
TEN = Decimal(10)


def story(company):
    """(table, Odoo id, columns, what the feed then asks the projection for): two orders that share a purchase."""
    own = {"company": company}
    return [
        (SaleOrder, 1, {"name": "S1", "state": "sale", "commitment_at": at("2026-03-05 16:00"), **own}, {"orders": [1]}),
        (SaleOrder, 2, {"name": "S2", "state": "sale", **own}, {"orders": [2]}),
        (SaleOrderLine, 11, {"order_odoo_id": 1, "product_odoo_id": 7, "ordered_qty": TEN, "price_subtotal": TEN}, {"orders": [1]}),
        (Picking, 21, {"name": "OUT1", "state": "done", "kind": "outgoing", "order_odoo_id": 1, "tracking_ref": "1Z1, 1Z2", "scheduled_at": at("2026-03-04 08:00"), **own}, {"pickings": [21]}),
        (Picking, 22, {"name": "OUT2", "state": "assigned", "kind": "outgoing", "order_odoo_id": 1, "backorder_odoo_id": 21, **own}, {"pickings": [22]}),
        (Picking, 23, {"name": "RET1", "state": "assigned", "kind": "incoming", "order_odoo_id": 1, "return_of_odoo_id": 21, **own}, {"pickings": [23]}),
        (Picking, 24, {"name": "OUT3", "state": "odd", "kind": "outgoing", "order_odoo_id": 2, **own}, {"pickings": [24]}),
        (Picking, 25, {"name": "PICK", "state": "assigned", "kind": "internal", "order_odoo_id": 2, **own}, {"pickings": [25]}),
        (Picking, 26, {"name": "IN1", "state": "assigned", "kind": "incoming", **own}, {"pickings": [26]}),
        (Move, 31, {"picking_odoo_id": 21, "order_line_odoo_id": 11, "state": "done", "demanded_qty": TEN}, {"pickings": [21]}),
        (Move, 32, {"picking_odoo_id": 26, "purchase_line_odoo_id": 51, "state": "assigned", "demanded_qty": TEN, "dest_odoo_ids": [33]}, {"pickings": [26], "purchases": [5]}),
        (Move, 33, {"picking_odoo_id": 22, "state": "waiting", "demanded_qty": TEN, "orig_odoo_ids": [32]}, {"pickings": [22]}),
        (Invoice, 41, {"name": "INV", "kind": "out_invoice", "state": "posted", "payment_state": "paid", "order_odoo_ids": [1], **own}, {"invoices": [41]}),
        (Invoice, 42, {"name": "BILL", "kind": "in_invoice", "state": "posted", "payment_state": "paid", "order_odoo_ids": [1], **own}, {"invoices": [42]}),
        (PurchaseOrder, 5, {"name": "P1", "state": "purchase", "origin": "S2", "planned_at": at("2026-03-02 12:00"), **own}, {"purchases": [5]}),
        (PurchaseOrderLine, 51, {"order_odoo_id": 5, "product_odoo_id": 7, "ordered_qty": TEN, "planned_at": at("2026-03-09 12:00")}, {"purchases": [5]}),
        (Production, 6, {"name": "MO1", "state": "confirmed", "quantity": TEN, "product_odoo_id": 7, "origin": "S1", "finish_at": at("2026-03-06 12:00"), **own}, {"productions": [6]}),
    ]  # fmt: skip


class Undone(Exception):
    """Takes a world back, so that the next example finds the database empty."""


def outcome(seed):
    """The end of the story told in one order; None is all at once. Public ids and versions play no part."""
    found = {}
    try:
        with transaction.atomic():
            facts = story(make_company())
            if seed is None:
                for table, odoo_id, columns, _ in facts:
                    mirrored(table, odoo_id, **columns)
                project("default", orders=[1, 2], purchases=[5], productions=[6], pickings=[26])
            else:
                random.Random(seed).shuffle(facts)
                for table, odoo_id, columns, asked in facts:
                    mirrored(table, odoo_id, **columns)
                    project("default", **asked)
            found = {
                "orders": list(
                    Order.objects.order_by("name").values(
                        "name", "stage", "open", "promise_at", "steps", "owner_basis", "owner_team__slug",
                    )
                ),
                "bills": [
                    [(bill["name"], bill["state"]) for bill in row.invoices]
                    for row in Order.objects.order_by("name")
                ],
                "shipments": list(
                    Shipment.objects.order_by("reference").values(
                        "reference", "kind", "execution_status", "financial_status", "order__name", "value",
                        "backorder_of__reference", "return_of__reference", "supply__reference", "promise_at",
                        "package_count",
                    )
                ),
                "packages": list(Package.objects.order_by("number").filter(implicit=False).values("number", "generation")),
                "supplies": list(
                    Supply.objects.order_by("reference").values(
                        "reference", "stage", "expected_at", "first_expected_at", "slip_h", "origins",
                    )
                ),
                "waiting": {
                    row.reference: sorted((one.order.name, one.how) for one in dependents(row))
                    for row in Supply.objects.all()
                },
            }  # fmt: skip
            raise Undone
    except Undone:
        return found


def test_the_story_has_everything_in_it():
    found = outcome(None)
    assert [row["stage"] for row in found["orders"]] == ["ready_to_ship", "on_hold"]
    assert found["waiting"] == {
        "MO1": [("S1", "origin")],
        "P1": [("S1", "chain"), ("S2", "origin")],
    }
    assert found["shipments"][0]["supply__reference"] == "P1"


@settings(
    max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
@given(seed=st.integers())
def test_any_order_of_arrival_gives_the_same_state(seed):
    assert outcome(seed) == outcome(None)
