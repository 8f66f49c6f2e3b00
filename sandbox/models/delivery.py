"""What a sale order takes over from its transfers: delivered quantities and delivery status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..store import Row
from .invoice_status import refresh_invoice_status

if TYPE_CHECKING:
    from ..env import Env


def delivered(env: Env, order: int, *, touched: bool = False) -> None:
    """Recompute delivered quantities, delivery status, effective date and invoice status."""
    for line in env.where("sale.order.line", "order_id", order):
        env.compute("sale.order.line", line, qty_delivered=_delivered_of(env, line))
    values: Row = {
        "delivery_status": _status(env, order),
        "effective_date": _effective(env, order),
    }
    if not env.compute("sale.order", order, **values) and touched:
        env.put("sale.order", order)
    refresh_invoice_status(env, order)


def _delivered_of(env: Env, line: int) -> float:
    if env.value("product.product", _product(env, line), "type") == "service":
        return float(env.row("sale.order.line", line).get("qty_delivered", 0.0))
    total = 0.0
    for move_id in env.where("stock.move", "sale_line_id", line):
        move = env.row("stock.move", move_id)
        if move["state"] != "done":
            continue
        target = env.row("stock.location", move["location_dest_id"])["usage"]
        if target == "customer":
            total += float(move["quantity"])
        elif move.get("to_refund"):
            total -= float(move["quantity"])
    return total


def _product(env: Env, line: int) -> int:
    return int(env.row("sale.order.line", line)["product_id"])


def _pickings(env: Env, order: int) -> list[Row]:
    return [env.row("stock.picking", p) for p in env.where("stock.picking", "sale_id", order)]


def _status(env: Env, order: int) -> Any:
    states = [p["state"] for p in _pickings(env, order)]
    if not states or all(s == "cancel" for s in states):
        return False
    if all(s in ("done", "cancel") for s in states):
        return "full"
    lines = env.where("sale.order.line", "order_id", order)
    if any(s == "done" for s in states):
        done = any(env.row("sale.order.line", line).get("qty_delivered") for line in lines)
        return "partial" if done else "started"
    return "pending"


def _effective(env: Env, order: int) -> Any:
    dates = [
        p["date_done"]
        for p in _pickings(env, order)
        if p["state"] == "done"
        and p.get("date_done")
        and env.row("stock.location", p["location_dest_id"])["usage"] == "customer"
    ]
    return min(dates, default=False)
