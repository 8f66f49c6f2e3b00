"""Reserving, unreserving and doing moves, and the states that follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..store import Row
from . import quants

if TYPE_CHECKING:
    from ..env import Env

RANK = {"assigned": 4, "waiting": 3, "partially_available": 2, "confirmed": 1}
CLOSED = ("done", "cancel")


def moves_of(env: Env, picking: int) -> list[int]:
    return env.where("stock.move", "picking_id", picking)


def lines_of(env: Env, move: int) -> list[int]:
    return env.where("stock.move.line", "move_id", move)


def tracked(env: Env, move: Row) -> bool:
    """True if the move takes counted stock: a storable product out of an internal location."""
    usage = env.row("stock.location", move["location_id"]).get("usage")
    return usage == "internal" and bool(
        env.value("product.product", move["product_id"], "is_storable")
    )


def set_quantity(env: Env, move_id: int, quantity: float) -> None:
    """Reserve exactly this much for the move (more than the stock is accepted, as in Odoo)."""
    move = env.row("stock.move", move_id)
    before = float(move.get("quantity", 0.0))
    lines = lines_of(env, move_id)
    if tracked(env, move) and move["state"] not in CLOSED:
        quants.change(env, move["product_id"], move["location_id"], reserved=quantity - before)
    if quantity and not lines:
        env.insert("stock.move.line", _line(env, move_id, move, quantity))
    elif quantity:
        env.put("stock.move.line", lines[0], quantity=quantity, quantity_product_uom=quantity)
        for extra in lines[1:]:
            env.delete("stock.move.line", extra)
    else:
        for line in lines:
            env.delete("stock.move.line", line)
    values: Row = {"quantity": quantity}
    if move["state"] not in CLOSED and move["state"] != "draft":
        values["state"] = _move_state(quantity, float(move["product_uom_qty"]))
    env.put("stock.move", move_id, **values)


def _move_state(quantity: float, demand: float) -> str:
    if quantity <= 0:
        return "confirmed"
    return "assigned" if quantity >= demand else "partially_available"


def _line(env: Env, move_id: int, move: Row, quantity: float) -> Row:
    return {
        "move_id": move_id,
        "picking_id": move.get("picking_id", False),
        "product_id": move["product_id"],
        "product_uom_id": move.get("product_uom", 1),
        "quantity": quantity,
        "quantity_product_uom": quantity,
        "picked": move.get("picked", False),
        "location_id": move["location_id"],
        "location_dest_id": move["location_dest_id"],
        "company_id": move["company_id"],
        "date": env.now,
        "state": move["state"],
        "reference": move.get("reference", False),
    }


def assign(env: Env, picking: int) -> None:
    """Reserve what is free for every open move of the picking."""
    for move_id in moves_of(env, picking):
        move = env.row("stock.move", move_id)
        if move["state"] in (*CLOSED, "draft", "waiting"):
            continue
        wanted = float(move["product_uom_qty"]) - float(move.get("quantity", 0.0))
        if tracked(env, move):
            free = quants.free(env, move["product_id"], move["location_id"])
            wanted = min(wanted, max(free, 0.0))
        if wanted > 0:
            set_quantity(env, move_id, float(move.get("quantity", 0.0)) + wanted)
    refresh_picking(env, picking)


def unreserve(env: Env, picking: int) -> None:
    """Give back what the open moves of the picking hold."""
    for move_id in moves_of(env, picking):
        move = env.row("stock.move", move_id)
        if move["state"] in CLOSED or not move.get("quantity"):
            continue
        set_quantity(env, move_id, 0.0)
        env.put("stock.move", move_id, picked=False)
    refresh_picking(env, picking)


def picking_state(env: Env, picking: int) -> str:
    """The state Odoo computes from the moves and the shipping policy."""
    rows = [env.row("stock.move", m) for m in moves_of(env, picking)]
    states = {r["state"] for r in rows}
    if not rows or "draft" in states:
        return "draft"
    if states == {"cancel"}:
        return "cancel"
    if states <= {"cancel", "done"}:
        return "done"
    todo = [r for r in rows if r["state"] not in CLOSED]
    todo.sort(key=lambda r: (RANK.get(r["state"], 0), float(r["product_uom_qty"])))
    if env.row("stock.picking", picking).get("move_type") == "one":
        first = todo[0]["state"]
        return "confirmed" if first == "partially_available" else str(first)
    if todo[0]["state"] != "assigned" and any(
        r["state"] in ("assigned", "partially_available") for r in todo
    ):
        return "assigned"
    last = str(todo[-1]["state"])
    return "assigned" if last == "partially_available" else last


def refresh_picking(env: Env, picking: int) -> None:
    """Store the computed state and dates of a picking."""
    row = env.row("stock.picking", picking)
    rows = [env.row("stock.move", m) for m in moves_of(env, picking)]
    values: Row = {"state": picking_state(env, picking)}
    alive = [r for r in rows if r["state"] not in CLOSED]
    if alive:
        values["scheduled_date"] = min(r["date"] for r in alive)
    deadlines = [r["date_deadline"] for r in rows if r.get("date_deadline")]
    if row.get("move_type") == "one":
        values["date_deadline"] = max(deadlines, default=False)
    else:
        values["date_deadline"] = min(deadlines, default=False)
    deadline = values["date_deadline"]
    scheduled = values.get("scheduled_date") or row.get("scheduled_date")
    values["has_deadline_issue"] = bool(deadline and scheduled and scheduled > deadline)
    env.compute("stock.picking", picking, **values)


def do_move(env: Env, move_id: int) -> None:
    """Carry out the quantity of one move: stock leaves its source and arrives."""
    move = env.row("stock.move", move_id)
    quantity = float(move.get("quantity", 0.0))
    storable = bool(env.value("product.product", move["product_id"], "is_storable"))
    if storable:
        held = quantity if tracked(env, move) else 0.0
        quants.change(
            env, move["product_id"], move["location_id"], quantity=-quantity, reserved=-held
        )
        quants.change(env, move["product_id"], move["location_dest_id"], quantity=quantity)
    env.put("stock.move", move_id, state="done", picked=True, date=env.now)
    for line in lines_of(env, move_id):
        env.put("stock.move.line", line, state="done", picked=True, date=env.now)


def cancel_move(env: Env, move_id: int) -> None:
    if env.row("stock.move", move_id).get("quantity"):
        set_quantity(env, move_id, 0.0)
    env.put("stock.move", move_id, state="cancel", picked=False)


def insert_move(env: Env, values: dict[str, Any]) -> int:
    """A confirmed move."""
    return env.insert(
        "stock.move",
        {
            "state": "confirmed",
            "quantity": 0.0,
            "picked": False,
            "priority": "0",
            "sequence": 10,
            "procure_method": "make_to_stock",
            "propagate_cancel": True,
            **values,
        },
    )
