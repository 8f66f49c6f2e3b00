"""Carry commands to Odoo: one at a time per record, in order, each exactly once.

A command is `sending`, committed, before the call leaves. Whoever finds one in `sending` knows that its sender
died; then, as after a timeout, nobody knows what happened until Odoo's own limit is past and the key was looked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState, Reason
from apps.integrations.odoo.command import commands, fates, guard, lanes, watching, wording, writing
from apps.integrations.odoo.command.compare import differences
from apps.integrations.odoo.command.kinds import KINDS
from apps.integrations.odoo.command.kinds.base import CREATE, GUARD, WRITE
from apps.integrations.odoo.command.lanes import Head, due_heads
from apps.integrations.odoo.command.modes import LIVE, OFF, flow_mode
from apps.integrations.odoo.command.reasons import refused
from apps.integrations.odoo.follow import feed
from apps.integrations.odoo.line.client import Client, client
from apps.integrations.odoo.line.errors import (
    LoginRefused,
    OdooAway,
    OdooBusy,
    OdooError,
    OdooRefused,
    OutcomeUnknown,
)
from apps.integrations.odoo.line.locks import only_one
from apps.journal.correlation import bound
from apps.mirror.specs import BY_MODEL

log = structlog.get_logger(__name__)

PASSES = (OdooAway, OdooBusy, LoginRefused)
"""What passes by itself: the command keeps its place."""

LOST = ("OperationalError",)
"""Odoo lost its own database: before the work, or at its commit. Nobody knows which."""


_MAYBE = "It may have been done, and Odoo does not let the tower look"


def drain(parallel: int = lanes.PARALLEL) -> int:
    """Carry everything that is due; returns how many steps were taken. Never raises OdooError."""
    watching.sweep()
    return lanes.drain(_work, parallel)


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
        made = writing.find(client(command.connection), command)
    except OdooRefused as error:
        if isinstance(error, LoginRefused):
            fates.later(command, error)
        elif command.form == GUARD and guard.action_of(command.connection, command.model):
            _ask_the_guard(command)  # it looks itself, with rights of its own: twice is once
        else:
            fates.parked(
                command,
                f"{_MAYBE}: {error.says}",
                Reason.CANNOT_LOOK,
            )
        return
    except OdooError as error:
        fates.later(command, error)
        return
    if made is None:
        _not_there(command, "It had not reached Odoo.")
    else:
        _applied(command, made, None)


def _ask_the_guard(command: Command) -> None:
    """Run it again without comparing first: where it was done, the record is no longer as it was decided on.

    Until the guard has answered it stays unsure, whatever happens: one that waits would be compared with its own
    effect, which reads as "changed".
    """
    says = "The log cannot be read; the guarded action looks for the key itself."
    fates.move(command, CommandState.UNSURE, says, outcome="asked again", next_attempt_at=None)
    before = command.read_back.get("before") or {}
    _carry(command, client(command.connection), before, may_be_done=True)


def _not_there(command: Command, says: str) -> None:
    fates.move(command, CommandState.WAITING, says, outcome="not there", next_attempt_at=None)
    _send(command)


def _send(command: Command) -> None:
    mode = flow_mode(f"odoo.{command.kind}", command.company_id, command.warehouse_id)
    if mode == OFF:
        fates.parked(command, "This flow is switched off.", Reason.FLOW_OFF)
        return
    if command.kind == "release_invoice":
        commands.refine_release(command)
    odoo = client(command.connection)
    try:
        before = writing.current_values(odoo, command)
        changed = differences(command.expected, before or {})
        changed += writing.others_changed(odoo, command.also_expected) if before else []
    except (*PASSES, OutcomeUnknown) as error:
        fates.later(command, error)
        return
    except OdooRefused as error:
        fates.refused_by_odoo(command, refused(error))
        return
    if before is None:
        fates.gone(command)
    elif mode != LIVE:
        fates.shadowed(command, before, changed)
    elif changed:
        words = wording.changed_words(command.connection, changed)
        fates.changed(command, words, changed)
    else:
        _carry(command, odoo, before)


def _carry(
    command: Command, odoo: Client, before: dict[str, Any], *, may_be_done: bool = False
) -> None:
    kind = KINDS[command.kind]
    action = guard.action_of(command.connection, command.model) if kind.form == GUARD else None
    if kind.form == GUARD and action is None and not kind.fallback:
        fates.parked(
            command,
            f"{kind.title} needs the guarded action in Odoo: an administrator runs `manage.py odoo_bootstrap` once.",
            Reason.GUARD_MISSING,
        )
        return
    form = kind.form if kind.form != GUARD or action is not None else WRITE
    fates.sending(command, before, form)
    started = timezone.now()
    made: list[list[Any]] = []
    short: list[list[Any]] = []
    try:
        if action is not None:
            answer = guard.run(odoo, action, command)
            made, short = answer.get("made") or [], answer.get("short") or []
        elif form == CREATE:
            made = writing.create(odoo, command)
        else:
            writing.write(odoo, command)
    except OutcomeUnknown as error:
        unsure(command, error.says)
    except PASSES as error:
        if isinstance(error, LoginRefused) and error.name in LOST:
            unsure(command, error.says)
        else:
            fates.later(command, error, may_be_done=may_be_done)
    except OdooRefused as error:
        no = refused(error)
        if may_be_done and no.reason in (Reason.RIGHT, Reason.GUARD_MISSING):
            fates.parked(command, f"{_MAYBE}: {no.says}", Reason.CANNOT_LOOK)
        else:
            fates.refused_by_odoo(command, no)
    else:
        took_ms = round((timezone.now() - started).total_seconds() * 1000)
        _applied(command, made, took_ms, _remark(short))


def _remark(short: list[list[Any]]) -> str:
    """What an applied command did not bring about, where Odoo was content with less."""
    lacks = "; ".join(f"{goods}: {got:g} of {wanted:g}" for goods, wanted, got in short)
    return f"Not all goods could be reserved: {lacks}." if lacks else ""


def _applied(
    command: Command, made: list[list[Any]], took_ms: int | None, remark: str = ""
) -> None:
    """Read back what became of it, then refresh the mirror; both may wait for the feed's next pass."""
    after: dict[str, Any] = {}
    differs: list[dict[str, Any]] = []
    odoo = client(command.connection)
    try:
        after = writing.current_values(odoo, command) or {}
        differs = writing.read_back(odoo, command, after) if after else []
    except OdooError as error:
        log.info("read_back_missed", command=command.public_id, reason=error.says)
    fates.applied(command, after, differs, made, took_ms, remark)
    try:
        feed.read_now(command.connection, touched(command))
    except OdooError as error:
        log.info(
            "mirror_later", command=command.public_id, reason=error.says
        )  # the feed's next pass reads it


def touched(command: Command) -> dict[str, Iterable[int]]:
    """The mirrored records that a command changed or made, ids by model."""
    found: dict[str, set[int]] = {}
    if command.model in BY_MODEL:  # a lead or a ticket is read beside the mirror
        found[command.model] = {command.record_odoo_id}
    pairs = [*command.made, *(one[:2] for one in command.data.get("check") or [])]
    if command.op == "reallocate":
        pairs.append(["stock.picking", command.data["to"]])
    for model, odoo_id in pairs:
        if model in BY_MODEL:
            found.setdefault(model, set()).add(odoo_id)
    return {model: sorted(ids) for model, ids in found.items()}
