"""What a purchase order takes over from its receipts and bills, and the receipts it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..store import Row
from . import reserve
from .mail import log
from .pickings import new_picking

if TYPE_CHECKING:
    from ..env import Env

ORDER, LINE = "purchase.order", "purchase.order.line"
CONFIRMED = ("purchase", "done")
CLOSED = ("done", "cancel")


def lines_of(env: Env, order: int) -> list[int]:
    return env.where(LINE, "order_id", order)


def moves_of(env: Env, order: int) -> list[int]:
    return [m for n in lines_of(env, order) for m in env.where("stock.move", "purchase_line_id", n)]


def pickings_of(env: Env, order: int) -> list[int]:
    """Receipts, their backorders and returns."""
    found = {env.row("stock.move", m).get("picking_id") for m in moves_of(env, order)}
    return sorted(p for p in found if p)


def order_of(env: Env, picking: int) -> int:
    """The purchase order of a receipt; 0 if it has none."""
    for move in reserve.moves_of(env, picking):
        line = env.row("stock.move", move).get("purchase_line_id")
        if line and env.get(LINE, line) is not None:
            return int(env.row(LINE, line)["order_id"])
    return 0


def received(env: Env, picking: int) -> None:
    """Bring the purchase order of a changed receipt up to date, if it has one."""
    order = order_of(env, picking)
    if order:
        refresh_order(env, order)


def refresh_order(env: Env, order: int) -> None:
    """Received and billed quantities of the lines, receipt and billing status of the order."""
    confirmed = env.row(ORDER, order)["state"] in CONFIRMED
    for line in lines_of(env, order):
        env.compute(LINE, line, **_figures(env, line, confirmed))
    pickings = [env.row("stock.picking", p) for p in pickings_of(env, order)]
    dates = [
        p["date_done"]
        for p in pickings
        if p["state"] == "done"
        and p.get("date_done")
        and env.row("stock.location", p["location_dest_id"])["usage"] != "supplier"
    ]
    env.compute(
        ORDER,
        order,
        receipt_status=_receipt_status(env, order, [p["state"] for p in pickings]),
        effective_date=min(dates, default=False),
        invoice_status=_billing(env, order, confirmed),
    )


def _figures(env: Env, line: int, confirmed: bool) -> Row:
    row = env.row(LINE, line)
    received, billed = _received_of(env, line), _billed(env, line)
    policy = env.value("product.product", row["product_id"], "purchase_method")
    due = float(row["product_qty"]) if policy == "purchase" else received
    return {
        "qty_received": received,
        "qty_invoiced": billed,
        "qty_to_invoice": round(due - billed, 2) if confirmed else 0.0,
        "state": env.row(ORDER, row["order_id"])["state"],
    }


def _received_of(env: Env, line: int) -> float:
    total = 0.0
    for move_id in env.where("stock.move", "purchase_line_id", line):
        move = env.row("stock.move", move_id)
        if move["state"] != "done":
            continue
        target = env.row("stock.location", move["location_dest_id"])["usage"]
        if target != "supplier":
            total += float(move["quantity"])
        elif move.get("to_refund") or not move.get("origin_returned_move_id"):
            total -= float(move["quantity"])
    return total


def bill_lines(env: Env, line: int) -> list[int]:
    return env.where("account.move.line", "purchase_line_id", line)


def _billed(env: Env, line: int) -> float:
    total = 0.0
    for item in bill_lines(env, line):
        row = env.row("account.move.line", item)
        move = env.row("account.move", row["move_id"])
        if move["state"] != "cancel":
            sign = -1.0 if move["move_type"] == "in_refund" else 1.0
            total += sign * float(row.get("quantity", 0.0))
    return total


def bills_of(env: Env, order: int) -> list[int]:
    found = {
        env.row("account.move.line", i)["move_id"]
        for n in lines_of(env, order)
        for i in bill_lines(env, n)
    }
    return sorted(found)


def _receipt_status(env: Env, order: int, states: list[str]) -> Any:
    confirmed = env.row(ORDER, order)["state"] in CONFIRMED
    if not confirmed or not states or all(s == "cancel" for s in states):
        return False
    if all(s in CLOSED for s in states):
        return "full"
    return "partial" if "done" in states else "pending"


def _billing(env: Env, order: int, confirmed: bool) -> str:
    if not confirmed:
        return "no"
    if any(env.row(LINE, n).get("qty_to_invoice") for n in lines_of(env, order)):
        return "to invoice"
    return "invoiced" if bills_of(env, order) else "no"


# --- receipts -----------------------------------------------------------------------------------
def receive(env: Env, order: int, wanted: list[tuple[int, float]]) -> int:
    """Moves for (line, quantity) in the open receipt, or in a new one; its id, 0 without goods."""
    goods = [
        (n, quantity)
        for n, quantity in wanted
        if quantity > 0
        and env.value("product.product", env.row(LINE, n)["product_id"], "type") == "consu"
    ]
    if not goods:
        return 0
    row = env.row(ORDER, order)
    kind = row["picking_type_id"]
    opened = [
        p
        for p in pickings_of(env, order)
        if (r := env.row("stock.picking", p))["state"] not in CLOSED
        and r["picking_type_id"] == kind
    ]
    picking = opened[0] if opened else _new(env, order, kind, back=False)
    moves = [_move(env, picking, n, quantity) for n, quantity in goods]
    reserve.assign_moves(env, moves, picking=picking)
    return picking


def send_back(env: Env, order: int, line: int, quantity: float) -> int:
    """What a smaller order no longer wants of goods on their way: a transfer back to the vendor."""
    kind = env.row("stock.picking.type", env.row(ORDER, order)["picking_type_id"])
    picking = _new(env, order, kind["return_picking_type_id"], back=True)
    _move(env, picking, line, quantity)
    reserve.refresh_picking(env, picking)
    return picking


def _new(env: Env, order: int, kind: int, *, back: bool) -> int:
    row = env.row(ORDER, order)
    place = env.row("stock.picking.type", row["picking_type_id"])["default_location_dest_id"]
    vendors = env.value("res.partner", row["partner_id"], "property_stock_supplier")
    values: Row = {
        "picking_type_id": kind,
        "partner_id": row["partner_id"],
        "origin": row["name"],
        "location_id": place if back else vendors,
        "location_dest_id": vendors if back else place,
        "date_deadline": False,
    }
    if "procurement.group" in env.registry.models:
        group = row.get("group_id") or env.insert(
            "procurement.group", {"name": row["name"], "partner_id": row["partner_id"]}
        )
        env.touch_silently(ORDER, order, group_id=group)
        values["group_id"] = group
    picking = new_picking(env, values, twice=False)
    log(
        env,
        "stock.picking",
        picking,
        "<p>This transfer has been created from: "
        f'<a href="#" data-oe-model="purchase.order" data-oe-id="{order}">{row["name"]}</a></p>',
    )
    return picking


def _move(env: Env, picking: int, line: int, quantity: float) -> int:
    row, item = env.row("stock.picking", picking), env.row(LINE, line)
    return reserve.insert_move(
        env,
        {
            "name": env.display_name("product.product", item["product_id"]),
            "picking_id": picking,
            "product_id": item["product_id"],
            "product_uom_qty": quantity,
            "product_uom": item.get("product_uom", item.get("product_uom_id", 1)),
            "purchase_line_id": line,
            "location_id": row["location_id"],
            "location_dest_id": row["location_dest_id"],
            "picking_type_id": row["picking_type_id"],
            "company_id": row["company_id"],
            "origin": row.get("origin", False),
            "reference": row["name"],
            "group_id": row.get("group_id", False),
            "date": item["date_planned"],
            "date_deadline": item["date_planned"],
            "price_unit": float(item.get("price_unit", 0.0)),
            "propagate_cancel": True,
            "warehouse_id": env.row("stock.picking.type", row["picking_type_id"])["warehouse_id"],
        },
    )
