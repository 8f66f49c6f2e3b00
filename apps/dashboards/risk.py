"""What is wrong with an order, at a glance: a tone and one sentence. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_SOON = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Risk:
    """tone: act, risk, wait, done or empty."""

    tone: str
    says: str


def risk_of(
    *, stage: str, before_delivery: bool, promise_at: datetime | None, eta_at: datetime | None,
    troubles: Sequence[Any], held: Sequence[dict[str, Any]], now: datetime,
) -> Risk:  # fmt: skip
    """The worst thing first: a case, a passed promise, an ETA behind it, a hold; else nothing."""
    if troubles:
        worst = troubles[0]
        waiting = worst.state == "waiting"
        return Risk("wait" if waiting else "act" if worst.priority == 1 else "risk", worst.title)
    if before_delivery and promise_at and promise_at < now:
        return Risk("act", "The promise has passed")
    if before_delivery and promise_at and eta_at and eta_at > promise_at:
        return Risk("risk", "Expected after the promise")
    if held:
        return Risk("risk", str(held[0].get("says", "Held")))
    if (
        before_delivery
        and promise_at
        and promise_at - now < _SOON
        and stage not in ("out_for_delivery", "in_transit")
    ):
        return Risk("risk", "Due soon and not on its way")
    return Risk("", "")
