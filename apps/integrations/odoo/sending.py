"""Carry commands to Odoo: one at a time per record, in order, each exactly once.

A command is `sending`, committed, before the call leaves. Whoever finds one in `sending` knows that its sender
died; then, as after a timeout, nobody knows what happened until Odoo's own limit is past and the key was looked for.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db import connection as database
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState
from apps.integrations.odoo import fates, feed, writing
from apps.integrations.odoo.client import client
from apps.integrations.odoo.compare import differences, in_words
from apps.integrations.odoo.errors import (
    LoginRefused,
    OdooAway,
    OdooBusy,
    OdooError,
    OdooRefused,
    OutcomeUnknown,
)
from apps.integrations.odoo.locks import only_one
from apps.integrations.odoo.modes import LIVE, OFF, flow_mode
from apps.journal.correlation import bound

log = structlog.get_logger(__name__)

PARALLEL = 4
UNFINISHED = (CommandState.WAITING, CommandState.SENDING, CommandState.UNSURE)


@dataclass(frozen=True, slots=True)
class Head:
    """The oldest unfinished command of a record."""

    pk: int
    record: str


def drain(parallel: int = PARALLEL) -> int:
    """Carry everything that is due; returns how many steps were taken. Never raises OdooError."""
    taken = 0
    while heads := due_heads():
        if parallel == 1 or len(heads) == 1:
            moved = sum(_work(head) for head in heads)
        else:
            with ThreadPoolExecutor(
                min(parallel, len(heads)), thread_name_prefix="odoo-command"
            ) as pool:
                moved = sum(pool.map(_work_apart, heads))
        taken += moved
        if not moved:
            break
    return taken


def due_heads(only: int | None = None) -> list[Head]:
    """The oldest unfinished command of each record, where it is due. Later ones wait for it.

    only asks about one command, by database id.
    """
    now = timezone.now()
    older = Command.objects.filter(
        connection=OuterRef("connection"),
        model=OuterRef("model"),
        record_odoo_id=OuterRef("record_odoo_id"),
        state__in=UNFINISHED,
        id__lt=OuterRef("id"),
    )
    due = (
        Command.objects.filter(state__in=UNFINISHED, not_before__lte=now)
        .filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=now))
        .filter(~Exists(older))
        .order_by("id")
    )
    if only is not None:
        due = due.filter(pk=only)
    return [Head(c.pk, f"{c.connection}/{c.model}/{c.record_odoo_id}") for c in due[:200]]


def _work_apart(head: Head) -> int:
    try:
        return _work(head)
    finally:
        database.close()


def _work(head: Head) -> int:
    """One step of one command under its record's lock; 0 when somebody else has the record."""
    with only_one(f"odoo.command/{head.record}") as mine:
        if not mine or not due_heads(head.pk):
            return 0
        command = Command.objects.get(pk=head.pk)
        with bound(command.correlation_id):
            _guarded_step(command)
    return 1


def _guarded_step(command: Command) -> None:
    """A step that touches nobody else's command, whatever goes wrong with this one."""
    try:
        _step(command)
    except fates.Overtaken as overtaken:
        log.info("command_overtaken", command=command.public_id, reason=str(overtaken))
    except DatabaseError:
        raise  # nothing can be stored about it now; the next sweep finds it as it was left
    except (
        Exception
    ) as error:  # its reason is stored on the command, which must not stop the others
        log.exception("command_stumbled", command=command.public_id)
        fates.stumbled(Command.objects.get(pk=command.pk), error)


def _step(command: Command) -> None:
    if command.state == CommandState.SENDING:
        unsure(command, "Whoever was sending this stopped in the middle.")
    elif command.state == CommandState.UNSURE:
        _look(command)
    else:
        _send(command)


def unsure(command: Command, says: str) -> None:
    """Nobody knows what happened; look when Odoo itself must have given up."""
    since = command.sending_since or timezone.now()
    look_at = since + timedelta(seconds=settings.ODOO["settle_s"])
    fates.move(
        command,
        CommandState.UNSURE,
        f"{says} Looking into Odoo before anything else.",
        outcome="unknown",
        next_attempt_at=look_at,
    )


def _look(command: Command) -> None:
    try:
        there = writing.is_there(client(command.connection), command)
    except OdooError as error:
        fates.later(command, error)
        return
    if there:
        _applied(command, None)
    else:
        fates.move(
            command,
            CommandState.WAITING,
            "It had not reached Odoo.",
            outcome="not there",
            next_attempt_at=None,
        )
        _send(command)


def _send(command: Command) -> None:
    mode = flow_mode(f"odoo.{command.kind}", command.company_id, command.warehouse_id)
    if mode == OFF:
        fates.parked(command, "This flow is switched off.")
        return
    odoo = client(command.connection)
    try:
        before = writing.current_values(odoo, command)
        changed = differences(command.expected, before or {})
        values = writing.payload(odoo, command) if before and not changed else {}
    except (OdooAway, OdooBusy, LoginRefused, OutcomeUnknown) as error:
        fates.later(command, error)
        return
    except OdooRefused as error:
        _refused_by_odoo(command, error)
        return
    if before is None:
        fates.refused(command, f"Odoo no longer has {command.record_name or 'this record'}.", [])
    elif mode != LIVE:
        fates.shadowed(command, before, changed)
    elif changed:
        fates.refused(
            command, in_words(changed), changed, still_held=before.get("payment_state") == "blocked"
        )
    else:
        _write(command, values, before)


def _write(command: Command, values: dict[str, Any], before: dict[str, Any]) -> None:
    fates.sending(command, before)
    started = timezone.now()
    try:
        client(command.connection).write(command.model, [command.record_odoo_id], values)
    except OutcomeUnknown as error:
        unsure(command, error.says)
    except (OdooAway, OdooBusy, LoginRefused) as error:
        fates.later(command, error)
    except OdooRefused as error:
        _refused_by_odoo(command, error)
    else:
        _applied(command, round((timezone.now() - started).total_seconds() * 1000))


def _refused_by_odoo(command: Command, error: OdooRefused) -> None:
    """A lacking right is for a person to mend; anything else is Odoo's no to this decision."""
    if error.name == "AccessError":
        fates.parked(command, f"Odoo: {error.says}")
    else:
        fates.refused(command, f"Odoo: {error.says}", [])


def _applied(command: Command, took_ms: int | None) -> None:
    after: dict[str, Any] = {}
    try:
        after = writing.current_values(client(command.connection), command) or {}
    except OdooError as error:
        log.info("read_back_missed", command=command.public_id, reason=error.says)
    fates.applied(command, after, differences(command.values, after) if after else [], took_ms)
    try:
        feed.read_now(command.connection, {command.model: [command.record_odoo_id]})
    except OdooError as error:
        log.info(
            "mirror_later", command=command.public_id, reason=error.says
        )  # the feed's next pass reads it
