"""Invoices and credit notes, of customers and of suppliers."""

from __future__ import annotations

from typing import Final

from apps.mirror import models as tables
from apps.mirror.specs.shape import CURRENCY, Spec
from apps.mirror.specs.shape import column as c
from apps.mirror.specs.values import amount, day, ids, ref

INVOICES: Final = Spec(
    "account.move",
    tables.Invoice,
    (
        c("name"),
        c("kind", "move_type"),
        c("state"),
        c("payment_state"),
        c("customer_odoo_id", "partner_id", convert=ref),
        c("commercial_odoo_id", "commercial_partner_id", convert=ref),
        c("invoiced_on", "invoice_date", convert=day),
        c("due_on", "invoice_date_due", convert=day),
        c("origin", "invoice_origin"),
        c("reference", "ref"),
        c("reversed_odoo_id", "reversed_entry_id", convert=ref),
        c("order_odoo_ids", "order_odoo_ids", convert=ids),
        CURRENCY,
        c("amount_total", convert=amount),
        c("amount_residual", convert=amount),
    ),
    pace="open",
    unsettled=("draft", "cancel"),
    domain=(("move_type", "in", ["out_invoice", "out_refund", "in_invoice", "in_refund"]),),
    watched=("state", "payment_state", "amount_total", "amount_residual"),
    points={
        "company_id": "res.company",
        "partner_id": "res.partner",
        "commercial_partner_id": "res.partner",
        "order_odoo_ids": "sale.order",  # the first one tells the warehouse
    },
    scope_fields=("company_id", "commercial_partner_id"),
)
