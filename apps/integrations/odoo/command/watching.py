"""Commands that wait for the world: a closed period that opens, a deed by hand that Odoo shows."""

from __future__ import annotations

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.approvals.services import record_effect
from apps.exceptions.services import clear_case
from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState, Reason
from apps.integrations.odoo.command import fates, periods, wording, writing
from apps.integrations.odoo.command.cases import case_key
from apps.integrations.odoo.follow import feed, outage
from apps.integrations.odoo.line.client import client
from apps.integrations.odoo.line.errors import OdooError
from apps.integrations.odoo.line.locks import only_one
from apps.journal.correlation import bound

log = structlog.get_logger(__name__)


def sweep() -> int:
    """Look at what is due; returns how many commands moved on. Never raises OdooError."""
    due = Command.objects.filter(
        state__in=[CommandState.PARKED, CommandState.BY_HAND],
        next_attempt_at__lte=timezone.now(),
    ).order_by("next_attempt_at")[:50]
    return sum(_look(command) for command in due)


def _look(command: Command) -> int:
    record = f"{command.connection}/{command.model}/{command.record_odoo_id}"
    with only_one(f"odoo.command/{record}") as mine, bound(command.correlation_id):
        if not mine:
            return 0
        try:
            if command.state == CommandState.BY_HAND:
                return _by_hand(command)
            return _opened(command) if command.reason == Reason.CLOSED_PERIOD else 0
        except fates.Overtaken:
            return 0
        except DatabaseError:
            raise
        except OdooError as error:
            _again(command, error.says)
        except Exception as error:  # e.g. a connection that was switched off: the others go on
            log.exception("command_not_watched", command=command.public_id)
            _again(command, f"The tower could not look: {type(error).__name__}: {error}")
    return 0


def _again(command: Command, says: str) -> None:
    """Look at it later, and say meanwhile why."""
    rest = outage.rest(command.tries.filter(outcome="away").count() + 1)
    Command.objects.filter(pk=command.pk, version=command.version).update(
        next_attempt_at=timezone.now() + rest, says=says[:500]
    )


def _opened(command: Command) -> int:
    """The lock dates moved: the command takes its place in the queue again, on the facts that were decided on."""
    dates = periods.lock_dates(command)
    if not dates or dates == command.opening:
        Command.objects.filter(pk=command.pk, version=command.version).update(
            next_attempt_at=timezone.now() + periods.EVERY
        )
        return 0
    fates.move(
        command,
        CommandState.WAITING,
        "The lock dates in Odoo have moved; trying again.",
        outcome="period moved",
        reason=Reason.NONE,
        next_attempt_at=None,
    )
    return 1


def _by_hand(command: Command) -> int:
    """Does Odoo show what was done by hand? If not, the command waits for a person again, and says what differs."""
    odoo = client(command.connection)
    after = writing.current_values(odoo, command)
    differs = writing.read_back(odoo, command, after) if after else []
    if after is None or differs:
        says = (
            f"Odoo does not show it. {wording.changed_words(command.connection, differs)}"
            if differs
            else "Odoo has no such record."
        )
        fates.parked(command, says, Reason.DIFFERS, differs)
        return 1
    known = {**command.values, **command.wanted} if "key_field" not in command.values else {}
    checked = bool(known or command.data.get("check") or command.documents)
    says = "Done by hand; " + (
        "Odoo agrees." if checked else "Odoo shows nothing to compare it with."
    )
    with transaction.atomic():
        now = fates.move(
            command,
            CommandState.BY_HAND,
            says,
            outcome="by hand",
            applied_at=timezone.now(),
            read_back={**command.read_back, "after": after},
            reason=Reason.NONE,
            next_attempt_at=None,
        )
        if command.kind in fates.DECIDED or fates.was_approved(command):
            record_effect(command.cause, "applied", says, now)
        clear_case(case_key(command), says=says, now=now)
    feed.read_now(command.connection, {command.model: [command.record_odoo_id]})
    return 1
