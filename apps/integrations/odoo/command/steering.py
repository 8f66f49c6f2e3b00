"""A person's word on a command that has not gone through: take it back, retry, give up, say it was done by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from apps.accounts.models import User
from apps.approvals.services import record_effect
from apps.exceptions.services import clear_case
from apps.integrations.models import Command, CommandAttempt
from apps.integrations.models.commands import CommandState, Reason
from apps.integrations.odoo.command.cases import case_key
from apps.integrations.odoo.command.errors import TooLate
from apps.integrations.odoo.command.fates import was_approved
from apps.integrations.odoo.command.kinds import KINDS
from apps.integrations.odoo.command.telling import tell
from apps.journal.wake import wake

RETRY: Final = "retry"
ADAPT: Final = "adapt"
ABANDON: Final = "abandon"
BY_HAND: Final = "by_hand"
_DECIDED: Final = ("hold_invoice", "release_invoice")


def ways_forward(command: Command) -> list[str]:
    """What a person may do about a command now: retry, adapt, abandon, by_hand."""
    if command.state != CommandState.PARKED:
        return []
    ways = [ABANDON, BY_HAND]
    if command.kind not in _DECIDED and command.reason != Reason.GONE:
        ways.insert(0, ADAPT)
    if command.reason not in (Reason.CHANGED, Reason.GONE):
        ways.insert(0, RETRY)
    return ways


def may_steer(user: User, command: Command) -> bool:
    """Whoever may give a command of this kind says how it goes on; so does who steers all of them."""
    kind = KINDS.get(command.kind)
    return user.may("commands.steer") or (
        kind is not None and not kind.decided and user.may(kind.needs)
    )


def _step(
    locked: Command, state: CommandState, says: str, *, by: User, now: datetime, why: str = ""
) -> Command:
    locked.state, locked.says, locked.next_attempt_at = state, says[:500], None
    locked.version += 1
    locked.ended_by, locked.ended_why = by, why[:400]
    locked.save()
    CommandAttempt.objects.create(command=locked, at=now, outcome=f"{state}"[:20], says=says)
    tell(locked)
    return locked


def _parked(command: Command) -> Command:
    locked = Command.objects.select_for_update().get(pk=command.pk)
    if locked.state != CommandState.PARKED:
        raise TooLate(f"{locked.intent}: {locked.get_state_display()}")
    return locked


@transaction.atomic
def take_back(command: Command, *, by: User, now: datetime) -> Command:
    """Take a decision back within its undo window; the hold stands again. Raises TooLate."""
    locked = Command.objects.select_for_update().get(pk=command.pk)
    if locked.state != CommandState.WAITING or locked.attempts:
        raise TooLate(f"{locked.intent}: {locked.get_state_display()}")
    _step(locked, CommandState.CANCELLED, f"Taken back by {by}.", by=by, now=now)
    if was_approved(locked):
        record_effect(locked.cause, "refused", locked.says, now, still_held=True)
    return locked


@transaction.atomic
def send_again(command: Command, *, by: User, now: datetime) -> Command:
    """A person has mended what parked a command (a right, a switched-off flow): try again. Raises TooLate.

    One whose outcome could not be looked up is looked for first: it may be in Odoo already.
    """
    locked = _parked(command)
    looks = locked.reason == Reason.CANNOT_LOOK
    state = CommandState.UNSURE if looks else CommandState.WAITING
    locked.reason = Reason.NONE
    _step(locked, state, f"Sent again by {by}.", by=by, now=now)
    transaction.on_commit(lambda: wake("odoo.commands"))
    return locked


@transaction.atomic
def abandon(command: Command, *, by: User, why: str, now: datetime) -> Command:
    """Give a parked command up, with a reason; its case is closed. Raises TooLate."""
    locked = _parked(command)
    _step(locked, CommandState.ABANDONED, f"Given up by {by}: {why}", by=by, now=now, why=why)
    _tell_the_hold(locked, now)
    _close_case(locked, f"{by} gave the command up: {why}", now)
    return locked


@transaction.atomic
def done_by_hand(command: Command, *, by: User, why: str, now: datetime) -> Command:
    """Somebody did it in Odoo; the next sweep reads whether Odoo agrees. Raises TooLate."""
    locked = _parked(command)
    says = f"{by} did it by hand in Odoo; looking whether Odoo agrees. {why}".strip()
    _step(locked, CommandState.BY_HAND, says, by=by, now=now, why=why)
    Command.objects.filter(pk=locked.pk).update(next_attempt_at=now)
    transaction.on_commit(lambda: wake("odoo.commands"))
    return locked


def _tell_the_hold(command: Command, now: datetime) -> None:
    """A release that is given up leaves the hold standing; a hold that is given up never reached Odoo."""
    if command.kind in _DECIDED or was_approved(command):
        held = True if command.kind == "release_invoice" else None
        record_effect(command.cause, "refused", command.says, now, still_held=held)


def _close_case(command: Command, why: str, now: datetime) -> None:
    clear_case(case_key(command), says=why, now=now)
