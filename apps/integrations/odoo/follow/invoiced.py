"""Which orders an invoice is of: Odoo keeps it on the lines, or only names them."""

from __future__ import annotations

from typing import Any

from apps.integrations.odoo.line.client import Client
from apps.integrations.odoo.line.errors import OdooRefused
from apps.integrations.odoo.line.rights import is_no_right
from apps.mirror.models import SaleOrder
from apps.mirror.specs import Record, ref


def find_orders(odoo: Client, invoices: list[Record]) -> None:
    """Add `order_odoo_ids`: orders of invoices through their lines.

    `sale.order.invoice_ids` is not stored; `account.move.line.sale_line_ids` is, on 18 and 19. A supplier's bill
    is of no order of a customer, whatever it names.
    """
    orders: dict[int, set[int]] = {
        invoice["id"]: set() for invoice in invoices if _is_sold(invoice)
    }
    of_line: dict[int, int | None] = {}
    try:
        lines = odoo.search_read(
            "account.move.line",
            [("move_id", "in", list(orders)), ("sale_line_ids", "!=", False)],
            ["move_id", "sale_line_ids"],
        )
        wanted = sorted({line_id for line in lines for line_id in line["sale_line_ids"]})
        # Searched for, since one line that a rule hides fails a whole read by id (FACTS 2).
        for line in odoo.search_read("sale.order.line", [("id", "in", wanted)], ["order_id"]):
            of_line[line["id"]] = ref(line["order_id"])
    except OdooRefused as error:
        if not is_no_right(error) and error.name != "ValueError":  # no such field: no sales here
            raise
        lines = []  # the origin's names remain
    for line in lines:
        orders[ref(line["move_id"]) or 0] |= {
            of_line[i] or 0 for i in line["sale_line_ids"] if i in of_line
        }
    for invoice in invoices:
        invoice["order_odoo_ids"] = sorted(orders.get(invoice["id"], set()) - {0})


def find_named_orders(connection: str, invoices: list[Record]) -> None:
    """The same through the order names in their origin, as far as these orders are mirrored.

    Two companies of one Odoo may number their orders alike: only an order of the invoice's own is meant.
    """
    invoices = [invoice for invoice in invoices if _is_sold(invoice)]
    named = {invoice["id"]: _names_in(invoice.get("invoice_origin")) for invoice in invoices}
    if not any(named.values()):
        return
    rows = SaleOrder.objects.filter(
        connection=connection, name__in={n for names in named.values() for n in names}
    ).values_list("company__odoo_id", "name", "odoo_id")
    by_name = {(company, name): odoo_id for company, name, odoo_id in rows}
    for invoice in invoices:
        company = ref(invoice.get("company_id"))
        keys = [(company, name) for name in named[invoice["id"]]]
        invoice["order_odoo_ids"] = sorted({by_name[key] for key in keys if key in by_name})


def _is_sold(invoice: Record) -> bool:
    return str(invoice.get("move_type") or "").startswith("out_")


def _names_in(origin: Any) -> list[str]:
    return (
        [name.strip() for name in origin.split(",") if name.strip()]
        if isinstance(origin, str)
        else []
    )
