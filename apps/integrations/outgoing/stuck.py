"""Agents that do not do their work, as owned cases: one that no longer asks, and work that was given up.

Also what became of a label that somebody asked to have made again, since an agent does that work.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from django.utils import timezone

from apps.exceptions.models import ActionRun, CaseEvidence
from apps.exceptions.services import Evidence, clear_case, open_case, record_run
from apps.integrations.models.outgoing import Delivery, DeliveryState, Subscription

_CASE: Final = "agent_stuck"
ASKS: Final = "action.requested"
LABEL: Final = "retry_label"


def silence_of(row: Subscription) -> str:
    """What tells the case of this agent's silence from all others."""
    return f"{_CASE}:{row.public_id}"


def _work_of(row: Subscription) -> str:
    return f"{_CASE}:{row.public_id}:work"


def silent(row: Subscription, now: datetime) -> None:
    """The agent has not asked for longer than its own cadence allows."""
    _open(
        row,
        silence_of(row),
        f"{row.name} does not ask for its work"[:200],
        f"It asks every {row.ask_every_s} s, and did so last, with an answer, on {row.asked_at:%Y-%m-%d %H:%M} UTC. "
        "Its work waits for it.",
        # Another silence is another piece of evidence: somebody may have closed the case of the last one.
        Evidence(
            "subscription", f"{row.public_id} {row.asked_at:%Y-%m-%dT%H:%M:%S}", "Nobody asks", now
        ),
        now,
    )


def heard(row: Subscription, says: str) -> None:
    """It asks again, or nobody expects it to."""
    clear_case(silence_of(row), says=says, now=timezone.now())


def given_up(delivery: Delivery, row: Subscription, says: str, now: datetime) -> None:
    """A piece of work became a dead letter; all of one agent are one case."""
    tries = f"{delivery.kind}, given up after {delivery.attempts} tries: {says}"
    _open(
        row,
        _work_of(row),
        f"{row.name} could not do its work"[:200],
        f"Given up after three days of tries. The last: {says}",
        Evidence("delivery", delivery.public_id, tries, now),
        now,
    )
    not_done(delivery, f"{row.name} could not do it: {says}")


def done(delivery: Delivery, says: str, now: datetime) -> None:
    """A piece of work is done, perhaps after it had been given up; the case ends with the last that it names."""
    row = delivery.subscription
    case = CaseEvidence.objects.filter(case__dedupe=_work_of(row), kind="delivery")
    named = list(case.exclude(case__state="resolved").values_list("ref", flat=True))
    dead = row.deliveries.filter(state=DeliveryState.DEAD, public_id__in=named)
    if named and not dead.exists():
        clear_case(_work_of(row), says="It was done after all.", now=now)
    _label(delivery, "done", f"{row.name} did it. {says}".strip())


def not_done(delivery: Delivery, says: str) -> None:
    """Nobody will do it: whoever waits for a label is told."""
    _label(delivery, "failed", says)


def removed(row: Subscription) -> None:
    """Nobody waits for this agent any more."""
    if not row.fetched:
        return
    now, says = timezone.now(), "The subscription was removed."
    for dedupe in (silence_of(row), _work_of(row)):
        clear_case(dedupe, says=says, now=now)
    for delivery in row.deliveries.filter(state=DeliveryState.WAITING, kind=ASKS):
        not_done(delivery, f"{row.name} was removed before it did it. Ask another way.")


def _open(
    row: Subscription, dedupe: str, title: str, says: str, why: Evidence, now: datetime
) -> None:
    companies = list(row.companies.values_list("pk", flat=True)[:2])
    open_case(
        _CASE,
        dedupe,
        title=title,
        says=says,
        subject=row.public_id,
        evidence=[why],
        company_id=companies[0] if len(companies) == 1 else None,
        now=now,
    )


def _label(delivery: Delivery, state: str, says: str) -> None:
    """Tell the case whose label was asked for; it closes when the label is reported as issued."""
    if delivery.kind != ASKS or not delivery.subscription.fetched:
        return
    change = json.loads(delivery.body)["data"].get("change", {})
    run = str(change.get("run", ""))
    known = change.get("action") == LABEL and ActionRun.objects.filter(public_id=run).exists()
    if known:
        record_run(run, state, says)
