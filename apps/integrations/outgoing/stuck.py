"""Agents that do not do their work, as owned cases: one that no longer asks, and work that was given up.

Also what became of a label that somebody asked to have made again, since an agent does that work.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from django.utils import timezone

from apps.exceptions.models import ActionRun
from apps.exceptions.services import Evidence, clear_case, open_case, record_run
from apps.integrations.models.outgoing import Delivery, DeliveryState, Subscription

_CASE: Final = "agent_stuck"
ASKS: Final = "action.requested"
LABEL: Final = "retry_label"


def silence_of(row: Subscription) -> str:
    """What tells the case of this agent's silence from all others."""
    return f"{_CASE}:{row.public_id}"


def _given_up(delivery_id: str) -> str:
    return f"{_CASE}:{delivery_id}"


def silent(row: Subscription, now: datetime) -> None:
    """The agent has not asked for longer than its own cadence allows."""
    heard = f"last on {row.asked_at:%Y-%m-%d at %H:%M} UTC" if row.asked_at else "not once so far"
    _open(
        row,
        silence_of(row),
        f"{row.name} does not ask for its work"[:200],
        f"It asks every {row.ask_every_s} s, and did {heard}. Its work waits for it.",
        now,
    )


def heard(row: Subscription, says: str) -> None:
    """It asks again, or nobody expects it to."""
    clear_case(silence_of(row), says=says, now=timezone.now())


def given_up(delivery: Delivery, row: Subscription, says: str, now: datetime) -> None:
    """A piece of work became a dead letter."""
    _open(
        row,
        _given_up(delivery.public_id),
        f"{row.name} could not do {delivery.kind}"[:200],
        f"Given up after {delivery.attempts} tries in three days. {says}",
        now,
    )
    _label(delivery, "failed", f"{row.name} could not do it: {says}")


def done(delivery: Delivery, says: str, now: datetime) -> None:
    """A piece of work is done, perhaps after it had been given up."""
    clear_case(_given_up(delivery.public_id), says="It was done after all.", now=now)
    _label(delivery, "done", f"{delivery.subscription.name} did it. {says}".strip())


def removed(row: Subscription) -> None:
    """Nobody waits for this agent any more."""
    if not row.fetched:
        return
    now, says = timezone.now(), "The subscription was removed."
    clear_case(silence_of(row), says=says, now=now)
    dead = row.deliveries.filter(state=DeliveryState.DEAD)
    for public_id in dead.values_list("public_id", flat=True):
        clear_case(_given_up(public_id), says=says, now=now)


def _open(row: Subscription, dedupe: str, title: str, says: str, now: datetime) -> None:
    companies = list(row.companies.values_list("pk", flat=True)[:2])
    open_case(
        _CASE,
        dedupe,
        title=title,
        says=says,
        subject=row.public_id,
        evidence=[Evidence("subscription", row.public_id, says, now)],
        company_id=companies[0] if len(companies) == 1 else None,
        now=now,
    )


def _label(delivery: Delivery, state: str, says: str) -> None:
    """Tell the case whose label was asked for; it closes when the label is reported as issued."""
    if delivery.kind != ASKS:
        return
    change = json.loads(delivery.body)["data"].get("change", {})
    run = str(change.get("run", ""))
    known = change.get("action") == LABEL and ActionRun.objects.filter(public_id=run).exists()
    if known:
        record_run(run, state, says)
