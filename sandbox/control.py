"""The control routes under /sandbox/: failures on demand, the calls seen, late commits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .env import Env, utc_text
from .errors import OdooError
from .orm import write_rows
from .rights import ROOT

if TYPE_CHECKING:
    from .server import Server


def get(server: Server, path: str, query: dict[str, str]) -> tuple[int, Any]:
    """Status and JSON answer of a GET."""
    if path == "/sandbox/calls":
        return 200, server.faults.calls(int(query.get("last", "100")))
    if path == "/sandbox/faults":
        return 200, server.faults.pending()
    return 404, {"error": "unknown control route"}


def post(server: Server, path: str, body: bytes) -> tuple[int, Any]:
    """Status and JSON answer of a POST."""
    try:
        told = json.loads(body or b"[]")
        if path == "/sandbox/faults":
            return 200, {"planned": server.faults.plan(told)}
        if path == "/sandbox/calls/forget":
            server.faults.forget_calls()
            return 200, {"forgotten": True}
        if path == "/sandbox/commit_late":
            return 200, commit_late(server, told)
    except (ValueError, KeyError, TypeError, OdooError) as error:
        return 400, {"error": str(error)}
    return 404, {"error": "unknown control route"}


def commit_late(server: Server, told: dict[str, Any]) -> dict[str, Any]:
    """Write records as a transaction that started seconds ago: {model, ids, values, seconds}.

    The rows become visible now with a write_date in the past.
    """
    moment = datetime.now(UTC) - timedelta(seconds=float(told.get("seconds", 60)))
    with server.registry.store.write_lock:
        env = Env(server.registry, ROOT, {}, utc_text(moment))
        write_rows(env, told["model"], list(told["ids"]), dict(told.get("values") or {}))
        server.registry.store.commit(env.changes)
    return {"write_date": env.stamp}
