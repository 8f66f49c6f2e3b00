"""button_mark_done: its questions, what is consumed and made, and the backorder it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import orm
from ..behaviour import Behaviour
from ..store import Row
from . import reserve
from .production_state import CLOSED, MODEL, finished_of, raw_of, refresh_production, workorders_of
from .workorders import finish_workorder

if TYPE_CHECKING:
    from ..env import Env


def mark_done(env: Env, ids: list[int]) -> Any:
    """True when done, or the action of a wizard when nothing was done yet. Repeating is harmless."""
    todo = [i for i in ids if env.row(MODEL, i)["state"] not in CLOSED]
    if not todo:
        return True
    question = _consumption_question(env, todo) or _backorder_question(env, todo)
    if question:
        return question
    keeping = set(env.context.get("mo_ids_to_backorder") or [])
    made = [_finish(env, i, backorder=i in keeping) for i in todo]
    left = [m for m in made if m]
    if not left:
        return True
    return {
        "res_model": MODEL,
        "type": "ir.actions.act_window",
        "context": {"skip_backorder": False, "mo_ids_to_backorder": None},
        "views": [[False, "form"]],
        "view_mode": "form",
        "res_id": left[0],
    }


def _begun(row: Row) -> float:
    return float(row.get("qty_producing", 0.0))


def _needed(env: Env, production: int, move: Row, quantity: float) -> float:
    total = float(env.row(MODEL, production)["product_qty"]) or 1.0
    return round(float(move["product_uom_qty"]) / total * quantity, 2)


def _consumption_question(env: Env, ids: list[int]) -> Row | None:
    """Asked when something was begun and the picked components differ from the bill of materials."""
    lines: list[Any] = []
    for i in ids:
        row = env.row(MODEL, i)
        if not _begun(row) or row.get("consumption") == "flexible":
            continue
        for m in raw_of(env, i):
            move = env.row("stock.move", m)
            wanted = _needed(env, i, move, _begun(row))
            used = float(move.get("quantity", 0.0)) if move.get("picked") else 0.0
            if used != wanted:
                lines.append((i, move, row["consumption"], used, wanted))
    if not lines or env.context.get("skip_consumption"):
        return None
    told = [
        [
            0,
            0,
            {
                "mrp_production_id": i,
                "product_id": move["product_id"],
                "consumption": consumption,
                "product_uom_id": move.get("product_uom", 1),
                "product_consumed_qty_uom": used,
                "product_expected_qty_uom": wanted,
            },
        ]
        for i, move, consumption, used, wanted in lines
    ]
    return _action(
        env,
        "mrp.consumption.warning",
        "Consumption Warning",
        {
            "default_mrp_production_ids": ids,
            "default_mrp_consumption_warning_line_ids": told,
            "form_view_ref": False,
        },
    )


def _backorder_question(env: Env, ids: list[int]) -> Row | None:
    if env.context.get("skip_backorder"):
        return None
    short = [i for i in ids if 0 < _begun(r := env.row(MODEL, i)) < float(r["product_qty"])]
    if not short:
        return None
    title = "You produced less than initial demand"
    if env.dialect.is_19:
        title = "You produced less than the initial demand"
    lines = [[0, 0, {"mrp_production_id": i, "to_backorder": True}] for i in short]
    return _action(
        env,
        "mrp.production.backorder",
        title,
        {
            "always_backorder_mo_ids": [],
            "default_mrp_production_ids": ids,
            "default_mrp_production_backorder_line_ids": lines,
        },
    )


def _action(env: Env, model: str, name: str, context: Row) -> Row:
    kept = {k: v for k, v in env.context.items() if not k.startswith("sandbox_")}
    return {
        "name": name,
        "display_name": name,
        "type": "ir.actions.act_window",
        "res_model": model,
        "res_id": 0,
        "view_mode": "form",
        "views": [[False, "form"]],
        "target": "new",
        "context": {**kept, **context},
    }


def _finish(env: Env, production: int, *, backorder: bool) -> int:
    """Consume and produce. The id of the backorder, 0 if there is none."""
    row = env.row(MODEL, production)
    total = float(row["product_qty"])
    begun = _begun(row)
    quantity = begun or total
    rest = round(total - quantity, 2)
    env.compute(MODEL, production, state="to_close")
    for move in raw_of(env, production):
        if env.row("stock.move", move)["state"] not in CLOSED:
            _consume(env, production, move, quantity, whole=not begun, keep=backorder and rest > 0)
    for move in finished_of(env, production):
        if env.row("stock.move", move)["state"] in CLOSED:
            continue
        if backorder and rest > 0:
            env.put("stock.move", move, product_uom_qty=quantity)
        reserve.set_quantity(env, move, quantity)
        reserve.do_move(env, move)
    for order in workorders_of(env, production):
        if env.row("mrp.workorder", order)["state"] not in CLOSED:
            finish_workorder(env, order, quantity)
    values: Row = {
        "state": "done",
        "reservation_state": False,
        "date_finished": env.now,
        "qty_producing": quantity,
        "is_locked": True,
    }
    made = 0
    if backorder and rest > 0:
        name, number = _split_name(row)
        values |= {"product_qty": quantity, "name": f"{name}-{number:03d}"}
        values["backorder_sequence"] = number
        env.put(MODEL, production, **values)
        made = _backorder(env, production, rest, f"{name}-{number + 1:03d}", number + 1)
    else:
        env.put(MODEL, production, **values)
    return made


def _consume(
    env: Env, production: int, move: int, quantity: float, *, whole: bool, keep: bool
) -> None:
    """As planned if nothing was begun or work orders count; else what was picked, or nothing."""
    row = env.row("stock.move", move)
    wanted = _needed(env, production, row, quantity)
    if whole or (not row.get("picked") and workorders_of(env, production)):
        reserve.set_quantity(env, move, wanted)
    elif not row.get("picked"):
        reserve.cancel_move(env, move)
        return
    if keep:
        env.put("stock.move", move, product_uom_qty=wanted)
    if env.row("stock.move", move).get("quantity"):
        reserve.do_move(env, move)
    else:
        reserve.cancel_move(env, move)


def _split_name(row: Row) -> tuple[str, int]:
    """WH/MO/00012 becomes -001 and -002; a backorder's backorder counts on."""
    name, _, number = str(row["name"]).partition("-")
    return name, int(number) if number else 1


