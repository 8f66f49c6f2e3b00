"""Whatever the order in which readings of Odoo arrive, and however often: the same rows (DESIGN, promise 3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.mirror.models import FieldChange
from apps.mirror.services import upsert
from apps.mirror.specs import BY_MODEL
from tests.mirror.conftest import AT, take
from tests.walk import examples

OURS = ("id", "public_id", "stored_at", "read_started_at")
"""Columns that tell of us, not of Odoo: a reading that says nothing new need not be remembered."""

DATED = {"write_date": "2026-03-02 09:00:00"}


def reading(
    model: str, at_s: int, *records: dict[str, Any]
) -> tuple[str, int, list[dict[str, Any]]]:
    return model, at_s, [{**DATED, **record} for record in records]


# Each document as it was at several moments; some readings saw only some of them, some nothing new.
READINGS = [
    reading("sale.order", 1, {"id": 61, "name": "S61", "state": "sale", "partner_id": 22, "company_id": 3, "warehouse_id": 5, "amount_total": 10.1}),
    reading("sale.order", 4, {"id": 61, "name": "S61", "state": "cancel", "partner_id": 22, "company_id": 3, "warehouse_id": 5, "amount_total": 10.1}),
    reading("stock.picking", 1, {"id": 71, "name": "OUT71", "state": "assigned", "picking_type_code": "outgoing", "picking_type_id": 12, "company_id": 3, "partner_id": 22, "products_availability_state": "available"}),
    reading("stock.picking", 2, {"id": 71, "name": "OUT71", "state": "done", "picking_type_code": "outgoing", "picking_type_id": 12, "company_id": 3, "partner_id": 22, "carrier_tracking_ref": "A1, B2"}),
    reading("stock.picking", 3, {"id": 71, "name": "OUT71", "state": "done", "picking_type_code": "outgoing", "picking_type_id": 12, "company_id": 3, "partner_id": 22, "carrier_tracking_ref": "A1, B2"}, {"id": 72, "name": "OUT72", "state": "draft", "picking_type_code": "outgoing", "picking_type_id": 12, "company_id": 3}),
    reading("stock.move", 1, {"id": 81, "picking_id": 71, "product_id": 51, "state": "assigned", "product_uom_qty": 3, "quantity": 3, "move_dest_ids": [], "move_orig_ids": []}),
    reading("stock.move", 2, {"id": 81, "picking_id": 71, "product_id": 51, "state": "done", "product_uom_qty": 3, "quantity": 3, "move_dest_ids": [83, 82], "move_orig_ids": []}),
    reading("stock.move", 5, {"id": 81, "picking_id": 71, "product_id": 51, "state": "done", "product_uom_qty": 3, "quantity": 3, "move_dest_ids": [82, 83], "move_orig_ids": []}),
    reading("purchase.order", 1, {"id": 1, "name": "P1", "state": "draft", "company_id": 3, "picking_type_id": 11, "partner_id": 31, "date_planned": "2026-03-05 10:00:00"}),
    reading("purchase.order", 3, {"id": 1, "name": "P1", "state": "purchase", "company_id": 3, "picking_type_id": 11, "partner_id": 31, "date_planned": "2026-03-09 10:00:00"}),
    reading("mrp.production", 2, {"id": 1, "name": "MO1", "state": "confirmed", "company_id": 3, "picking_type_id": 13, "product_qty": 2, "active": True}),
    reading("mrp.production", 6, {"id": 1, "name": "MO1-001", "state": "done", "company_id": 3, "picking_type_id": 13, "product_qty": 1, "backorder_sequence": 1}),
    reading("stock.quant", 1, {"id": 1, "product_id": 51, "location_id": 41, "company_id": 3, "quantity": 5, "reserved_quantity": 0}),
    reading("stock.quant", 2, {"id": 1, "product_id": 51, "location_id": 41, "company_id": 3, "quantity": 5, "reserved_quantity": 3}),
    reading("account.move", 1, {"id": 1, "name": "/", "move_type": "out_invoice", "state": "draft", "company_id": 3, "partner_id": 22}),
    reading("account.move", 3, {"id": 1, "name": "INV/1", "move_type": "out_invoice", "state": "posted", "company_id": 3, "partner_id": 22, "payment_state": "not_paid"}),
]  # fmt: skip
MODELS = sorted({model for model, _, _ in READINGS})


def rows() -> dict[str, list[dict[str, Any]]]:
    found = {}
    for model in MODELS:
        table = BY_MODEL[model].table
        columns = [field.attname for field in table._meta.fields if field.attname not in OURS]
        found[model] = list(table._default_manager.order_by("odoo_id").values(*columns))
    return found


def hear(readings: list[tuple[str, int, list[dict[str, Any]]]]) -> None:
    for model, at_s, records in readings:
        upsert("default", model, records, AT + timedelta(seconds=at_s))


def rows_after(readings: list[tuple[str, int, list[dict[str, Any]]]]) -> dict[str, Any]:
    """The rows that these readings end in; nothing stays."""
    with transaction.atomic():
        hear(readings)
        found = rows()
        transaction.set_rollback(True)
    return found


@pytest.mark.usefixtures("world")
@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_order_and_any_repetition_of_the_same_readings_end_in_the_same_rows(data):
    straight = rows_after(READINGS)
    again = data.draw(st.lists(st.sampled_from(READINGS), max_size=8))
    shuffled = data.draw(st.permutations([*READINGS, *again]))

    assert rows_after(shuffled) == straight
    assert [row["state"] for row in straight["stock.picking"]] == ["done", "draft"]


@pytest.mark.usefixtures("world")
def test_a_reading_that_says_nothing_new_leaves_no_trace():
    hear(READINGS)
    before, told = rows(), FieldChange.objects.count()

    for model, at_s, records in READINGS:
        assert upsert("default", model, records, AT + timedelta(seconds=at_s)).touched == []

    assert (rows(), FieldChange.objects.count()) == (before, told)


@pytest.mark.usefixtures("world")
def test_texts_of_any_length_are_kept_whole_and_each_of_their_letters_counts():
    long = ", ".join(f"TRACK{number:06}" for number in range(400))
    told = {"id": 71, "name": "N" * 3000, "state": "done", "carrier_tracking_ref": long, **DATED}
    take("stock.picking", told)

    changes = take("stock.picking", {**told, "carrier_tracking_ref": long + "X"}, after_s=1)

    row = BY_MODEL["stock.picking"].table._default_manager.get()
    assert (row.tracking_ref, row.name) == (long + "X", "N" * 3000)
    assert changes.changed == [71]
