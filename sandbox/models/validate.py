"""button_validate: the questions it asks first, the moves it does, the backorder it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..store import Row
from . import reserve
from .chains import follow_on
from .delivery import delivered
from .mail import log
from .receiving import received
from .reserve import lines_of, moves_of

if TYPE_CHECKING:
    from ..env import Env


def open_moves(env: Env, picking: int) -> list[tuple[int, Row]]:
    rows = [(m, env.row("stock.move", m)) for m in moves_of(env, picking)]
    return [(m, r) for m, r in rows if r["state"] not in ("done", "cancel")]


def validate(env: Env, ids: list[int]) -> Any:
    """True when done, or the action of a wizard when nothing was done yet."""
    from .pickings import NOTHING_RESERVED, NOTHING_TO_MOVE_19

    for i in ids:
        state = env.row("stock.picking", i)["state"]
        if state == "done" and env.dialect.is_19:
            continue
        if state == "draft":
            env.registry.behaviour("stock.picking").rpc_action_confirm(env, [i])  # type: ignore[attr-defined]
        moves = open_moves(env, i)
        if not any(float(row.get("quantity", 0.0)) for _, row in moves):
            raise UserError(NOTHING_TO_MOVE_19 if env.dialect.is_19 else NOTHING_RESERVED)
    todo = [i for i in ids if env.row("stock.picking", i)["state"] != "done"]
    question = _backorder_question(env, todo) or _sms_question(env, todo)
    if question:
        return question
    for i in todo:
        finish(env, i)
    return True


def _counted(env: Env, picking: int) -> dict[int, float]:
    """Quantity to do per open move: of the picked ones, or all reserved if none is picked."""
    moves = open_moves(env, picking)
    everything = not any(row.get("picked") for _, row in moves)
    return {
        move: float(row.get("quantity", 0.0)) if everything or row.get("picked") else 0.0
        for move, row in moves
    }


def _short(env: Env, picking: int) -> bool:
    counted = _counted(env, picking)
    return any(
        counted[move] < float(row["product_uom_qty"]) for move, row in open_moves(env, picking)
    )


def _backorder_question(env: Env, ids: list[int]) -> Row | None:
    if env.context.get("skip_backorder"):
        return None
    asking = []
    for i in ids:
        kind = env.row("stock.picking.type", env.row("stock.picking", i)["picking_type_id"])
        if kind.get("create_backorder", "ask") == "ask" and _short(env, i):
            asking.append(i)
    if not asking:
        return None
    return {
        "name": "Create Backorder?",
        "type": "ir.actions.act_window",
        "view_mode": "form",
        "res_model": "stock.backorder.confirmation",
        "views": [[1031, "form"]],
        "view_id": 1031,
        "target": "new",
        "context": {
            **_told(env),
            "button_validate_picking_ids": ids,
            "default_show_transfers": len(asking) > 1,
            "default_pick_ids": [[4, i] for i in asking],
        },
    }


def _told(env: Env) -> Row:
    return {k: v for k, v in env.context.items() if not k.startswith("sandbox_")}


def _sms_question(env: Env, ids: list[int]) -> Row | None:
    if env.context.get("skip_sms"):
        return None
    asking = [i for i in ids if _would_text(env, i)]
    if not asking:
        return None
    wizard = env.insert("confirm.stock.sms", {"pick_ids": asking})
    return {
        "name": "SMS",
        "type": "ir.actions.act_window",
        "view_mode": "form",
        "res_model": "confirm.stock.sms",
        "views": [[1430, "form"]],
        "view_id": 1430,
        "target": "new",
        "res_id": wizard,
        "context": {**_told(env), "button_validate_picking_ids": ids},
    }


def _would_text(env: Env, picking: int) -> bool:
    row = env.row("stock.picking", picking)
    company = env.row("res.company", row["company_id"])
    kind = env.row("stock.picking.type", row["picking_type_id"])
    partner = env.row("res.partner", row["partner_id"]) if row.get("partner_id") else {}
    return bool(
        kind["code"] == "outgoing"
        and (partner.get("phone") or partner.get("mobile"))
        and company.get("stock_move_sms_validation", True)
        and not company.get("has_received_warning_stock_sms")
    )


def finish(env: Env, picking: int) -> None:
    """Do the counted moves; the rest becomes a backorder or is cancelled, as the context says."""
    drop_rest = picking in (env.context.get("picking_ids_not_to_backorder") or [])
    rest: list[int] = []
    counted = _counted(env, picking)
    for move, row in open_moves(env, picking):
        quantity = counted[move]
        demand = float(row["product_uom_qty"])
        if not quantity:
            rest.append(move)
            continue
        if quantity < demand and not drop_rest:
            rest.append(_split(env, move, row, demand - quantity))
            env.put("stock.move", move, product_uom_qty=quantity)
        reserve.do_move(env, move)
    row = env.row("stock.picking", picking)
    env.put(
        "stock.picking",
        picking,
        date_done=env.now,
        priority="0",
        state=row["state"] if rest else "done",
    )
    if drop_rest:
        for move in rest:
            reserve.cancel_move(env, move)
    elif rest:
        _backorder(env, picking, rest)
    reserve.refresh_picking(env, picking)
    follow_on(env, picking)
    if row.get("sale_id"):
        delivered(env, row["sale_id"])
    received(env, picking)


def _split(env: Env, move: int, row: Row, quantity: float) -> int:
    kept = {
        k: v
        for k, v in row.items()
        if k not in ("create_date", "write_date", "create_uid", "write_uid")
    }
    return env.insert(
        "stock.move",
        {
            **kept,
            "product_uom_qty": quantity,
            "quantity": 0.0,
            "picked": False,
            "state": "confirmed",
        },
    )


def _backorder(env: Env, picking: int, moves: list[int]) -> int:
    from .pickings import new_picking

    row = env.row("stock.picking", picking)
    kept = (
        "picking_type_id",
        "partner_id",
        "origin",
        "group_id",
        "sale_id",
        "move_type",
        "scheduled_date",
        "date_deadline",
        "company_id",
        "location_id",
        "location_dest_id",
        "carrier_id",
        "user_id",
        "return_id",
    )
    made = new_picking(env, {**{k: row[k] for k in kept if k in row}, "backorder_id": picking})
    for move in moves:
        env.put(
            "stock.move", move, picking_id=made, reference=env.row("stock.picking", made)["name"]
        )
        for line in lines_of(env, move):
            env.put("stock.move.line", line, picking_id=made)
    name = row["name"]
    log(
        env,
        "stock.picking",
        made,
        f"<p>The backorder of <a href=# data-oe-model=stock.picking "
        f"data-oe-id={picking}>{name}</a> has been created.</p>",
    )
    reserve.assign(env, made)
    return made
