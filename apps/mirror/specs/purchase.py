"""Purchase orders and their lines."""

from __future__ import annotations

from typing import Final

from apps.mirror import models as tables
from apps.mirror.specs.shape import CURRENCY, Spec
from apps.mirror.specs.shape import column as c
from apps.mirror.specs.values import amount, flag, moment, ref

PURCHASES: Final = Spec(
    "purchase.order",
    tables.PurchaseOrder,
    (
        c("name"),
        c("state"),
        c("locked", convert=flag),  # since 19
        c("supplier_odoo_id", "partner_id", convert=ref),
        c("supplier_reference", "partner_ref"),
        c("origin"),
        c("ordered_at", "date_order", convert=moment),
        c("planned_at", "date_planned", convert=moment),
        c("approved_at", "date_approve", convert=moment),
        c("receipt_status"),
        c("invoice_status"),
        CURRENCY,
        c("amount_total", convert=amount),
        c("picking_type_odoo_id", "picking_type_id", convert=ref),
    ),
    pace="open",
    unsettled=("draft", "sent", "to approve", "cancel"),
    watched=("state", "planned_at", "receipt_status", "invoice_status", "amount_total"),
    points={
        "company_id": "res.company",
        "picking_type_id": "stock.picking.type",
        "partner_id": "res.partner",
    },
)
PURCHASE_LINES: Final = Spec(
    "purchase.order.line",
    tables.PurchaseOrderLine,
    (
        c("order_odoo_id", "order_id", convert=ref),
        c("product_odoo_id", "product_id", convert=ref),
        c("sale_line_odoo_id", "sale_line_id", convert=ref),
        c("name"),
        c("ordered_qty", "product_qty", convert=amount),
        c("received_qty", "qty_received", convert=amount),
        c("invoiced_qty", "qty_invoiced", convert=amount),
        c("unit", "product_uom_id", "product_uom", names="uom.uom:name"),
        c("planned_at", "date_planned", convert=moment),
        c("price_subtotal", convert=amount),
    ),
    pace="other",
    domain=(("display_type", "=", False),),
    watched=("ordered_qty", "received_qty", "invoiced_qty", "planned_at"),
    points={"product_id": "product.product"},
)
