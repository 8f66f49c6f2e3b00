"""A person or program gives a command: checked against the allow-list, the right, what they saw, then stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.approvals.services import record_effect
from apps.exceptions.services import clear_case
from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState
from apps.integrations.odoo.command import approving, wording
from apps.integrations.odoo.command.cases import case_key
from apps.integrations.odoo.command.compare import differences
from apps.integrations.odoo.command.errors import (
    BadCommand,
    KeyTaken,
    NotOnTheList,
    NotYours,
    SeenIsStale,
    TooLate,
)
from apps.integrations.odoo.command.fates import was_approved
from apps.integrations.odoo.command.kinds import KINDS, CommandKind, Plan, covered
from apps.integrations.odoo.command.kinds.asking import checked, storable
from apps.integrations.odoo.command.targets import Target, find
from apps.integrations.odoo.command.telling import tell
from apps.journal.correlation import current
from apps.journal.ids import new_id
from apps.journal.services import NewEntry, append
from apps.journal.wake import wake


@dataclass(frozen=True, slots=True)
class Draft:
    """A kind on a record, as a form shows it: what it asks, what a person sees, and why it does not apply now."""

    kind: CommandKind
    target: Target
    seen: dict[str, Any]
    prefill: dict[str, Any]
    not_now: str

    @property
    def steps(self) -> list[str]:
        """How to do it by hand in Odoo."""
        return self.kind.steps(self.target.name, self.kind.title.lower())


def draft(kind_key: str, record: str, by: User) -> Draft | None:
    """The form of a kind on a record; None where the person sees no such record of a kind that exists.

    Raises NotOnTheList for a kind that does not exist or is not for this record, NotYours without its right.
    """
    target = find(record, by)
    kind = allowed(kind_key, target, by)
    if target is None:
        return None
    return Draft(kind, target, kind.facts(target), kind.prefill(target), kind.applies(target))


def allowed(kind_key: str, target: Target | None, by: User) -> CommandKind:
    """The kind, if it is on the list for this record and the person may give it (R21)."""
    kind = KINDS.get(kind_key)
    if kind is None:
        raise NotOnTheList("This is not on the list of what the tower may do in Odoo.")
    if kind.decided:
        raise NotOnTheList(f"{kind.title}: this follows from a decision, ask for one instead.")
    if target is not None and target.model not in kind.models:
        raise NotOnTheList(f"{kind.title}: not for {target.title}.")
    if not by.may(kind.needs):
        raise NotYours(f"{kind.title}: your role does not do this.")
    if target is not None and not covered(kind, target, by):
        raise NotYours(f"{kind.title}: this reaches further than what you see.")
    return kind


@transaction.atomic
def issue(
    kind: str,
    *,
    record: Target,
    data: Mapping[str, Any],
    by: User,
    seen: Mapping[str, Any],
    now: datetime,
    cause: str = "",
    key: str = "",
    replaces: Command | None = None,
) -> Command:
    """Store a command of a registered kind, on the facts its giver saw, once per key; it goes out, or, where a
    policy says so, waits for its approval.

    seen is what the form or `GET …/new/` showed. Raises NotOnTheList, NotYours, BadCommand, SeenIsStale (the mirror
    knows other facts by now, R213), KeyTaken (the same key, another content), TooLate (what it replaces has moved
    on). Whether Odoo still has these facts is compared again when it is carried there.
    """
    chosen = allowed(kind, record, by)
    data = storable(data)
    known = _known(key, by, chosen, record, data)
    if known is not None:
        return known
    if replaces is not None:
        _must_stand_for(replaces, kind, record)
    facts = chosen.facts(record)
    _must_be_as_seen(record.connection, facts, seen, "")
    if not_now := chosen.applies(record):
        raise BadCommand("not_now", not_now)
    clean = checked(chosen, record, data)
    assert (
        chosen.plan is not None
    )  # only kinds that a decision makes have none; they are not allowed
    plan = chosen.plan(record, clean)
    _must_be_as_seen(record.connection, facts, seen, plan.only)
    expected, also = split(facts, plan.only)
    command = _store(chosen, record, plan, by=by, now=now, cause=cause, key=key)
    command.expected, command.also_expected = expected, also
    command.data = {**plan.data, "given": dict(data), "digest": _digest(kind, record, data)}
    if replaces is not None:
        command.replaces = _replaced(replaces, by, now)
    command.save()
    policy = approving.policy_of(kind, record, plan)
    if policy is not None:
        why = str(clean.get("why", ""))
        approving.ask(command, policy, target=record, plan=plan, why=why, by=by, now=now)
    tell(command)
    transaction.on_commit(lambda: wake("odoo.commands"))
    return command


def refuse_and_tell(error: NotOnTheList | NotYours, kind: str, record: str, by: User) -> None:
    """Write down that a command was refused at the door (R21: refused and audited)."""
    target = find(record, by)
    append(
        NewEntry(
            "command.denied",
            by.public_id,
            {
                "kind": kind[:60] if kind.isprintable() else "",
                "record": target.public_id if target else "",
                "reason": "not_on_list" if isinstance(error, NotOnTheList) else "not_allowed",
            },
            actor=by.public_id,
            company_id=target.company_id if target else None,
            warehouse_id=target.warehouse_id if target else None,
            customer_id=target.customer_id if target else None,
        )
    )


def split(seen: Mapping[str, Any], only: str) -> tuple[dict[str, Any], list[list[Any]]]:
    """Facts of the record itself, and those of others as [[model, id, {field: value}]].

    Keys are `field`, `model,id.field`, or `group/model,id.field`, of which only the named group counts.
    """
    own: dict[str, Any] = {}
    others: dict[tuple[str, int], dict[str, Any]] = {}
    for name, value in seen.items():
        group, _, rest = name.rpartition("/")
        if group and group != only:
            continue
        about, comma, tail = rest.partition(",")
        if not comma:
            own[name] = value
            continue
        odoo_id, _, field = tail.partition(".")
        others.setdefault((about, int(odoo_id)), {})[field] = value
    return own, [[model, odoo_id, values] for (model, odoo_id), values in others.items()]


def _must_be_as_seen(
    connection: str, facts: dict[str, Any], seen: Mapping[str, Any], only: str
) -> None:
    """Every fact was shown, and still is what it was; of alternatives only those of the named group count."""
    counts = [name for name in {*facts, *seen} if name.rpartition("/")[0] in ("", only)]
    missing = sorted(name for name in counts if name not in seen)
    if missing:
        raise BadCommand("not_seen", f"Say what you saw of {', '.join(missing)[:200]}.", "seen")
    if any(isinstance(seen[name], list | dict) for name in counts):
        raise BadCommand("not_seen", "A fact is one value, as it was shown.", "seen")
    changed = differences({name: seen[name] for name in sorted(counts)}, facts)
    if changed:
        raise SeenIsStale(changed, wording.changed_words(connection, changed))


def _known(
    key: str, by: User, kind: CommandKind, record: Target, data: Mapping[str, Any]
) -> Command | None:
    """The command that the same key made before. The lock holds until commit, so that two at once are one."""
    if not key:
        return None
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 4712))", [_key(key, by)])
    known = Command.objects.filter(key=_key(key, by)).first()
    if known is not None and known.data.get("digest") != _digest(kind.key, record, data):
        raise KeyTaken("This Idempotency-Key came with another command before.")
    return known


def _key(key: str, by: User) -> str:
    """Keys of two people never meet."""
    return "given_" + hashlib.sha256(f"{by.public_id}\n{key}".encode()).hexdigest()[:40]


def _digest(kind: str, record: Target, data: Mapping[str, Any]) -> str:
    text = json.dumps([kind, record.public_id, dict(data)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _store(
    kind: CommandKind, record: Target, plan: Plan, *, by: User, now: datetime, cause: str, key: str
) -> Command:
    command = Command(
        key=_key(key, by) if key else new_id("given"),
        connection=record.connection,
        kind=kind.key,
        model=record.model,
        record_odoo_id=record.odoo_id,
        record_name=record.name[:120],
        record_ref=record.public_id,
        op=kind.op,
        intent=plan.intent[:300],
        values=plan.values,
        wanted=plan.wanted,
        note=f"{plan.note}\nBy {by}.",
        documents=plan.documents,
        cause=cause or record.public_id,
        actor=str(by)[:120],
        decided_by=by,
        correlation_id=current() or new_id("cor"),
        not_before=now + timedelta(seconds=settings.UNDO_WINDOW_S),
        company_id=record.company_id,
        warehouse_id=record.warehouse_id,
        customer_id=record.customer_id,
    )
    if plan.create is not None:
        command.values = {
            "model": plan.create[0],
            "values": plan.create[1],
            "key_field": plan.create[2],
        }
    return command


def _must_stand_for(old: Command, kind: str, record: Target) -> None:
    """Only the same thing on the same record: the right to give it is then the right to end the old one."""
    same = (kind, record.connection, record.model, record.odoo_id)
    if (old.kind, old.connection, old.model, old.record_odoo_id) != same:
        raise BadCommand(
            "replaces",
            "This replaces only a command of the same kind on the same record.",
            "replaces",
        )


def _replaced(old: Command, by: User, now: datetime) -> Command:
    locked = Command.objects.select_for_update().get(pk=old.pk)
    if locked.state not in (CommandState.PARKED, CommandState.REFUSED):
        raise TooLate(f"{locked.intent}: {locked.get_state_display()}")
    locked.state, locked.says = CommandState.REPLACED, f"Adapted to the new facts by {by}."
    locked.ended_by, locked.version = by, locked.version + 1
    locked.next_attempt_at = None
    locked.save(update_fields=["state", "says", "ended_by", "version", "next_attempt_at"])
    tell(locked)
    if was_approved(locked):
        record_effect(locked.cause, "none", locked.says, now)
    clear_case(case_key(locked), says=locked.says, now=now)
    return locked
