"""What becomes of a command, stored with its attempt, told to the journal and to the room that decided it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.approvals.models import Hold
from apps.approvals.services import record_effect
from apps.exceptions.services import Evidence, open_case
from apps.integrations.models import Command, CommandAttempt
from apps.integrations.models.commands import CommandState
from apps.integrations.odoo import outage
from apps.integrations.odoo.commands import tell
from apps.integrations.odoo.compare import in_words
from apps.integrations.odoo.errors import OdooError

_APPLIED_SAYS = {
    "hold_invoice": "Held in Odoo.",
    "release_invoice": "Released in Odoo.",
    "note": "Noted in Odoo.",
}


class Overtaken(Exception):
    """Somebody moved the command on since it was read: what was meant to happen next must not."""


@transaction.atomic
def move(
    command: Command,
    state: CommandState,
    says: str,
    *,
    outcome: str,
    took_ms: int | None = None,
    **more: Any,
) -> datetime:
    """Store a step with its attempt and append it to the journal; returns when.

    Raises Overtaken unless the command still is as it was read: a person may take it back while Odoo is asked.
    """
    now, seen = timezone.now(), command.version
    step = {"state": state, "says": says[:500], "version": seen + 1, **more}
    if not Command.objects.filter(pk=command.pk, version=seen).update(**step):
        raise Overtaken(f"{command.public_id} is no longer at version {seen}")
    for name, value in step.items():
        setattr(command, name, value)
    CommandAttempt.objects.create(
        command=command, at=now, outcome=outcome, says=says, took_ms=took_ms
    )
    tell(command)
    return now


@transaction.atomic
def sending(command: Command, before: dict[str, Any]) -> None:
    """Committed before the call leaves."""
    now = move(
        command,
        CommandState.SENDING,
        "Sending to Odoo.",
        outcome="sending",
        sending_since=timezone.now(),
        attempts=F("attempts") + 1,
        read_back={"before": before},
        next_attempt_at=None,
    )
    command.refresh_from_db(fields=["attempts"])
    _effect(command, "sending", command.says, now)


def later(command: Command, error: OdooError) -> None:
    """Odoo did not take it: it stays in its place, before all later ones of the same record."""
    state = CommandState.UNSURE if command.state == CommandState.UNSURE else CommandState.WAITING
    failures = command.tries.filter(outcome="away").count() + 1
    with transaction.atomic():
        now = move(
            command,
            state,
            error.says,
            outcome="away",
            next_attempt_at=timezone.now() + outage.rest(failures),
        )
        if state == CommandState.WAITING:
            _effect(command, "waiting", error.says, now)


@transaction.atomic
def applied(
    command: Command, after: dict[str, Any], differs: list[dict[str, Any]], took_ms: int | None
) -> None:
    """The key is in Odoo, and with it the effect. What was read back is kept; a difference opens a case."""
    says = _APPLIED_SAYS.get(command.kind, "Applied in Odoo.")
    if differs:
        says = f"{says} Read back: {in_words(differs)}"
    now = move(
        command,
        CommandState.APPLIED,
        says,
        outcome="applied",
        took_ms=took_ms,
        applied_at=timezone.now(),
        changed=differs,
        read_back={**command.read_back, "after": after},
        next_attempt_at=None,
    )
    _effect(command, "applied", says, now)
    if differs:
        _open(command, f"{command.record_name} is not as it was written", says)


@transaction.atomic
def refused(
    command: Command, says: str, changed: list[dict[str, Any]], *, still_held: bool | None = None
) -> None:
    """It will not be done: the facts changed, or Odoo said no. A person looks."""
    now = move(
        command,
        CommandState.REFUSED,
        says,
        outcome="refused",
        changed=changed,
        next_attempt_at=None,
    )
    _effect(command, "refused", says, now, still_held=still_held)
    _open(command, f"Not done in Odoo: {command.intent}", says)


@transaction.atomic
def parked(command: Command, says: str) -> None:
    """A person must mend something first; then `commands.send_again`."""
    now = move(command, CommandState.PARKED, says, outcome="parked", next_attempt_at=None)
    _effect(command, "parked", says, now)
    _open(command, f"Waiting for a person: {command.intent}", says)


def stumbled(command: Command, error: Exception) -> None:
    """An error of ours and not of Odoo's: the command steps aside, so that it stops no other one.

    One that may have left is looked for in Odoo first, like after a timeout; any other waits for a person.
    """
    says = f"The tower could not go on: {type(error).__name__}: {error}"
    if command.state in (CommandState.SENDING, CommandState.UNSURE):
        rest = outage.rest(command.tries.filter(outcome="stumbled").count() + 1)
        at = timezone.now() + rest
        move(command, CommandState.UNSURE, says, outcome="stumbled", next_attempt_at=at)
    else:
        parked(command, says)


@transaction.atomic
def shadowed(command: Command, before: dict[str, Any], changed: list[dict[str, Any]]) -> None:
    """Compared, never sent: what it would have changed stands on the command."""
    would = "; ".join(
        f"{name} {before.get(name)} → {value}" for name, value in command.values.items()
    )
    fate = (
        f"It would have been refused. {in_words(changed)}"
        if changed
        else f"It would have written {would or 'a note'}."
    )
    says = f"Shadow: nothing was sent. {fate}"
    now = move(
        command,
        CommandState.SHADOWED,
        says,
        outcome="shadowed",
        read_back={"before": before},
        changed=changed,
        mode="shadow",
        next_attempt_at=None,
    )
    _effect(command, "none", says, now)


def _effect(
    command: Command, effect: str, says: str, at: datetime, *, still_held: bool | None = None
) -> None:
    """Tell the room that decided. A hold that is no longer placed speaks through its release's command."""
    if command.kind == "note":
        return  # the action itself is the partner's to answer; the note is only its trace in Odoo
    if (
        command.kind != "hold_invoice"
        or Hold.objects.filter(public_id=command.cause, state="placed").exists()
    ):
        record_effect(command.cause, effect, says, at, still_held=still_held)


def _open(command: Command, title: str, says: str) -> None:
    now = timezone.now()
    hold = (
        Hold.objects.select_related("order", "shipment")
        .filter(record_odoo_id=command.record_odoo_id, model=command.model)
        .order_by("-id")
        .first()
    )
    open_case(
        "write_back_refused",
        f"command:{command.public_id}",
        title=title[:200],
        subject=command.public_id,
        order=hold.order if hold else None,
        shipment=hold.shipment if hold else None,
        evidence=[Evidence("command", command.public_id, says[:300], now)],
        now=now,
    )
