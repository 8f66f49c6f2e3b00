"""Work centres and the work orders of productions: started, finished, moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..behaviour import NO_RESULT, Behaviour
from ..errors import UserError
from ..store import Row
from . import reserve
from .mail import Thread
from .production_state import CLOSED, MODEL, later, raw_of, refresh_production, workorders_of

if TYPE_CHECKING:
    from ..env import Env


class Workcenter(Thread):
    model = "mrp.workcenter"

    def defaults(self, env: Env, values: Row) -> Row:
        return {
            "active": True,
            "company_id": env.company,
            "time_efficiency": 100.0,
            "sequence": 1,
            "default_capacity": 1.0,
        }


class Operation(Behaviour):
    model = "mrp.routing.workcenter"

    def defaults(self, env: Env, values: Row) -> Row:
        return {
            "active": True,
            "time_mode": "manual",
            "time_cycle_manual": 60.0,
            "sequence": 100,
            "company_id": env.company,
        }


class Workorder(Behaviour):
    model = "mrp.workorder"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        return f"{env.row(MODEL, row['production_id'])['name']} - {row['name']}"

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        if not {"date_start", "date_finished"} & set(values):
            return
        for i in ids:
            row = env.row(self.model, i)
            if row.get("date_start") and "date_finished" not in values:
                end = later(row["date_start"], float(row["duration_expected"]))
                env.put(self.model, i, date_finished=end)
            _span(env, row["production_id"])

    def rpc_button_start(self, env: Env, ids: list[int], **_: Any) -> Any:
        """The production is under way from now, its components count as picked."""
        for i in ids:
            row = env.row(self.model, i)
            if row["state"] in CLOSED:
                continue
            production = row["production_id"]
            made = env.row(MODEL, production)
            quantity = float(made.get("qty_producing") or made["product_qty"])
            env.put(self.model, i, state="progress", date_start=env.now)
            env.compute(MODEL, production, qty_producing=quantity)
            for order in workorders_of(env, production):
                env.compute(self.model, order, qty_producing=quantity)
            for move in raw_of(env, production):
                if env.row("stock.move", move).get("quantity"):
                    env.compute("stock.move", move, picked=True)
                    for line in reserve.lines_of(env, move):
                        env.compute("stock.move.line", line, picked=True)
            _span(env, production)
            refresh_production(env, production)
        return NO_RESULT

    def rpc_button_finish(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            row = env.row(self.model, i)
            if row["state"] in CLOSED:
                continue
            production = row["production_id"]
            finish_workorder(env, i, float(env.row(MODEL, production)["product_qty"]))
            _span(env, production)
            refresh_production(env, production)
        return True

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        if any(env.row(self.model, i)["state"] == "done" for i in ids):
            raise UserError("You cannot delete a work order that is done.")

    def compute_duration(self, env: Env, row_id: int, row: Row) -> float:
        return float(row.get("duration", 0.0))

    def compute_production_state(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row(MODEL, row["production_id"])["state"]

    def compute_product_id(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row(MODEL, row["production_id"])["product_id"]

    def compute_qty_production(self, env: Env, row_id: int, row: Row) -> float:
        return float(env.row(MODEL, row["production_id"])["product_qty"])

    def compute_qty_remaining(self, env: Env, row_id: int, row: Row) -> float:
        left = self.compute_qty_production(env, row_id, row) - float(row.get("qty_produced", 0.0))
        return max(left, 0.0)

    def compute_company_id(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row(MODEL, row["production_id"])["company_id"]

    def compute_is_planned(self, env: Env, row_id: int, row: Row) -> bool:
        return bool(env.row(MODEL, row["production_id"]).get("is_planned"))


def minutes_for(env: Env, order: int, quantity: float) -> float:
    """Expected minutes of a work order for so many products."""
    operation = env.row("mrp.workorder", order).get("operation_id")
    if not operation:
        return float(env.row("mrp.workorder", order).get("duration_expected", 0.0))
    return float(env.row("mrp.routing.workcenter", operation)["time_cycle_manual"]) * quantity


def insert_workorder(env: Env, production: int, operation: int, quantity: float) -> int:
    """A work order for one operation of the bill of materials, not planned yet."""
    row = env.row("mrp.routing.workcenter", operation)
    return env.insert(
        "mrp.workorder",
        {
            "name": row["name"],
            "production_id": production,
            "operation_id": operation,
            "workcenter_id": row["workcenter_id"],
            "sequence": 0,
            "state": "ready" if env.dialect.is_19 else "waiting",
            "duration_expected": float(row["time_cycle_manual"]) * quantity,
            "duration": 0.0,
            "date_start": False,
            "date_finished": False,
        },
    )


def finish_workorder(env: Env, order: int, quantity: float) -> None:
    """Done now, with the quantity it was for."""
    row = env.row("mrp.workorder", order)
    env.put(
        "mrp.workorder",
        order,
        state="done",
        date_start=row.get("date_start") or env.now,
        date_finished=env.now,
        qty_produced=quantity,
        qty_producing=quantity,
        duration=float(row.get("duration") or row["duration_expected"]),
    )


def _span(env: Env, production: int) -> None:
    """The production takes from the start of its first work order to the end of its last."""
    rows = [env.row("mrp.workorder", w) for w in workorders_of(env, production)]
    starts = [r["date_start"] for r in rows if r.get("date_start")]
    if not starts:
        return
    start = min(starts)
    left = sum(float(r["duration_expected"]) for r in rows if not r.get("date_finished"))
    ends = [r["date_finished"] for r in rows if r.get("date_finished")]
    end = later(max(ends, default=start), left)
    env.put(MODEL, production, is_planned=True, date_start=start, date_finished=end)