def _backorder(env: Env, production: int, quantity: float, name: str, number: int) -> int:
    row = env.row(MODEL, production)
    kept = ("product_id", "bom_id", "origin", "date_deadline", "picking_type_id", "priority")
    made = orm.create_one(
        env,
        MODEL,
        {
            **{k: row[k] for k in kept if row.get(k)},
            "product_qty": quantity,
            "date_start": max(str(row["date_start"]), env.now),
            "name": name,
            "backorder_sequence": number,
        },
    )
    env.registry.behaviour(MODEL).rpc_action_confirm(env, [made])  # type: ignore[attr-defined]
    reserve.assign_moves(env, raw_of(env, made))
    refresh_production(env, made)
    return made


def _marking(env: Env, ids: list[int], **more: Any) -> Any:
    """Go on with button_mark_done under a context that answers the question."""
    kept = env.context
    env.context = {**kept, **more}
    try:
        return mark_done(env, ids)
    finally:
        env.context = kept


class ConsumptionWarning(Behaviour):
    model = "mrp.consumption.warning"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"mrp_production_ids": []}

    def rpc_action_confirm(self, env: Env, ids: list[int]) -> Any:
        asked = env.row(self.model, ids[0]).get("mrp_production_ids", [])
        return _marking(env, list(asked), skip_consumption=True)


class ConsumptionLine(Behaviour):
    model = "mrp.consumption.warning.line"


class BackorderQuestion(Behaviour):
    model = "mrp.production.backorder"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"mrp_production_ids": []}

    def _asked(self, env: Env, wizard: int) -> tuple[list[int], list[int]]:
        lines = env.where("mrp.production.backorder.line", "mrp_production_backorder_id", wizard)
        rows = [env.row("mrp.production.backorder.line", n) for n in lines]
        keep = [r["mrp_production_id"] for r in rows if r.get("to_backorder")]
        return list(env.row(self.model, wizard).get("mrp_production_ids", [])), keep

    def rpc_action_backorder(self, env: Env, ids: list[int]) -> Any:
        asked, keep = self._asked(env, ids[0])
        return _marking(env, asked, skip_backorder=True, mo_ids_to_backorder=keep)

    def rpc_action_close_mo(self, env: Env, ids: list[int]) -> Any:
        asked, _ = self._asked(env, ids[0])
        return _marking(env, asked, skip_backorder=True, mo_ids_to_backorder=[])


class BackorderLine(Behaviour):
    model = "mrp.production.backorder.line"
