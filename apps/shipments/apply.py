"""Append what is new, fold, roll up, journal: a batch of messages in a handful of statements.

The caller holds the transaction (the claim of the messages commits with their effect). Order of locks:
packages by id, shipments by id, orders by id; a deadlock is left to the caller to retry.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from django.utils import timezone

from apps.journal.ids import new_id
from apps.journal.services import NewEntry, append_many
from apps.shipments import folding, rollup, sets
from apps.shipments.arranging import arrange
from apps.shipments.carriers import ids_by_slug, slug_of
from apps.shipments.errors import Raced
from apps.shipments.held import Held, Live, claim, live_events
from apps.shipments.models import Event
from apps.shipments.rules import normalise


class Fact(Protocol):
    """One canonical event as a format gives it (integrations.formats.base.ParsedEvent)."""

    @property
    def milestone(self) -> str: ...
    @property
    def tracking_number(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def identity(self) -> str: ...
    @property
    def content(self) -> str: ...
    @property
    def source_code(self) -> str: ...
    @property
    def exception_reason(self) -> str | None: ...
    @property
    def time_basis(self) -> str | None: ...
    @property
    def unmapped(self) -> bool: ...
    @property
    def flags(self) -> Sequence[str]: ...
    @property
    def pod(self) -> dict[str, Any] | None: ...
    @property
    def eta(self) -> str | None: ...
    @property
    def details(self) -> dict[str, Any]: ...
    @property
    def voids(self) -> str | None: ...
    @property
    def source_event_id(self) -> str | None: ...
    @property
    def location(self) -> str: ...
    @property
    def country(self) -> str | None: ...
    @property
    def description(self) -> str: ...
    @property
    def carrier(self) -> str | None: ...
    @property
    def generation_hint(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message with its events. `carrier` is the partner's (slug); no company_ids: granted all."""

    message_id: int
    message_ref: str
    source: str
    format: str
    carrier: str | None
    mapping_version: int
    received_at: datetime
    correlation_id: str
    company_ids: tuple[int, ...]
    events: Sequence[Fact]


@dataclass(slots=True)
class Outcome:
    """What became of one message's events; event_refs are the public ids of those that are new."""

    message_id: int
    new: int = 0
    duplicates: int = 0
    conflicts: int = 0
    superseded: int = 0
    event_refs: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _New:
    """An event on its way in: the row to insert and the same as the rules see it."""

    outcome: Outcome
    number: str
    row: dict[str, Any]
    live: Live
    dead: bool  # an older mapping than the one that is live

    def supersede(self, now: datetime) -> None:
        """A newer mapping of the same event came in the same batch."""
        self.dead, self.row["superseded_at"] = True, now


def apply(batch: Sequence[Incoming]) -> list[Outcome]:
    """Apply messages, in the caller's transaction; one outcome for each, in order.

    The same set of events gives the same packages in whatever order, split and repetition. Known
    identities are duplicates, or conflicts when the source says something else under the same one
    (the first stays); the same identity under a newer mapping supersedes.
    """
    now = timezone.now()
    numbers, texts = _numbers(batch)
    if not numbers:
        return [Outcome(message.message_id) for message in batch]
    carriers = ids_by_slug(
        {name for m in batch for name in (m.carrier, *(fact.carrier for fact in m.events))}
    )
    held = claim(numbers)
    known = live_events(row for rows in held.values() for row in rows)
    outcomes, new, replaced = _sift(batch, carriers, now)
    settled = _settle(numbers, texts, held, known, new, replaced)
    entries = _store(settled, new, replaced, now)
    touched = {link[0] for one in settled if one.row for link in one.row.links}
    append_many([*entries, *rollup.recompute(touched, now)])
    return outcomes


def _numbers(batch: Sequence[Incoming]) -> tuple[list[str], dict[str, str]]:
    texts: dict[str, str] = {}
    for message in batch:
        for fact in message.events:
            texts.setdefault(normalise(fact.tracking_number), fact.tracking_number)
    return sorted(texts), texts


def _sift(
    batch: Sequence[Incoming], carriers: dict[str, int], now: datetime
) -> tuple[list[Outcome], list[_New], set[int]]:
    """Tell new events from known ones; also the database ids of those that are superseded."""
    identities = list({fact.identity for message in batch for fact in message.events})
    known: dict[str, list[tuple[int, str, int, bool]]] = defaultdict(list)
    for identity, version, content, row_id, dead in sets.fetch(_KNOWN, identities):
        known[identity].append((version, content, row_id, dead))
    outcomes: list[Outcome] = []
    new: dict[tuple[str, int], _New] = {}
    replaced: set[int] = set()
    for message in batch:
        outcome = Outcome(message.message_id)
        outcomes.append(outcome)
        fence = ",".join(map(str, sorted(message.company_ids)))
        for fact in message.events:
            versions = known[fact.identity]
            if versions and all(content != fact.content for _, content, _, _ in versions):
                outcome.conflicts += 1
                continue
            if any(version == message.mapping_version for version, *_ in versions):
                outcome.duplicates += 1
                continue
            older = [row for row in versions if row[0] < message.mapping_version and not row[3]]
            dead = any(row[0] > message.mapping_version for row in versions)
            outcome.superseded += len(older)
            for row in older:
                replaced.add(row[2])
                if not row[2]:
                    new[fact.identity, row[0]].supersede(now)
            added = _new(message, fact, outcome, carriers, fence, now if dead else None)
            new[fact.identity, message.mapping_version] = added
            known[fact.identity] = [(v, c, i, d or not dead) for v, c, i, d in versions]
            known[fact.identity].append((message.mapping_version, fact.content, 0, dead))
    return outcomes, list(new.values()), replaced - {0}


