"""What becomes of a command, stored with its attempt, told to the journal and to the room that decided it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.approvals.models import Hold
from apps.approvals.services import record_effect
from apps.exceptions.services import clear_case
from apps.integrations.models import Command, CommandAttempt
from apps.integrations.models.commands import CommandState, Reason
from apps.integrations.odoo.command import periods, wording
from apps.integrations.odoo.command.cases import case_key, open_for
from apps.integrations.odoo.command.kinds import KINDS
from apps.integrations.odoo.command.reasons import Refused
from apps.integrations.odoo.command.telling import tell
from apps.integrations.odoo.follow import outage
from apps.integrations.odoo.line.errors import OdooError

DECIDED = ("hold_invoice", "release_invoice")
"""Kinds that the approvals room decides: what becomes of them is told to it."""


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
def sending(command: Command, before: dict[str, Any], form: str) -> None:
    """Committed before the call leaves, with the form in which it goes: where to look for it depends on that."""
    now = move(
        command,
        CommandState.SENDING,
        "Sending to Odoo.",
        outcome="sending",
        sending_since=timezone.now(),
        attempts=F("attempts") + 1,
        read_back={"before": before},
        next_attempt_at=None,
        reason=Reason.NONE,
        form=form,
    )
    command.refresh_from_db(fields=["attempts"])
    _effect(command, "sending", command.says, now)


def later(command: Command, error: OdooError, *, may_be_done: bool = False) -> None:
    """Odoo did not take it: it stays in its place, before all later ones of the same record.

    may_be_done: an earlier attempt of it may have got through, so it is looked for before it is compared.
    """
    unsure = may_be_done or command.state == CommandState.UNSURE
    state = CommandState.UNSURE if unsure else CommandState.WAITING
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
    command: Command,
    after: dict[str, Any],
    differs: list[dict[str, Any]],
    made: list[list[Any]],
    took_ms: int | None,
    remark: str = "",
) -> None:
    """The key is in Odoo, and with it the effect. What was read back is kept; a difference opens a case."""
    says = f"{KINDS[command.kind].done} {remark}".strip()
    if command.kind == "release_invoice" and not command.values:
        says = "The hold is over; Odoo keeps its block, see the note."
    if differs:
        says = f"{says} Read back: {wording.changed_words(command.connection, differs)}"
    now = move(
        command,
        CommandState.APPLIED,
        says,
        outcome="applied",
        took_ms=took_ms,
        applied_at=timezone.now(),
        changed=differs,
        made=made or command.made,
        reason=Reason.NONE,
        read_back={**command.read_back, "after": after},
        next_attempt_at=None,
    )
    _effect(command, "applied", says, now)
    if differs:
        open_for(command, f"{command.record_name} is not as it was written", says)
    else:
        clear_case(case_key(command), says=says, now=now)


def changed(command: Command, says: str, differs: list[dict[str, Any]]) -> None:
    """Odoo's facts are no longer those that were decided on."""
    if command.kind in DECIDED:
        refused(command, says, differs, Reason.CHANGED)
    else:
        parked(command, says, Reason.CHANGED, differs)


def gone(command: Command) -> None:
    """Odoo no longer has the record."""
    says = f"Odoo no longer has {command.record_name or 'this record'}."
    if command.kind in DECIDED:
        refused(command, says, [], Reason.GONE)
    else:
        parked(command, says, Reason.GONE)


def refused_by_odoo(command: Command, no: Refused) -> None:
    """Odoo's no. What a person can mend, or decide again, waits for them; a decided hold or release ends here."""
    waits = (Reason.RIGHT, Reason.CLOSED_PERIOD, Reason.GUARD_MISSING)
    words = wording.changed_words(command.connection, no.changed)
    says = words if no.reason == Reason.CHANGED and no.changed else no.says
    if command.kind in DECIDED and no.reason not in waits:
        refused(command, says, no.changed, no.reason)
    elif no.reason == Reason.GONE:
        gone(command)
    else:
        parked(command, says, no.reason, no.changed)


@transaction.atomic
def refused(
    command: Command, says: str, differs: list[dict[str, Any]], reason: Reason = Reason.RULE
) -> None:
    """It will not be done: the facts changed, or Odoo said no. The hold goes back (docs/decisions/0004)."""
    now = move(
        command,
        CommandState.REFUSED,
        says,
        outcome="refused",
        changed=differs,
        reason=reason,
        next_attempt_at=None,
    )
    _effect(command, "refused", says, now, still_held=_still_blocked(command, differs))
    open_for(command, f"Not done in Odoo: {command.intent}", says)


def _still_blocked(command: Command, differs: list[dict[str, Any]]) -> bool | None:
    """Whether Odoo blocks the invoice, as far as what it was found to have tells; None where that says nothing."""
    found = {one["field"]: one["found"] for one in differs}
    if "payment_state" in found:
        return bool(found["payment_state"] == "blocked")
    if differs and "payment_state" in command.expected:
        return command.kind == "release_invoice"  # it was compared, and was as expected
    return None


def parked(
    command: Command,
    says: str,
    reason: Reason = Reason.RULE,
    differs: list[dict[str, Any]] | None = None,
) -> None:
    """A person must say how it goes on (`steering.ways_forward`); a closed period is watched for its opening."""
    closed = reason == Reason.CLOSED_PERIOD
    opening = periods.lock_dates(command) if closed else {}
    with transaction.atomic():
        now = move(
            command,
            CommandState.PARKED,
            says,
            outcome="parked",
            changed=differs or [],
            reason=reason,
            opening=opening,
            next_attempt_at=timezone.now() + periods.EVERY if closed else None,
        )
        _effect(command, "parked", says, now)
        open_for(command, f"Waiting for a person: {command.intent}", says)


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
        parked(command, says, Reason.STUMBLED)


@transaction.atomic
def shadowed(command: Command, before: dict[str, Any], changed: list[dict[str, Any]]) -> None:
    """Compared, never sent: what it would have changed stands on the command."""
    fields = {} if "key_field" in command.values else {**command.values, **command.wanted}
    would = "; ".join(f"{name} {before.get(name)} → {value}" for name, value in fields.items())
    fate = (
        f"It would have been refused. {wording.changed_words(command.connection, changed)}"
        if changed
        else f"It would have written {would or command.intent}."
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


def was_approved(command: Command) -> bool:
    """Whether an approval stands behind it: then its request shows what becomes of it."""
    return command.kind == "release_invoice" or command.cause.startswith("req_")


def _effect(
    command: Command, effect: str, says: str, at: datetime, *, still_held: bool | None = None
) -> None:
    """Tell the room that decided. A hold that is no longer placed speaks through its release's command."""
    if was_approved(command) or (
        command.kind == "hold_invoice"
        and Hold.objects.filter(public_id=command.cause, state="placed").exists()
    ):
        record_effect(command.cause, effect, says, at, still_held=still_held)
