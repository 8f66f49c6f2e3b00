"""What reading stored messages again would change: found by reading, and by applying and rolling back.

First every message is read under the mapping in force, which writes nothing. Those whose events would be others
are then applied together in a transaction that is rolled back, with what the journal's readers would make of
it (cases, approvals, commands). Nothing is kept of it: no entry, no wake-up, no lock.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.exceptions.models import Case
from apps.integrations import doors, mappings, reading
from apps.integrations.doors import Reporter
from apps.integrations.formats.base import ParsedEvent, Refused
from apps.integrations.formats.codes import Codes
from apps.integrations.mappings.rehearsing import with_bodies
from apps.integrations.models import Command, Message
from apps.journal import subscribers
from apps.journal.models import Entry
from apps.shipments.apply import apply
from apps.shipments.models import Event, Order, Package, Report, Shipment
from apps.shipments.rules import normalise

APPLIED: Final = 1_000
"""So many messages that would say something else are applied for the comparison; beyond, the counts alone tell."""
SHOWN: Final = 300
# Who is asked what it would make of it. None of them calls anybody: they write rows, which are rolled back.
_ASKED: Final = (
    "exceptions.detect",
    "exceptions.reports",
    "exceptions.packages",
    "approvals.facts",
    "odoo commands",
)
_ROUNDS: Final = 3

_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "package": ("milestone", "exception_reason", "eta"),
    "shipment": ("execution_status", "customer_status", "financial_status", "eta"),
    "order": ("stage",),
}


@dataclass(slots=True)
class Looked:
    """What reading some messages again would give. differing: database ids of those that would say something else."""

    looked_at: int = 0
    unchanged: int = 0
    would_differ: int = 0
    not_readable: int = 0
    bytes_gone: int = 0
    waiting: int = 0
    differing: list[int] = field(default_factory=list)
    refusals: list[dict[str, str]] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)  # "format:partner id": mapping version


@dataclass(frozen=True, slots=True)
class Read:
    """One message read under the mapping in force now."""

    message: Message
    reporter: Reporter
    version: int
    events: list[ParsedEvent]
    refused: str = ""


def read_again(messages: Sequence[Message]) -> tuple[list[Read], dict[str, int]]:
    """Messages (partner loaded) whose bytes are there, as a replay would read them, and the versions used."""
    reporters = doors.reporters(sorted({one.partner_id for one in messages}))
    tables = mappings.active((one.partner.format, one.partner_id) for one in messages)
    by_id = {one.pk: one for one in messages}
    heads = [(one.pk, one.public_id, one.received_at) for one in messages]
    found = []
    for pk, _, _, raw in with_bodies(heads):
        message = by_id[pk]
        codes = tables[message.partner.format, message.partner_id]
        found.append(_read(message, raw, reporters[message.partner_id], codes))
    return found, {f"{name}:{pk}": codes.version for (name, pk), codes in tables.items()}


def _read(message: Message, raw: bytes, reporter: Reporter, codes: Codes) -> Read:
    try:
        events = reading.read(raw, codes, reporter, message.received_at).events
    except Refused as refused:
        return Read(message, reporter, codes.version, [], f"{refused.reason}: {refused.detail}")
    return Read(message, reporter, codes.version, events)


def look(messages: Sequence[Message]) -> Looked:
    """Read some messages again and compare their events with those that stand. Writes nothing."""
    ready = [one for one in messages if one.status != "received"]
    read, versions = read_again(ready)
    told = Looked(looked_at=len(messages), waiting=len(messages) - len(ready), versions=versions)
    told.bytes_gone = len(ready) - len(read)
    known = _known([event.identity for one in read for event in one.events])
    lost = _lost(read)
    for one in read:
        if one.refused:
            told.not_readable += 1
            told.refusals.append({"message": one.message.public_id, "says": one.refused[:300]})
        elif one.message.pk not in lost and all(
            known.get(event.identity) == _said(event) for event in one.events
        ):
            told.unchanged += 1
        else:
            told.would_differ += 1
            told.differing.append(one.message.pk)
    return told


_Said = tuple[str, str, datetime] | None


def _said(event: ParsedEvent) -> _Said:
    if event.subject is not None:
        return None
    return str(event.milestone), str(event.exception_reason or ""), event.occurred_at


def _known(identities: Sequence[str]) -> dict[str, _Said]:
    """What stands of these identities: milestone, reason and time; of business events only that they stand."""
    rows = Event.objects.filter(identity__in=identities, superseded_at=None)
    found: dict[str, _Said] = {
        identity: (milestone, reason, at)
        for identity, milestone, reason, at in rows.values_list(
            "identity", "milestone", "exception_reason", "occurred_at"
        )
    }
    reports = Report.objects.filter(identity__in=identities).values_list("identity", flat=True)
    return found | dict.fromkeys(reports)


def _lost(read: Sequence[Read]) -> set[int]:
    """Database ids of messages that brought events under an older mapping which they give no more."""
    given = {
        one.message.pk: (one.version, {event.identity for event in one.events})
        for one in read
        if not one.refused
    }
    rows = Event.objects.filter(message_id__in=given, superseded_at=None)
    brought = rows.values_list("message_id", "identity", "mapping_version")
    return {
        pk
        for pk, identity, version in brought
        if pk is not None and version < given[pk][0] and identity not in given[pk][1]
    }


@dataclass(slots=True)
class Outlook:
    """What applying would come to. changes: per record its fields before and after; hidden: outside the viewer's sight."""

    new_events: int = 0
    duplicates: int = 0
    conflicts: int = 0
    superseded: int = 0
    taken_back: int = 0
    records: int = 0
    hidden: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    cases_closed: int = 0
    commands: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For a job's report."""
        return asdict(self)


