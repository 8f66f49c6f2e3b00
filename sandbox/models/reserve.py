"""Reserving, unreserving and doing moves, and the states that follow from it."""

from __future__ import annotations

from collections.abc import Iterable
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


def hold(env: Env, line: int, sign: float) -> None:
    """Reserve (1) or give back (-1) the quantity of one detail line of an open move."""
    row = env.row("stock.move.line", line)
    move = env.row("stock.move", row["move_id"]) if row.get("move_id") else None
    quantity = float(row.get("quantity", 0.0))
    if move is None or move["state"] in CLOSED or not quantity or not tracked(env, move):
        return
    quants.change(
        env,
        row["product_id"],
        row["location_id"],
        reserved=sign * quantity,
        package=row.get("package_id"),
    )


def set_quantity(env: Env, move_id: int, quantity: float) -> None:
    """Reserve exactly this much for the move (more than the stock is accepted, as in Odoo)."""
    lines = lines_of(env, move_id)
    before = sum(float(env.row("stock.move.line", n).get("quantity", 0.0)) for n in lines)
    if quantity > before:
        _take(env, move_id, round(quantity - before, 2))
    for line in reversed(lines):
        have = float(env.row("stock.move.line", line).get("quantity", 0.0))
        less = round(min(before - quantity, have), 2)
        if less <= 0:
            break
        hold(env, line, -1)
        before -= less
        if less == have:
            env.delete("stock.move.line", line)
            continue
        left = round(have - less, 2)
        env.put("stock.move.line", line, quantity=left, quantity_product_uom=left)
        hold(env, line, 1)
    sum_lines(env, move_id)


def sum_lines(env: Env, move_id: int) -> None:
    """Quantity and state of a move from its detail lines."""
    move = env.row("stock.move", move_id)
    total = sum(
        float(env.row("stock.move.line", n).get("quantity", 0.0)) for n in lines_of(env, move_id)
    )
    values: Row = {"quantity": round(total, 2)}
    if move["state"] not in (*CLOSED, "draft"):
        values["state"] = _move_state(total, float(move["product_uom_qty"]))
    env.put("stock.move", move_id, **values)


def _take(env: Env, move_id: int, quantity: float) -> None:
    """More detail lines (or a longer one), package by package, for this much more."""
    move = env.row("stock.move", move_id)
    left = quantity
    if tracked(env, move) and move["state"] not in CLOSED:
        for quant in quants.quants_of(env, move["product_id"], move["location_id"]):
            row = env.row("stock.quant", quant)
            have = float(row.get("quantity", 0.0))
            here = min(round(have - float(row.get("reserved_quantity", 0.0)), 2), left)
            if here > 0:
                _extend(env, move_id, here, row.get("package_id") or False, whole=here == have)
                left = round(left - here, 2)
    if left > 0:
        _extend(env, move_id, left, False, whole=False)


def _extend(env: Env, move_id: int, quantity: float, package: Any, *, whole: bool) -> None:
    move = env.row("stock.move", move_id)
    for line in lines_of(env, move_id):
        row = env.row("stock.move.line", line)
        if (row.get("package_id") or False) == package:
            total = round(float(row.get("quantity", 0.0)) + quantity, 2)
            hold(env, line, -1)
            env.put("stock.move.line", line, quantity=total, quantity_product_uom=total)
            hold(env, line, 1)
            return
    # a package that is moved as a whole arrives as that package
    made = env.insert(
        "stock.move.line",
        {
            **_line(env, move_id, move, quantity),
            "package_id": package,
            "result_package_id": package if whole else False,
        },
    )
    hold(env, made, 1)


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
        "production_id": move.get("raw_material_production_id") or move.get("production_id", False),
    }


def assign(env: Env, picking: int) -> None:
    """Reserve what is free for every open move of the picking."""
    assign_moves(env, moves_of(env, picking), picking=picking)


def assign_moves(env: Env, moves: Iterable[int], *, picking: Any = False) -> None:
    """Reserve what is free for these moves, and bring their transfers and productions up to date."""
    owners: dict[tuple[str, int], None] = {("stock.picking", picking): None} if picking else {}
    for move_id in moves:
        move = env.row("stock.move", move_id)
        owners |= dict.fromkeys(_owners(move))
        if move["state"] in (*CLOSED, "draft", "waiting"):
            continue
        wanted = float(move["product_uom_qty"]) - float(move.get("quantity", 0.0))
        if tracked(env, move):
            free = quants.free(env, move["product_id"], move["location_id"])
            wanted = min(wanted, max(free, 0.0))
        if wanted > 0:
            set_quantity(env, move_id, float(move.get("quantity", 0.0)) + wanted)
    _refresh(env, owners)


def unreserve(env: Env, picking: int) -> None:
    """Give back what the open moves of the picking hold."""
    unreserve_moves(env, moves_of(env, picking))
    refresh_picking(env, picking)


def unreserve_moves(env: Env, moves: Iterable[int]) -> None:
    for move_id in moves:
        move = env.row("stock.move", move_id)
        if move["state"] in CLOSED or not move.get("quantity"):
            continue
        set_quantity(env, move_id, 0.0)
        env.put("stock.move", move_id, picked=False)


def _owners(move: Row) -> list[tuple[str, int]]:
    if move.get("picking_id"):
        return [("stock.picking", move["picking_id"])]
    made = move.get("raw_material_production_id") or move.get("production_id")
    return [("mrp.production", made)] if made else []


def refresh_owner(env: Env, move: Row) -> None:
    """Bring the transfer or production of a changed move up to date."""
    _refresh(env, dict.fromkeys(_owners(move)))


def _refresh(env: Env, owners: Iterable[tuple[str, int]]) -> None:
    from .production_state import refresh_production

    for model, owner in owners:
        if model == "stock.picking":
            refresh_picking(env, owner)
        else:
            refresh_production(env, owner)


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
    storable = bool(env.value("product.product", move["product_id"], "is_storable"))
    held = tracked(env, move)
    for line in lines_of(env, move_id):
        row = env.row("stock.move.line", line)
        quantity = float(row.get("quantity", 0.0))
        if storable:
            product = row["product_id"]
            quants.change(
                env,
                product,
                row["location_id"],
                quantity=-quantity,
                reserved=-quantity if held else 0.0,
                package=row.get("package_id"),
            )
            quants.change(
                env,
                product,
                row["location_dest_id"],
                quantity=quantity,
                package=row.get("result_package_id"),
            )
        env.put("stock.move.line", line, state="done", picked=True, date=env.now)
    env.put("stock.move", move_id, state="done", picked=True, date=env.now)


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
