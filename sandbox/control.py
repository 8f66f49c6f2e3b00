"""The control routes under /sandbox/: failures on demand, the calls seen, and the switches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .errors import OdooError
from .switches import SWITCHES

if TYPE_CHECKING:
    from .server import Server


def get(server: Server, path: str, query: dict[str, str]) -> tuple[int, Any]:
    """Status and JSON answer of a GET."""
    if path == "/sandbox/calls":
        return 200, server.faults.calls(int(query.get("last", "100")))
    if path == "/sandbox/faults":
        return 200, server.faults.pending()
    if path == "/sandbox/webhooks":
        return 200, server.registry.deliveries.told()
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
        if path in SWITCHES:
            return 200, SWITCHES[path](server, dict(told or {}))
    except (ValueError, KeyError, TypeError, OdooError) as error:
        return 400, {"error": str(error)}
    return 404, {"error": "unknown control route"}