def outlook(messages: Sequence[Message], viewer: User) -> Outlook:
    """Apply messages together, see what moved and what would follow, and roll everything back.

    Holds the locks of applying for as long as it takes: APPLIED messages at most.
    """
    read, _ = read_again(messages)
    incoming = [
        reading.incoming(one.message, one.events, one.reporter, one.version, is_again=True)
        for one in read
        if not one.refused
    ]
    numbers = sorted(
        {normalise(e.tracking_number) for one in read for e in one.events if e.tracking_number}
    )
    told = Outlook()
    with transaction.atomic():
        before = _states(numbers, [one.pk for one in messages])
        last_entry, last_case, last_command = _last(Entry), _last(Case), _last(Command)
        open_before = Case.objects.exclude(state="resolved").count()
        for outcome in apply(incoming) if incoming else []:
            told.new_events += outcome.new
            told.duplicates += outcome.duplicates
            told.conflicts += outcome.conflicts
            told.superseded += outcome.superseded
            told.taken_back += len(outcome.taken_back)
        _ask(last_entry)
        _compare(told, before, _states(numbers, [one.pk for one in messages]), viewer)
        cases = list(Case.objects.filter(pk__gt=last_case).order_by("pk"))
        told.cases = [case.title for case in cases if _sees(viewer, case)][:SHOWN]
        still_open = Case.objects.exclude(state="resolved").count()
        told.cases_closed = max(0, open_before + len(cases) - still_open)
        commands = Command.objects.filter(pk__gt=last_command).order_by("pk")
        told.commands = [one.intent for one in commands if _sees(viewer, one)][:SHOWN]
        transaction.set_rollback(True)
    return told


def _last(model: type[Entry] | type[Case] | type[Command]) -> int:
    return model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0


def _ask(last: int) -> None:
    """Hand the entries of this transaction to those who would make something of them, and theirs again."""
    for _ in range(_ROUNDS):
        entries = _own_entries(last)
        if not entries:
            return
        last = max(entry.pk for entry in entries)
        for name in _ASKED:
            reader = subscribers.get(name)
            theirs = [entry for entry in entries if entry.kind in reader.kinds]
            if theirs:
                reader.handle(theirs)


def _own_entries(last: int) -> list[Entry]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        xid = int(cursor.fetchone()[0])
    return list(Entry.objects.filter(pk__gt=last, xid=xid).order_by("pk"))


_Row = Package | Shipment | Order


def _states(numbers: Sequence[str], message_ids: Sequence[int]) -> dict[str, _Row]:
    """Rows by public id: packages of these numbers or with events of these messages, their shipments and orders."""
    told = Event.objects.filter(message_id__in=message_ids).values("package_id")
    packages = {
        row.pk: row
        for rows in (
            Package.objects.filter(number__in=numbers),
            Package.objects.filter(pk__in=told),
        )
        for row in rows
    }
    shipments = list(
        Shipment.objects.filter(packages__in=packages).select_related("order").distinct()
    )
    orders = [one.order for one in shipments if one.order]
    rows: list[_Row] = [*packages.values(), *shipments, *orders]
    return {row.public_id: row for row in rows}


def _compare(told: Outlook, before: dict[str, _Row], after: dict[str, _Row], viewer: User) -> None:
    for ref, row in after.items():
        kind = type(row).__name__.lower()
        moved = []
        for name in _FIELDS[kind]:
            was = str(getattr(before[ref], name)) if ref in before else ""
            now = str(getattr(row, name))
            if was != now:
                moved.append([name, was, now])
        if not moved:
            continue
        told.records += 1
        if not _sees(viewer, row):
            told.hidden += 1
        elif len(told.changes) < SHOWN:
            told.changes.append(
                {
                    "kind": kind,
                    "ref": ref,
                    "name": _name(row),
                    "new": ref not in before,
                    "moved": moved,
                }
            )


def _sees(viewer: User, row: _Row | Case | Command) -> bool:
    if row.company_id is None and isinstance(row, Package | Case):
        return True
    return viewer.scope.covers(row.company_id, row.warehouse_id, row.customer_id)


def _name(row: _Row) -> str:
    if isinstance(row, Package):
        return row.tracking_number
    return row.reference if isinstance(row, Shipment) else row.name


def versions_now(wanted: Sequence[str]) -> dict[str, int]:
    """The versions in force now for "format:partner id" keys, to see whether a plan is still true."""
    pairs = []
    for key in wanted:
        name, _, partner = key.rpartition(":")
        pairs.append((name, int(partner)))
    tables = mappings.in_force(pairs)
    now = timezone.now()
    return {f"{name}:{pk}": tables.at(name, pk, now).version for name, pk in pairs}
