"""What a production takes over from its moves and work orders: states, dates, quantities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..store import Row

if TYPE_CHECKING:
    from ..env import Env

MODEL = "mrp.production"
CLOSED = ("done", "cancel")


def raw_of(env: Env, production: int) -> list[int]:
    return env.where("stock.move", "raw_material_production_id", production)


def finished_of(env: Env, production: int) -> list[int]:
    return env.where("stock.move", "production_id", production)


def workorders_of(env: Env, production: int) -> list[int]:
    return env.where("mrp.workorder", "production_id", production)


def later(moment: str, minutes: float) -> str:
    """A stored moment so many minutes later."""
    start = datetime.fromisoformat(moment[:19]).replace(tzinfo=UTC)
    return (start + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")


def minutes_of(env: Env, production: int) -> float:
    """Expected duration: that of the work orders, an hour without any."""
    orders = workorders_of(env, production)
    total = sum(float(env.row("mrp.workorder", w)["duration_expected"]) for w in orders)
    return total or 60.0


def reservation(env: Env, production: int) -> str | bool:
    row = env.row(MODEL, production)
    if row["state"] in ("draft", *CLOSED):
        return False
    states = {env.row("stock.move", m)["state"] for m in raw_of(env, production)} - set(CLOSED)
    if not states or states == {"assigned"}:
        return "assigned"
    return "waiting" if states == {"waiting"} else "confirmed"


def state_of(env: Env, production: int) -> str:
    """The state Odoo computes from what was begun and finished."""
    row = env.row(MODEL, production)
    if row["state"] in ("draft", *CLOSED):
        return str(row["state"])
    orders = [env.row("mrp.workorder", w)["state"] for w in workorders_of(env, production)]
    begun = float(row.get("qty_producing", 0.0))
    raw = [env.row("stock.move", m) for m in raw_of(env, production)]
    if begun >= float(row["product_qty"]) and all(s in CLOSED for s in orders):
        return "to_close"
    if begun or "progress" in orders or "done" in orders or any(r.get("picked") for r in raw):
        return "progress"
    return "confirmed"


def refresh_production(env: Env, production: int) -> None:
    """Store the computed states of a production and of its work orders."""
    values: Row = {"state": state_of(env, production)}
    env.compute(MODEL, production, **values)
    env.compute(MODEL, production, reservation_state=reservation(env, production))
    _refresh_workorders(env, production)


def _refresh_workorders(env: Env, production: int) -> None:
    """The first open work order waits for components or is ready, the next ones wait for it."""
    row = env.row(MODEL, production)
    ready = row.get("reservation_state") == "assigned"
    earlier = False
    for order in workorders_of(env, production):
        state = env.row("mrp.workorder", order)["state"]
        if state in ("done", "cancel"):
            continue
        if state != "progress" and row["state"] not in ("draft", *CLOSED):
            # 19.0 does not look at the components here
            waiting = "ready" if env.dialect.is_19 else "waiting"
            after = "blocked" if env.dialect.is_19 else "pending"
            wanted = after if earlier else "ready" if ready else waiting
            env.compute("mrp.workorder", order, state=wanted)
        earlier = True
