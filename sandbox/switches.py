"""What a test switches on a running sandbox: the clock, backups, lost webhooks, late commits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .env import Env, utc_text
from .orm import create_one, write_rows
from .rights import ROOT

if TYPE_CHECKING:
    from .server import Server

Told = dict[str, Any]


def commit_late(server: Server, told: Told) -> Told:
    """Write records as a transaction that started seconds ago: {model, ids, values, seconds}.

    The rows become visible now with a write_date in the past. Without ids a record is made. With
    wait_s the answer comes at once and the rows appear after that time, dated when they were asked for.
    """
    registry = server.registry
    stamp = utc_text(registry.now() - timedelta(seconds=float(told.get("seconds", 60))))
    values, ids = dict(told.get("values") or {}), list(told.get("ids") or [])

    def carry_out() -> list[int]:
        with registry.store.write_lock:
            env = Env(registry, ROOT, {}, stamp)
            if ids:
                write_rows(env, told["model"], ids, values)
            made = ids or [create_one(env, told["model"], values)]
            registry.store.commit(env.changes)
        for action in env.after_commit:
            action()
        return made

    wait_s = float(told.get("wait_s", 0))
    if not wait_s:
        return {"write_date": stamp, "ids": carry_out()}

    def later() -> None:
        time.sleep(wait_s)
        carry_out()

    threading.Thread(target=later, daemon=True).start()
    return {"write_date": stamp, "ids": ids}


def clock(server: Server, told: Told) -> Told:
    """Set the clock: {offset_s} seconds away from the true time, backwards when negative."""
    server.registry.clock_offset = timedelta(seconds=float(told.get("offset_s", 0)))
    return {"now": utc_text(server.registry.now())}


def snapshot(server: Server, told: Told) -> Told:
    """Keep the state of now as a backup. Answers its number."""
    return {"snapshot": server.registry.store.snapshot()}


def restore(server: Server, told: Told) -> Told:
    """Go back to a backup {snapshot}: records, ids and write_dates are as they were."""
    server.registry.store.restore(int(told["snapshot"]))
    return {"restored": int(told["snapshot"])}


def webhooks(server: Server, told: Told) -> Told:
    """Lose every outgoing webhook: {drop}. Answers how many were sent and lost so far."""
    deliveries = server.registry.deliveries
    if "drop" in told:
        deliveries.drop = bool(told["drop"])
    return deliveries.told()


def delete(server: Server, told: Told) -> Told:
    """Records gone without a trace, whatever their state: {model, ids}. No rule fires."""
    registry = server.registry
    with registry.store.write_lock:
        env = Env(registry, ROOT, {})
        for row_id in told["ids"]:
            env.delete(told["model"], int(row_id))
        registry.store.commit(env.changes)
    return {"deleted": len(told["ids"])}


def drift(server: Server, told: Told) -> Told:
    """Change stored values behind the ORM: {model, ids, values}; no write_date, no rule."""
    registry = server.registry
    with registry.store.write_lock:
        env = Env(registry, ROOT, {})
        for row_id in told["ids"]:
            env.touch_silently(told["model"], int(row_id), **dict(told["values"]))
        registry.store.commit(env.changes)
    return {"changed": len(told["ids"])}


def api_key(server: Server, told: Told) -> Told:
    """Let the API key of the service user run out, or make it good again: {expired}."""
    expired = bool(told.get("expired", True))
    server.registry.store.set_meta("api_key_expired", "1" if expired else "")
    return {"expired": expired}


SWITCHES: dict[str, Callable[[Server, Told], Told]] = {
    "/sandbox/commit_late": commit_late,
    "/sandbox/clock": clock,
    "/sandbox/snapshot": snapshot,
    "/sandbox/restore": restore,
    "/sandbox/webhooks": webhooks,
    "/sandbox/delete": delete,
    "/sandbox/drift": drift,
    "/sandbox/api_key": api_key,
}
