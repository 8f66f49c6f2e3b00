"""Three lanes side by side, returns on one page, what Odoo changed, and the table of stages."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from apps.dashboards.queries.order_life import life
from apps.mirror.models import FieldChange, Invoice, Move, Picking
from apps.shipments.apply import apply
from apps.shipments.models import Order, Shipment
from apps.shipments.projection import project
from apps.shipments.queries import (
    internal_transfers,
    open_transfers,
    order_changes,
    return_story,
    shipment,
    truths,
)
from apps.shipments.rules.states import TABLES
from apps.shipments.stages import page
from tests.factories import make_warehouse
from tests.shipments.factories import at, change, message, mirrored, said

pytestmark = pytest.mark.django_db
SIGNED = {"has_signature": True}


def look(olga):
    return truths(shipment(olga, Shipment.objects.get(kind="outgoing").public_id))


def codes(olga):
    return [one.code for one in look(olga).disagreements]


def bill(company, order, **fields):
    given = {
        "name": "INV/1",
        "kind": "out_invoice",
        "state": "posted",
        "payment_state": "not_paid",
        **fields,
    }
    row = mirrored(Invoice, company=company, order_odoo_ids=[order.odoo_id], **given)
    project("default", invoices=[row.odoo_id])
    return row


def test_three_lanes_each_with_its_own_word_and_why(sold, company, olga):
    order, picking = sold
    change(picking, state="done", tracking_ref="1Z111", done_at=at("2026-03-02 10:00"))
    project("default", orders=[order.odoo_id])
    apply([message(said("delivered", "2026-03-04 08:00", "1Z111"))])

    found = look(olga)
    assert [
        (lane.system, lane.status) for lane in (found.execution, found.odoo, found.finance)
    ] == [
        ("ups", "delivered"),
        ("Odoo", "done"),
        ("Odoo's accounting and the tower's holds", "awaiting_proof"),
    ]
    assert all(
        lane.why["rule"] and lane.says for lane in (found.execution, found.odoo, found.finance)
    )
    assert [one.says for one in found.disagreements] == [
        "Delivered on 4 Mar 08:00 UTC, but finance has no proof of it yet."
    ]


def test_where_all_agree_nothing_is_flagged(sold, company, olga):
    order, picking = sold
    change(picking, state="done", tracking_ref="1Z111")
    project("default", orders=[order.odoo_id])
    apply([message(said("delivered", "2026-03-04 08:00", "1Z111", pod=SIGNED))])
    bill(company, order, payment_state="paid")
    assert codes(olga) == []


def test_goods_on_the_road_that_nobody_validated_or_that_odoo_cancelled_or_lost(sold, olga):
    order, picking = sold
    change(picking, state="assigned", tracking_ref="1Z111")
    project("default", orders=[order.odoo_id])
    apply([message(said("in_transit", "2026-03-04 08:00", "1Z111"))])
    assert codes(olga) == ["moving_but_not_validated"]
    change(picking, state="cancel")
    project("default", orders=[order.odoo_id])
    assert codes(olga) == ["moving_but_cancelled"]
    change(picking, gone_at=timezone.now())
    project("default", orders=[order.odoo_id])
    assert codes(olga) == ["moving_but_gone"]


def test_an_invoice_before_the_goods_are_there_is_flagged(sold, company, olga):
    order, picking = sold
    change(picking, state="done", tracking_ref="1Z111")
    project("default", orders=[order.odoo_id])
    apply([message(said("in_transit", "2026-03-04 08:00", "1Z111"))])
    bill(company, order, payment_state="paid")
    assert [one.says for one in look(olga).disagreements] == [
        "INV/1 is paid, but the goods are not delivered: in transit."
    ]


def test_a_cancelled_rest_contradicts_no_invoice_of_what_did_leave(sold, company, olga):
    order, picking = sold
    change(picking, state="cancel")
    bill(company, order)
    assert "invoiced_but_back" in codes(olga)

    mirrored(
        Picking, name="WH/OUT/8", state="done", kind="outgoing", company=company,
        order_odoo_id=order.odoo_id, done_at=at("2026-03-02 10:00"),
    )  # fmt: skip
    project("default", orders=[order.odoo_id])

    cancelled = Shipment.objects.get(picking_odoo_id=picking.odoo_id)
    found = truths(shipment(olga, cancelled.public_id)).disagreements
    assert "invoiced_but_back" not in [one.code for one in found]


def test_delivered_and_paid_is_not_closed_without_proof(sold, company):
    order, picking = sold
    change(order, locked=True)
    change(picking, state="done", tracking_ref="1Z111")
    project("default", orders=[order.odoo_id])
    apply([message(said("delivered", "2026-03-04 08:00", "1Z111"))])
    bill(company, order, payment_state="paid")
    assert Order.objects.get().stage == "paid"
    apply([message(said("pod_received", "2026-03-04 09:00", "1Z111", pod=SIGNED))])
    assert Order.objects.get().stage == "closed"


def test_a_transfer_gone_from_odoo_says_so_and_comes_back(sold):
    _, picking = sold
    change(picking, gone_at=timezone.now())
    project("default", pickings=[picking.odoo_id])
    row = Shipment.objects.get()
    assert (row.execution_status, row.gone) == ("cancelled", True)
    assert row.execution_why["says"] == "The transfer is no longer in Odoo"
    change(picking, gone_at=None)
    project("default", pickings=[picking.odoo_id])
    assert (Shipment.objects.get().execution_status, Shipment.objects.get().gone) == (
        "awaiting_stock",
        False,
    )


def test_an_order_gone_from_odoo_says_so_and_comes_back(sold):
    order, _ = sold
    change(order, gone_at=timezone.now())
    project("default", orders=[order.odoo_id])
    row = Order.objects.get()
    assert (row.stage, row.open, row.stage_why["says"]) == ("cancelled", False, "No longer in Odoo")
    change(order, gone_at=None)
    project("default", orders=[order.odoo_id])
    assert (Order.objects.get().stage, Order.objects.get().open) == ("awaiting_stock", True)


def test_a_state_nobody_mapped_is_shown_as_it_is_and_guessed_by_nobody(sold):
    order, picking = sold
    change(picking, state="quarantine")
    project("default", orders=[order.odoo_id])
    row = Shipment.objects.get()
    assert (row.execution_status, row.order.stage) == ("unknown", "on_hold")
    assert (
        row.execution_why["says"]
        == "Odoo says the transfer is “quarantine”, which nobody has mapped"
    )


def test_a_return_stands_with_what_it_brings_back_and_what_is_credited(sold, company, olga):
    order, picking = sold
    change(picking, state="done", tracking_ref="1Z111")
    back = mirrored(
        Picking,
        name="WH/IN/RET/1",
        state="assigned",
        kind="incoming",
        company=company,
        tracking_ref="1Z999",
        order_odoo_id=order.odoo_id,
        return_of_odoo_id=picking.odoo_id,
    )
    project("default", pickings=[back.odoo_id])
    out, returned = Shipment.objects.get(kind="outgoing"), Shipment.objects.get(kind="return")
    assert returned.return_of == out
    [leg] = return_story(out, olga).legs
    assert (leg.original, leg.back, leg.tracking, leg.stuck) == (
        out,
        returned,
        ["1Z999"],
        "receipt",
    )

    change(back, state="done", done_at=at("2026-03-09 10:00"))
    project("default", pickings=[back.odoo_id])
    assert return_story(returned).legs[0].stuck == "credit note"
    first = bill(company, order)
    bill(company, order, name="RINV/1", kind="out_refund", reversed_odoo_id=first.odoo_id)
    story = return_story(Order.objects.get())
    assert (story.legs[0].stuck, story.legs[0].received_at) == ("", at("2026-03-09 10:00"))
    assert [(note["name"], note["reverses"]) for note in story.credit_notes] == [
        ("RINV/1", first.public_id)
    ]


def test_a_changed_promise_is_a_field_level_diff_of_its_order(sold):
    order, _ = sold
    project("default", orders=[order.odoo_id])
    for model, odoo_id, field in (
        ("sale.order", order.odoo_id, "commitment_at"),
        ("sale.order", 1, "state"),
    ):
        FieldChange.objects.create(
            connection="default",
            model=model,
            odoo_id=odoo_id,
            field=field,
            old="2026-03-05",
            new="2026-03-09",
            seen_at=timezone.now(),
            correlation_id="cor_1",
        )
    [one] = order_changes(Order.objects.get())
    assert (one.record, one.label, one.old, one.new) == (
        "S00042",
        "Promised date",
        "2026-03-05",
        "2026-03-09",
    )


def test_open_transfers_count_as_odoo_counts_and_steps_say_what_is_reserved(sold, company):
    order, _ = sold
    warehouse = make_warehouse(company, "Gent")
    pick = mirrored(
        Picking,
        name="WH/PICK/1",
        state="assigned",
        kind="internal",
        company=company,
        warehouse=warehouse,
        order_odoo_id=order.odoo_id,
    )
    mirrored(
        Move,
        picking_odoo_id=pick.odoo_id,
        state="assigned",
        demanded_qty=Decimal(5),
        quantity=Decimal(3),
    )
    mirrored(Picking, name="gone", state="assigned", kind="internal", gone_at=timezone.now())
    mirrored(Picking, name="done", state="done", kind="incoming", warehouse=warehouse)
    assert [(row["warehouse"], row["kind"], row["count"]) for row in open_transfers("default")] == [
        ("Gent", "internal", 1),
        ("", "outgoing", 1),
    ]
    project("default", orders=[order.odoo_id])
    [step] = internal_transfers(Order.objects.get())
    assert (step.name, step.state, step.demanded, step.reserved) == ("WH/PICK/1", "assigned", 5, 3)


def test_the_page_of_stages_is_what_the_tables_say():
    committed = Path(__file__).parents[2] / "docs" / "stages.md"
    assert committed.read_text() == page(), "run manage.py stages > docs/stages.md"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.model}.{table.field}")
def test_every_state_that_odoo_documents_is_mapped(table):
    known = {
        ("sale.order", "state"): "draft sent sale cancel",
        ("stock.picking", "state"): "draft waiting confirmed assigned done cancel",
        ("stock.picking", "state of a step"): "draft waiting confirmed assigned done cancel",
        ("account.move", "state"): "draft posted cancel",
        (
            "account.move",
            "payment_state",
        ): "not_paid in_payment paid partial reversed blocked invoicing_legacy",
        ("mrp.production", "state"): "draft confirmed progress to_close done cancel",
        ("purchase.order", "state"): "draft sent purchase done cancel",
    }[table.model, table.field].split()
    assert set(known) | ({"to approve"} if table.model == "purchase.order" else set()) <= set(
        table.states
    )


def test_the_order_page_tells_a_changed_promise(sold, olga):
    order, _ = sold
    project("default", orders=[order.odoo_id])
    FieldChange.objects.create(
        connection="default", model="sale.order", odoo_id=order.odoo_id, field="commitment_at",
        old="2026-03-05T16:00:00+00:00", new=None, seen_at=timezone.now(), correlation_id="cor_1",
    )  # fmt: skip
    found = life(olga, Order.objects.get().public_id)
    [line] = [one for one in found.lines if one.by == "in Odoo"]
    assert line.what == "Promised date"
    assert line.change == ("2026-03-05T16:00:00+00:00", None)
