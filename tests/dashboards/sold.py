"""An order with everything, as the mirror brings it: part of it shipped, the rest short, something coming back."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from apps.accounts.models import Company
from apps.mirror.models import (
    Contact,
    FieldChange,
    Invoice,
    Move,
    Picking,
    Product,
    PurchaseOrder,
    PurchaseOrderLine,
    SaleOrder,
    SaleOrderLine,
)
from apps.shipments.apply import apply
from apps.shipments.models import Order, Shipment, Supply
from apps.shipments.projection import project
from tests.shipments import factories
from tests.shipments.factories import change, message, said

TEN, FOUR = Decimal(10), Decimal(4)
_odoo_ids = count(700_000)  # apart from those of other factories, which count from 1000


@dataclass(frozen=True)
class Sold:
    """The order, its shipments, the purchase it waits for, and the purchase's line in the mirror."""

    order: Order
    gone: Shipment
    rest: Shipment
    back: Shipment
    supply: Supply
    line: PurchaseOrderLine


def mirrored(model: Any, **fields: Any) -> Any:
    """One row of the mirror."""
    return factories.mirrored(model, next(_odoo_ids), **fields)


def make_sold(company: Company) -> Sold:
    """S00042: ten desks; four went out and were delivered, one comes back, six wait for a purchase."""
    now = timezone.now()
    desk = mirrored(Product, name="Standing Desk", code="DESK")
    order = mirrored(
        SaleOrder, name="S00042", state="sale", company=company, customer_reference="PO-7",
        commitment_at=now + timedelta(days=2), amount_total=Decimal(1000), currency="EUR",
    )  # fmt: skip
    line = mirrored(
        SaleOrderLine, order_odoo_id=order.odoo_id, product_odoo_id=desk.odoo_id, name="Standing Desk",
        ordered_qty=TEN, delivered_qty=FOUR, invoiced_qty=FOUR, unit="Units", price_subtotal=Decimal(1000),
    )  # fmt: skip

    def transfer(name: str, state: str, asked: Decimal, has: Decimal, **more: object) -> Picking:
        kind = more.pop("kind", "outgoing")
        row = mirrored(
            Picking, name=name, state=state, kind=kind, company=company, order_odoo_id=order.odoo_id,
            scheduled_at=now + timedelta(days=1), **more,
        )  # fmt: skip
        moved = "done" if state == "done" else "partially_available" if has else "confirmed"
        mirrored(
            Move, picking_odoo_id=row.odoo_id, product_odoo_id=desk.odoo_id, state=moved, unit="Units",
            order_line_odoo_id=line.odoo_id, demanded_qty=asked, quantity=has,
        )  # fmt: skip
        return row

    first = transfer(
        "WH/OUT/1", "done", FOUR, FOUR, tracking_ref="1Z111", done_at=now - timedelta(days=3)
    )
    transfer("WH/OUT/2", "confirmed", Decimal(6), Decimal(1), backorder_odoo_id=first.odoo_id)
    transfer(
        "WH/RET/1", "assigned", Decimal(1), Decimal(1), kind="incoming", tracking_ref="1Z999",
        return_of_odoo_id=first.odoo_id,
    )  # fmt: skip
    transfer("WH/PICK/1", "assigned", Decimal(6), Decimal(1), kind="internal")
    invoice = mirrored(
        Invoice, name="INV/42", kind="out_invoice", state="posted", payment_state="partial", company=company,
        order_odoo_ids=[order.odoo_id], currency="EUR", amount_total=Decimal(400), amount_residual=Decimal(150),
        due_on=(now - timedelta(days=1)).date(),
    )  # fmt: skip
    mirrored(
        Invoice, name="RINV/42", kind="out_refund", state="draft", company=company, currency="EUR",
        order_odoo_ids=[order.odoo_id], amount_total=Decimal(100), reversed_odoo_id=invoice.odoo_id,
    )  # fmt: skip
    supplier = mirrored(Contact, name="Oak & Steel Works")
    purchase = mirrored(
        PurchaseOrder, name="P00042", state="purchase", company=company, origin="S00042",
        supplier_odoo_id=supplier.odoo_id,
    )  # fmt: skip
    bought = mirrored(
        PurchaseOrderLine, order_odoo_id=purchase.odoo_id, product_odoo_id=desk.odoo_id, ordered_qty=TEN,
        unit="Units", planned_at=now + timedelta(hours=20),
    )  # fmt: skip
    FieldChange.objects.create(
        connection="default", model="sale.order", odoo_id=order.odoo_id, field="commitment_at",
        old="2026-11-03T12:00:00Z", new="2026-11-07T12:00:00Z", changed_at=now, seen_at=now, correlation_id="cor_x",
    )  # fmt: skip
    project("default", purchases=[purchase.odoo_id])
    project("default", orders=[order.odoo_id])
    apply([message(said("delivered", "2026-11-02 08:00", "1Z111"))])
    legs = {row.reference: row for row in Shipment.objects.filter(order__name="S00042")}
    return Sold(
        Order.objects.get(name="S00042"), legs["WH/OUT/1"], legs["WH/OUT/2"], legs["WH/RET/1"],
        Supply.objects.get(reference="P00042"), bought,
    )  # fmt: skip


def put_off(sold: Sold, *, days: int) -> None:
    """The supplier names a later day, and the mirror has read it."""
    was = sold.line.planned_at
    change(sold.line, planned_at=was + timedelta(days=days))
    FieldChange.objects.create(
        connection="default", model="purchase.order.line", odoo_id=sold.line.odoo_id, field="planned_at",
        old=was.isoformat(), new=sold.line.planned_at.isoformat(), seen_at=timezone.now(), correlation_id="cor_y",
    )  # fmt: skip
    project("default", purchases=[sold.line.order_odoo_id])
