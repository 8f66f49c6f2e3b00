"""A worker that carries commands until it is killed. Its parent says on the command line where it stops to wait for that.

python -m tests.integrations.odoo.doomed_sender '{"database": …, "odoo": {…}, "dies": "before_the_call"}'
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

STEPS = (
    "before_it_is_sending",
    "before_the_call",
    "during_the_call",
    "after_the_call",
    "in_the_look",
    "while_it_is_stored",
)


def _wait_for_death(*_: Any, **__: Any) -> Any:
    print("here", flush=True)
    time.sleep(60)
    raise SystemExit("nobody killed this process")


def _tell_and_go_on(*_: Any, **__: Any) -> None:
    print("here", flush=True)


def _first(meets: Callable[..., Any], work: Callable[..., Any]) -> Callable[..., Any]:
    """A call of Odoo's that writes meets this first; all others go on."""

    def call(*given: Any, **named: Any) -> Any:
        if named.get("writes"):
            meets()
        return work(*given, **named)

    return call


def main(told: dict[str, Any]) -> None:
    """As a process of its own."""
    import django

    django.setup()
    work(told)


def work(told: dict[str, Any]) -> None:
    """Run the drain with one of its steps replaced by the wait for SIGKILL. Nothing was connected before."""
    from django.conf import settings
    from django.db import connections

    connections.settings["default"]["NAME"] = told["database"]
    settings.ODOO, settings.WAKE_UPS = told["odoo"], False
    from apps.integrations.odoo.command import fates, sending, writing
    from apps.integrations.odoo.line.client import Client

    if told["dies"] == "at_random":
        print("here", flush=True)
        while True:
            sending.drain(parallel=2)
            time.sleep(0.05)

    where: dict[str, tuple[Any, str, Callable[..., Any]]] = {
        "before_it_is_sending": (fates, "sending", _wait_for_death),
        "before_the_call": (Client, "call", _first(_wait_for_death, Client.call)),
        "during_the_call": (Client, "call", _first(_tell_and_go_on, Client.call)),
        "after_the_call": (sending, "_applied", _wait_for_death),
        "in_the_look": (writing, "find", _wait_for_death),
        "while_it_is_stored": (fates, "applied", _wait_for_death),
    }
    setattr(*where[told["dies"]])
    sending.drain(parallel=1)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
