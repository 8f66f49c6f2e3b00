"""Deliveries in two steps: what was picked is shipped by a second transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..store import Row
from . import reserve
from .pickings import new_picking

if TYPE_CHECKING:
    from ..env import Env

CLOSED = ("done", "cancel")


def follow_on(env: Env, picking: int) -> None:
    """Moves for the next step of what was done and is not where it is to go in the end."""
    pushed = []
    for move in reserve.moves_of(env, picking):
        row = env.row("stock.move", move)
        final = row.get("location_final_id")
        onward = final and final != row["location_dest_id"] and not row.get("move_dest_ids")
        if row["state"] == "done" and onward:
            pushed.append(_push(env, picking, move, row))
    reserve.assign_moves(env, pushed)


def _push(env: Env, picking: int, move: int, row: Row) -> int:
    """The next move: joined to the one that is open already, or new."""
    target = _transfer(env, picking)
    moves = [(m, env.row("stock.move", m)) for m in reserve.moves_of(env, target)]
    quantity = float(row["quantity"])
    for other, found in moves:
        same = found.get("sale_line_id") == row.get("sale_line_id")
        if same and found["product_id"] == row["product_id"] and found["state"] not in CLOSED:
            total = round(float(found["product_uom_qty"]) + quantity, 2)
            before = [*found.get("move_orig_ids", []), move]
            env.put("stock.move", other, product_uom_qty=total, move_orig_ids=before)
            env.put("stock.move", move, move_dest_ids=[other])
            return other
    place = env.row("stock.picking", target)
    kept = ("name", "product_id", "product_uom", "sale_line_id", "company_id", "partner_id")
    made = reserve.insert_move(
        env,
        {
            **{k: row[k] for k in (*kept, "origin", "group_id", "date_deadline") if k in row},
            "picking_id": target,
            "product_uom_qty": quantity,
            "location_id": place["location_id"],
            "location_dest_id": place["location_dest_id"],
            "location_final_id": place["location_dest_id"],
            "picking_type_id": place["picking_type_id"],
            "warehouse_id": row.get("warehouse_id", False),
            "reference": place["name"],
            "procure_method": "make_to_order",
            "move_orig_ids": [move],
            "date": row.get("date_deadline") or env.now,
        },
    )
    env.put("stock.move", move, move_dest_ids=[made])
    return made


def _transfer(env: Env, picking: int) -> int:
    """The open delivery of the same order, or a new one."""
    row = env.row("stock.picking", picking)
    kind = env.row("stock.picking.type", row["picking_type_id"])
    shipping = env.row("stock.warehouse", kind["warehouse_id"])["out_type_id"]
    if row.get("sale_id"):
        for other in env.where("stock.picking", "sale_id", row["sale_id"]):
            found = env.row("stock.picking", other)
            if found["picking_type_id"] == shipping and found["state"] not in CLOSED:
                return other
    kept = ("partner_id", "origin", "sale_id", "group_id", "move_type", "carrier_id")
    return new_picking(
        env,
        {
            **{k: row[k] for k in kept if k in row},
            "picking_type_id": shipping,
            "date_deadline": row.get("date_deadline", False),
        },
    )