_KNOWN: Final = """
SELECT identity, mapping_version, content, id, superseded_at IS NOT NULL
FROM shipments_event WHERE identity = ANY(%s)
"""


def _new(
    message: Incoming, fact: Fact, outcome: Outcome, carriers: dict[str, int], fence: str,
    superseded_at: datetime | None,
) -> _New:  # fmt: skip
    ref = new_id("evt")
    carrier_id = carriers.get(slug_of(fact.carrier)) or carriers.get(slug_of(message.carrier))
    reason, eta = fact.exception_reason or "", fact.eta or ""
    hint, event_id, voids = fact.generation_hint or "", fact.source_event_id or "", fact.voids or ""
    row = {
        "public_id": ref[4:], "package_id": 0, "carrier_id": carrier_id, "tracking_number": fact.tracking_number,
        "fence": fence, "generation_hint": hint, "voids": voids, "identity": fact.identity,
        "content": fact.content, "mapping_version": message.mapping_version, "source": message.source,
        "format": message.format, "source_event_id": event_id, "source_code": fact.source_code,
        "milestone": fact.milestone, "exception_reason": reason, "occurred_at": fact.occurred_at,
        "received_at": message.received_at, "time_basis": fact.time_basis or "", "unmapped": fact.unmapped,
        "flags": list(fact.flags), "location": fact.location, "country": fact.country or "",
        "description": fact.description, "pod": fact.pod, "eta": eta, "details": fact.details,
        "message_id": message.message_id, "message_ref": message.message_ref,
        "correlation_id": message.correlation_id, "superseded_at": superseded_at, "voided_at": None,
    }  # fmt: skip
    live = Live(
        ref, fact.identity, fact.milestone, fact.occurred_at, reason, fact.pod, eta, hint, carrier_id, fence,
        message.received_at, message.mapping_version, fact.content, message.source, event_id, voids,
    )  # fmt: skip
    return _New(outcome, normalise(fact.tracking_number), row, live, superseded_at is not None)


def _settle(
    numbers: list[str], texts: dict[str, str], held: dict[str, list[Held]],
    known: dict[int, list[Live]], new: list[_New], replaced: set[int],
) -> list[folding.Settled]:  # fmt: skip
    arrived: dict[str, list[Live]] = defaultdict(list)
    homes = {
        e.identity: e.package_id for events in known.values() for e in events if e.id in replaced
    }
    for one in new:
        if not one.dead:
            one.live = one.live._replace(package_id=homes.get(one.live.identity, 0))
            arrived[one.number].append(one.live)
    settled = []
    for number in numbers:
        rows = held.get(number, [])
        events = [e for row in rows for e in known[row.id] if e.id not in replaced] + arrived[
            number
        ]
        settled += folding.settle(number, texts[number], arrange(number, rows, events))
    return settled


def _store(
    settled: list[folding.Settled], new: list[_New], replaced: set[int], now: datetime
) -> list[NewEntry]:
    folding.store_new(settled, now)
    homes = {event.ref: one for one in settled for event in one.place.events if not event.id}
    by_number = {one.number: one for one in settled}
    if replaced:
        sets.update(Event, [{"id": row_id, "superseded_at": now} for row_id in sorted(replaced)])
    for one in new:
        one.row["package_id"] = (homes.get(one.live.ref) or by_number[one.number]).id
    inserted = sets.insert(Event, [one.row for one in new], keep="identity,mapping_version")
    ids = {(identity, version): row_id for row_id, identity, version in inserted}
    event_ids, entries = {}, []
    for one in new:
        row_id = ids.get((one.live.identity, one.live.mapping_version))
        if row_id is None:
            raise Raced(f"{one.live.source} told the same event twice at once, under two numbers")
        one.outcome.new += 1
        one.outcome.event_refs.append(one.live.ref)
        event_ids[one.live.ref] = row_id
        if one.row["unmapped"] and not one.dead:
            entries.append(_unmapped(one, homes[one.live.ref].ref))
    folding.move_events(settled, now)
    return entries + folding.store_state(settled, event_ids, now)


def _unmapped(one: _New, package: str) -> NewEntry:
    row = one.row
    return NewEntry(
        "event.unmapped",
        one.live.ref,
        {
            "source": row["source"], "format": row["format"], "code": row["source_code"],
            "message": row["message_ref"], "package": package,
        },
        correlation_id=row["correlation_id"],
    )  # fmt: skip
