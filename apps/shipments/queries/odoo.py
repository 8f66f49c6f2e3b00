"""What Odoo changed, field by field, and the transfers it still has open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Q

from apps.mirror.models import FieldChange, Move, Picking, Product, SaleOrderLine
from apps.shipments.models import Order, Shipment, Supply

LABELS: Final = {
    "state": "State", "commitment_at": "Promised date", "delivery_status": "Delivery", "planned_at": "Expected",
    "invoice_status": "Invoicing", "amount_total": "Amount", "ordered_qty": "Ordered", "finish_at": "Finish",
    "delivered_qty": "Delivered", "invoiced_qty": "Invoiced", "tracking_ref": "Tracking", "received_qty": "Received",
    "carrier_odoo_id": "Delivery method", "scheduled_at": "Scheduled", "deadline_at": "Deadline",
    "done_at": "Done", "payment_state": "Payment", "amount_residual": "Still to pay", "start_at": "Start",
}  # fmt: skip
_MODELS: Final = {"purchase": "purchase.order", "production": "mrp.production"}


@dataclass(frozen=True, slots=True)
class Change:
    """One watched field of one record that Odoo changed. old, new: as mirrored; at: Odoo's own time."""

    model: str
    record: str
    field: str
    label: str
    old: Any
    new: Any
    at: datetime | None
    seen_at: datetime
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """One internal transfer of an order (pick, pack): its state, plan, and reserved against demanded quantity."""

    name: str
    kind: str
    state: str
    scheduled_at: datetime | None
    demanded: Decimal
    reserved: Decimal


def order_changes(order: Order) -> list[Change]:
    """Field-level diffs of an order, its lines, transfers and invoices, newest first (R1).

    What stood in Odoo when the tower first saw it is no change and has no row.
    """
    lines = dict(
        SaleOrderLine.objects.filter(
            connection=order.connection, order_odoo_id=order.odoo_id
        ).values_list("odoo_id", "name")
    )
    pickings = dict(
        Picking.objects.filter(
            connection=order.connection, order_odoo_id=order.odoo_id
        ).values_list("odoo_id", "name")
    )
    bills = {bill["odoo_id"]: bill["name"] or "Draft" for bill in order.invoices}
    return _changes(
        order.connection,
        {
            "sale.order": {order.odoo_id: order.name},
            "sale.order.line": lines,
            "stock.picking": pickings,
            "account.move": bills,
        },
    )


def shipment_changes(shipment: Shipment) -> list[Change]:
    """Field-level diffs of a shipment's own transfer, newest first; none while Odoo does not know it."""
    if shipment.picking_odoo_id is None:
        return []
    named = {shipment.picking_odoo_id: shipment.reference}
    return _changes(shipment.connection, {"stock.picking": named})


def supply_changes(supply: Supply) -> list[Change]:
    """Field-level diffs of a purchase order or production and its lines, newest first."""
    model = _MODELS[supply.kind]
    records: dict[str, dict[int, str]] = {model: {supply.odoo_id: supply.reference}}
    if supply.kind == "purchase":
        records["purchase.order.line"] = {line["odoo_id"]: line["product"] for line in supply.lines}
    return _changes(supply.connection, records)


def open_transfers(connection: str) -> list[dict[str, Any]]:
    """Transfers that are neither done nor cancelled, per warehouse and kind: equals Odoo's own count (R2).

    [{"warehouse": name or "", "warehouse_id": public id or None, "kind", "count"}], ordered.
    """
    rows = (
        Picking.objects.filter(connection=connection, gone_at=None)
        .exclude(state__in=("done", "cancel"))
        .values("warehouse__name", "warehouse__public_id", "kind")
        .annotate(count=Count("id"))
        .order_by("warehouse__name", "kind")
    )
    return [
        {
            "warehouse": row["warehouse__name"] or "", "warehouse_id": row["warehouse__public_id"],
            "kind": row["kind"], "count": row["count"],
        }
        for row in rows
    ]  # fmt: skip


def internal_transfers(order: Order) -> list[Transfer]:
    """The pick and pack steps of an order as Odoo has them, in order of plan (R2)."""
    rows = list(
        Picking.objects.filter(
            connection=order.connection, order_odoo_id=order.odoo_id, gone_at=None
        )
        .exclude(kind__in=("outgoing", "incoming", "dropship"))
        .order_by("scheduled_at", "odoo_id")
    )
    moved: dict[int, list[Decimal]] = {row.odoo_id: [Decimal(0), Decimal(0)] for row in rows}
    moves = Move.objects.filter(
        connection=order.connection, picking_odoo_id__in=moved, gone_at=None
    ).exclude(state="cancel")
    for picking, demanded, reserved in moves.values_list(
        "picking_odoo_id", "demanded_qty", "quantity"
    ):
        moved[picking or 0][0] += demanded
        moved[picking or 0][1] += reserved
    return [
        Transfer(row.name, row.kind, row.state, row.scheduled_at, *moved[row.odoo_id])
        for row in rows
    ]


def order_lines(order: Order) -> list[dict[str, Any]]:
    """What was ordered: [{"product", "code", "ordered", "delivered", "invoiced", "unit", "amount"}]."""
    rows = list(
        SaleOrderLine.objects.filter(
            connection=order.connection, order_odoo_id=order.odoo_id, gone_at=None
        ).order_by("odoo_id")
    )
    products = {
        row.odoo_id: row
        for row in Product.objects.filter(
            connection=order.connection, odoo_id__in=[row.product_odoo_id for row in rows]
        )
    }
    return [
        {
            "product": product.name if product else row.name, "code": product.code if product else "",
            "ordered": row.ordered_qty, "delivered": row.delivered_qty, "invoiced": row.invoiced_qty,
            "unit": row.unit, "amount": row.price_subtotal,
        }
        for row in rows
        for product in (products.get(row.product_odoo_id or 0),)
    ]  # fmt: skip


def _changes(connection: str, records: dict[str, dict[int, str]]) -> list[Change]:
    wanted = Q(pk__in=())
    for model, names in records.items():
        if names:
            wanted |= Q(model=model, odoo_id__in=list(names))
    rows: Iterable[FieldChange] = FieldChange.objects.filter(
        wanted, connection=connection
    ).order_by("-seen_at", "-id")
    return [
        Change(
            row.model, records[row.model][row.odoo_id], row.field, LABELS.get(row.field, row.field),
            row.old, row.new, row.changed_at, row.seen_at, row.correlation_id,
        )
        for row in rows
    ]  # fmt: skip
