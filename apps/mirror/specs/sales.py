"""Sales orders and their lines."""

from __future__ import annotations

from typing import Final

from apps.mirror import models as tables
from apps.mirror.specs.shape import CURRENCY, Spec
from apps.mirror.specs.shape import column as c
from apps.mirror.specs.values import amount, flag, moment, ref

ORDERS: Final = Spec(
    "sale.order",
    tables.SaleOrder,
    (
        c("name"),
        c("state"),
        c("locked", convert=flag),
        c("customer_odoo_id", "partner_id", convert=ref),
        c("shipping_odoo_id", "partner_shipping_id", convert=ref),
        c("customer_reference", "client_order_ref"),
        c("ordered_at", "date_order", convert=moment),
        c("commitment_at", "commitment_date", convert=moment),
        c("delivery_status"),
        c("invoice_status"),
        CURRENCY,
        c("amount_total", convert=amount),
        c("salesperson_odoo_id", "user_id", convert=ref),
        c("salesperson", "user_id", names="res.users:name"),
        c(
            "salesperson_login", "user_id", names="res.users:login"
        ),  # to know them as a person of ours
        c("opportunity_odoo_id", "opportunity_id", convert=ref),  # where CRM is installed
        c("access_url"),  # not stored, but made of the id alone
    ),
    pace="open",
    unsettled=("draft", "sent", "cancel"),
    watched=("state", "commitment_at", "delivery_status", "invoice_status", "amount_total"),
    points={
        "company_id": "res.company",
        "warehouse_id": "stock.warehouse",
        "partner_id": "res.partner",
        "partner_shipping_id": "res.partner",
    },
    scope_fields=("company_id", "warehouse_id"),
)
LINES: Final = Spec(
    "sale.order.line",
    tables.SaleOrderLine,
    (
        c("order_odoo_id", "order_id", convert=ref),
        c("product_odoo_id", "product_id", convert=ref),
        c("name"),
        c("ordered_qty", "product_uom_qty", convert=amount),
        c("delivered_qty", "qty_delivered", convert=amount),
        c("invoiced_qty", "qty_invoiced", convert=amount),
        c("unit", "product_uom_id", "product_uom", names="uom.uom:name"),
        c("price_subtotal", convert=amount),
    ),
    pace="other",
    domain=(("display_type", "=", False),),
    watched=("ordered_qty", "delivered_qty", "invoiced_qty"),
    points={"product_id": "product.product"},
)
