"""Failures on demand, and the record of calls."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from .errors import AccessDenied, AccessError, SerializationFailure

KINDS = (
    "timeout",
    "access_denied",
    "serialization",
    "access_error",
    "http_502",
    "slow",
    "drop_after_commit",
)
KEPT_CALLS = 500


@dataclass
class Fault:
    """One planned failure. model and method "" match all; delay_s is waited before it strikes."""

    kind: str
    model: str
    method: str
    times: int
    delay_s: float


class BadGateway(Exception):
    """Answer 502 as a proxy would, before anything was done."""


class DropConnection(Exception):
    """Close the connection without an answer."""


class Faults:
    """Planned failures in order; each is used up after its number of times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plan: list[Fault] = []
        self._calls: deque[dict[str, Any]] = deque(maxlen=KEPT_CALLS)
        self._counts: Counter[str] = Counter()

    def plan(self, entries: list[dict[str, Any]]) -> int:
        """Replace the plan. Raises ValueError for an unknown fault."""
        plan = []
        for entry in entries:
            if entry.get("fault") not in KINDS:
                raise ValueError(f"fault must be one of {', '.join(KINDS)}")
            match = entry.get("match") or {}
            plan.append(
                Fault(
                    entry["fault"],
                    match.get("model", ""),
                    match.get("method", ""),
                    int(entry.get("times", 1)),
                    float(entry.get("delay_s", 0.0)),
                )
            )
        with self._lock:
            self._plan = plan
        return len(plan)

    def pending(self) -> list[dict[str, Any]]:
        with self._lock:
            return [vars(f) for f in self._plan]

    def take(self, model: str, method: str) -> Fault | None:
        """The next failure for this call, if one is planned."""
        with self._lock:
            for fault in self._plan:
                if fault.model in ("", model) and fault.method in ("", method):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._plan.remove(fault)
                    return fault
        return None

    def record(self, model: str, method: str, uid: Any, args: Any, outcome: str) -> None:
        """Remember one call; outcome is "ok", the name of the error or of the fault."""
        with self._lock:
            self._counts[f"{model}.{method}"] += 1
            self._calls.append(
                {
                    "at": time.time(),
                    "model": model,
                    "method": method,
                    "uid": uid,
                    "args": repr(args)[:300],
                    "outcome": outcome,
                }
            )

    def calls(self, last: int = 100) -> dict[str, Any]:
        with self._lock:
            return {"counts": dict(self._counts), "calls": list(self._calls)[-last:]}

    def forget_calls(self) -> None:
        with self._lock:
            self._calls.clear()
            self._counts.clear()


def strike_before(fault: Fault | None) -> None:
    """What happens before the call is carried out."""
    if fault is None:
        return
    if fault.kind == "http_502":
        raise BadGateway
    if fault.kind == "timeout":
        time.sleep(fault.delay_s or 60.0)
        raise DropConnection
    if fault.delay_s:
        time.sleep(fault.delay_s)
    if fault.kind == "access_denied":
        raise AccessDenied
    if fault.kind == "serialization":
        raise SerializationFailure
    if fault.kind == "access_error":
        raise AccessError(
            "The requested operation cannot be completed due to security restrictions. "
            "Please contact your system administrator."
        )


def strike_after(fault: Fault | None) -> None:
    """What happens after its effect is stored."""
    if fault is not None and fault.kind == "drop_after_commit":
        raise DropConnection
