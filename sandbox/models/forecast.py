"""When goods that are missing are expected: what is free now, then what is on its way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..store import Row
from . import quants, reserve

if TYPE_CHECKING:
    from ..env import Env

TITLES = {"available": "Available", "unavailable": "Not Available"}


def expected(env: Env, move: Row) -> str | None:
    """ "" if the move can be supplied from stock now, the date of the receipt or production that
    covers it, None if nothing does. What other demands take of it is not counted."""
    missing = float(move["product_uom_qty"]) - float(move.get("quantity", 0.0))
    if missing <= 0 or move["state"] in reserve.CLOSED or not reserve.tracked(env, move):
        return ""
    missing -= max(quants.free(env, move["product_id"], move["location_id"]), 0.0)
    if missing <= 0:
        return ""
    for date, quantity in sorted(_arrivals(env, move)):
        missing -= quantity
        if missing <= 0:
            return date
    return None


def _arrivals(env: Env, move: Row) -> list[tuple[str, float]]:
    found = []
    house = env.row("stock.location", move["location_id"]).get("warehouse_id")
    for other in env.where("stock.move", "product_id", move["product_id"]):
        row = env.row("stock.move", other)
        if row["state"] in (*reserve.CLOSED, "draft"):
            continue
        source = env.row("stock.location", row["location_id"])
        target = env.row("stock.location", row["location_dest_id"])
        arrives = source["usage"] != "internal" and target["usage"] == "internal"
        if arrives and target.get("warehouse_id") == house:
            found.append((str(row["date"]), float(row["product_uom_qty"])))
    return found


def availability(env: Env, moves: Iterable[Row], due: Any, nothing: str) -> tuple[str, str]:
    """(state, text) over several moves; due is when they are needed, nothing the state of a move
    that nothing covers ("late" for transfers, "unavailable" for productions)."""
    dates = [expected(env, move) for move in moves]
    if any(date is None for date in dates):
        return nothing, TITLES["unavailable"]
    last = max((date for date in dates if date), default="")
    if not last:
        return "available", TITLES["available"]
    shown = datetime.fromisoformat(last).strftime("%m/%d/%Y")
    return ("late" if due and str(due) < last else "expected"), f"Exp {shown}"
