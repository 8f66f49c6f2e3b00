"""Invoiced quantities and invoice status of sale orders and their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..store import Row

if TYPE_CHECKING:
    from ..env import Env


def refresh_invoice_status(env: Env, order: int) -> None:
    """Recompute the lines' figures and the order's status."""
    statuses = []
    for line in env.where("sale.order.line", "order_id", order):
        row = env.row("sale.order.line", line)
        if row.get("display_type"):
            continue
        figures = _figures(env, line, row)
        env.compute("sale.order.line", line, **figures)
        statuses.append(figures["invoice_status"])
    env.compute("sale.order", order, invoice_status=_of_order(env, order, statuses))


def _of_order(env: Env, order: int, statuses: list[str]) -> str:
    if env.row("sale.order", order)["state"] != "sale":
        return "no"
    if "to invoice" in statuses:
        return "to invoice"
    if statuses and all(s == "invoiced" for s in statuses):
        return "invoiced"
    if statuses and all(s in ("invoiced", "upselling") for s in statuses):
        return "upselling"
    return "no"


def invoiced_quantity(env: Env, line: int) -> float:
    total = 0.0
    for item in invoice_lines(env, line):
        row = env.row("account.move.line", item)
        move = env.row("account.move", row["move_id"])
        if move["state"] == "cancel":
            continue
        sign = 1.0 if move["move_type"] == "out_invoice" else -1.0
        total += sign * float(row.get("quantity", 0.0))
    return total


def invoice_lines(env: Env, line: int) -> list[int]:
    found = env.row("sale.order.line", line).get("invoice_lines", [])
    return [i for i in found if env.get("account.move.line", i) is not None]


def _figures(env: Env, line: int, row: Row) -> Row:
    invoiced = invoiced_quantity(env, line)
    state = env.row("sale.order", row["order_id"])["state"]
    policy = env.value("product.product", row["product_id"], "invoice_policy")
    ordered = float(row["product_uom_qty"])
    done = float(row.get("qty_delivered", 0.0))
    due = (ordered if policy == "order" else done) - invoiced if state == "sale" else 0.0
    status = "no"
    if state == "sale":
        if due:
            status = "to invoice"
        elif policy == "order" and ordered >= 0 and done > ordered:
            status = "upselling"
        elif invoiced >= ordered:
            status = "invoiced"
    price = float(row["price_unit"]) * (1 - float(row.get("discount", 0.0)) / 100)
    return {
        "qty_invoiced": invoiced,
        "qty_to_invoice": due,
        "invoice_status": status,
        "state": state,
        "untaxed_amount_invoiced": round(invoiced * price, 2),
        "untaxed_amount_to_invoice": round(due * price, 2),
    }
