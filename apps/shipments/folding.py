"""From live events to stored packages, for many numbers at once: group, cut into generations, fold, store.

Everything here runs inside the caller's transaction, on packages the caller has locked.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from apps.journal.ids import new_id
from apps.journal.services import NewEntry
from apps.shipments import sets
from apps.shipments.models import Event, Package
from apps.shipments.rules import Claim, Group, PackageState, group, segment
from apps.shipments.rules.fold import fold_in_order

STARTED: Final = timedelta(days=2)  # goods may be scanned before the order is written down
_SHIFT: Final = 10_000  # generations move out of the way before they get their new numbers


_MOST_LOCKS: Final = 1_000
_TABLE_LOCK: Final = 7301  # our own first keys of PostgreSQL's advisory locks
_NUMBER_LOCK: Final = 7302
_NUMBER_LOCKS: Final = """
SELECT pg_advisory_xact_lock(%s, h)
FROM (SELECT DISTINCT hashtext(n) AS h FROM unnest(%s::text[]) AS n ORDER BY h OFFSET 0) AS hashes
"""


class Live(NamedTuple):
    """One live event as the rules need it; `id` is 0 and `package_id` 0 until it is stored."""

    ref: str
    identity: str
    milestone: str
    occurred_at: datetime
    exception_reason: str
    pod: dict[str, Any] | None
    eta: str
    generation_hint: str
    carrier_id: int | None
    fence: str
    received_at: datetime
    mapping_version: int
    content: str
    source: str
    source_event_id: str
    voids: str
    id: int = 0
    package_id: int = 0
    voided: bool = False


@dataclass(slots=True)
class Held:
    """A package row as it is stored now; `links` are (shipment id, shipment's public id, company id)."""

    id: int
    ref: str
    carrier_id: int | None
    tracking_number: str
    number: str
    generation: int
    fence: str
    ambiguous: bool
    implicit: bool
    company_id: int | None
    warehouse_id: int | None
    customer_id: int | None
    version: int
    stored: dict[str, Any]
    links: list[tuple[int, str, int | None]] = field(default_factory=list)
    since: datetime | None = None  # of its links, the earliest


_STATE: Final = (
    "milestone", "status", "exception_reason", "terminal", "first_event_at", "last_event_at", "heard_at",
    "picked_up_at", "delivered_at", "attempts", "eta", "proof", "anomalies", "deciding_event_id", "event_count",
)  # fmt: skip
_MEANING: Final = ("status", "exception_reason", "attempts", "eta", "anomalies")
_KEY: Final = ("carrier_id", "tracking_number", "number", "generation", "fence", "ambiguous")

_TIMES: Final = frozenset({
    "first_event_at", "last_event_at", "heard_at", "picked_up_at", "delivered_at",
})  # fmt: skip
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(column: str) -> str:
    """Instants come as whole microseconds: reading them as text takes longer than all the folding."""
    return f"(extract(epoch FROM {column}) * 1000000)::bigint"


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


_LOCK: Final = f"""
SELECT id, 'pkg_' || replace(public_id::text, '-', ''), carrier_id, tracking_number, number, generation, fence,
       ambiguous, implicit, company_id, warehouse_id, customer_id, version, {", ".join(_micros(name) if name in _TIMES else name for name in _STATE)}
FROM shipments_package WHERE number = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608  our own column names
_EVENTS: Final = f"""
SELECT 'evt_' || replace(public_id::text, '-', ''), identity, milestone, {_micros("occurred_at")}, exception_reason,
       pod, eta, generation_hint, carrier_id, fence, {_micros("received_at")}, mapping_version, content, source, source_event_id, voids,
       id, package_id, voided_at IS NOT NULL
FROM shipments_event WHERE package_id = ANY(%s) AND superseded_at IS NULL
"""  # noqa: S608  our own column names
_LINKS: Final = """
SELECT l.package_id, s.id, 'shp_' || replace(s.public_id::text, '-', ''), s.company_id, l.since
FROM shipments_packagelink l JOIN shipments_shipment s ON s.id = l.shipment_id
WHERE l.package_id = ANY(%s) ORDER BY s.id
"""


def claim(numbers: Sequence[str]) -> dict[str, list[Held]]:
    """Lock the packages of these numbers, and the right to make the first one of a number.

    Numbers nobody has seen have no row to lock: there one transaction at a time goes ahead. Beyond
    some hundred of them the whole table is taken instead, for PostgreSQL's lock table is finite.
    """
    held = lock(numbers)
    missing = sorted(number for number in numbers if number not in held)
    if missing:
        if len(missing) > _MOST_LOCKS:
            sets.fetch("SELECT pg_advisory_xact_lock(%s, 0)", _TABLE_LOCK)
        else:
            sets.fetch("SELECT pg_advisory_xact_lock_shared(%s, 0)", _TABLE_LOCK)
            sets.fetch(_NUMBER_LOCKS, _NUMBER_LOCK, missing)
        held.update(lock(missing))
    return held


def lock(numbers: Iterable[str]) -> dict[str, list[Held]]:
    """Lock every package of these normalised numbers, in id order; by number, with their links."""
    found: dict[str, list[Held]] = defaultdict(list)
    by_id: dict[int, Held] = {}
    for row in sets.fetch(_LOCK, list(numbers)):
        held = Held(*row[:13], _stored(row[13:]))  # type: ignore[call-arg]
        by_id[held.id] = held
        found[held.number].append(held)
    for package_id, shipment_id, ref, company_id, since in sets.fetch(_LINKS, list(by_id)) if by_id else ():
        linked = by_id[package_id]
        linked.links.append((shipment_id, ref, company_id))
        linked.since = min((at for at in (linked.since, since) if at), default=None)
    return found


def _stored(values: tuple[Any, ...]) -> dict[str, Any]:
    stored = dict(zip(_STATE, values, strict=True))
    for name in _TIMES:
        if stored[name] is not None:
            stored[name] = _instant(stored[name])
    stored["proof"] = json.loads(stored["proof"]) if stored["proof"] else None
    stored["anomalies"] = json.loads(stored["anomalies"])
    return stored


def live_events(packages: Iterable[Held]) -> dict[int, list[Live]]:
    """All events of these packages that are not superseded, by package id."""
    found: dict[int, list[Live]] = defaultdict(list)
    ids = [package.id for package in packages]
    for row in sets.fetch(_EVENTS, ids) if ids else ():
        pod = json.loads(row[5]) if row[5] else None
        values = (*row[:3], _instant(row[3]), row[4], pod, *row[6:10], _instant(row[10]), *row[11:])
        found[row[17]].append(Live._make(values))
    return found


class Place(NamedTuple):
    """One package as it should be: its family, generation and events, and the row that is to hold it."""

    home: Group
    generation: int
    events: list[Live]
    row: Held | None


def arrange(number: str, rows: Sequence[Held], events: Sequence[Live]) -> list[Place]:
    """Which package each live event of one number belongs to; rows follow the events they hold most of.

    A row without events (Odoo named the number first) takes the newest generation that has none.
    """
    claims = [
        Claim(row.carrier_id, frozenset(link[2] for link in row.links if link[2]))
        for row in rows
        if not row.fence and row.links
    ]
    wanted = [
        (home, index, part)
        for home, found in group(events, claims).items()
        for index, part in enumerate(segment(found), start=1)
    ]
    owner = {event.identity: event.package_id for event in events}
    meant = _meant(wanted, rows)
    taken = {row.id for row in meant.values()}
    # A linked row whose own events are still to come stays free: no other's may take it.
    free = {row.id: row for row in rows if row.id not in taken and not (row.links and row.carrier_id)}
    places = []
    for home, index, part in sorted(wanted, key=lambda w: (-len(w[2]), -w[1], w[2][0].identity)):
        row = meant.get((home, index)) or _row_for(home, index, part, owner, free)
        if row is not None:
            free.pop(row.id, None)
            taken.add(row.id)
        places.append(Place(home, index, part, row))
    return places + _empty(places, [row for row in rows if row.id not in taken])


def _meant(wanted: Sequence[tuple[Group, int, list[Live]]], rows: Sequence[Held]) -> dict[tuple[Group, int], Held]:
    """For the rows that shipments are linked to: the generation each shipment means.

    The first one that had not ended when the shipment's story began, the newest if that is unknown.
    It follows from the events and the link alone, so that late events find it unchanged.
    """
    meant: dict[tuple[Group, int], Held] = {}
    named = {home.carrier_id: home for home, *_ in wanted if not home.fence}
    for row in sorted((r for r in rows if r.links and not r.fence), key=lambda r: (r.since or _EPOCH, r.id)):
        home = named.get(row.carrier_id)
        if row.carrier_id is None and len(named) == 1:
            home = next(iter(named.values()))
        if home is None:
            continue
        parts = [(index, part) for at_home, index, part in wanted if at_home == home and (home, index) not in meant]
        for index, part in parts[-1:] if row.since is None else parts:
            if row.since is None or part[-1].occurred_at >= row.since - STARTED:
                meant[home, index] = row
                break
    return meant


def _row_for(
    home: Group, generation: int, part: list[Live], owner: dict[str, int], free: dict[int, Held]
) -> Held | None:
    votes: dict[int, int] = defaultdict(int)
    for event in part:
        if owner[event.identity] in free:
            votes[owner[event.identity]] += 1
    if votes:
        return free[min(votes, key=lambda row_id: (-votes[row_id], row_id))]
    owned = set(owner.values())
    vacant = [
        row for row in free.values() if row.id not in owned and row.fence == home.fence
        and (row.carrier_id == home.carrier_id or (row.links and None in (row.carrier_id, home.carrier_id)))
    ]
    exact = [row for row in vacant if row.carrier_id == home.carrier_id]
    return max(exact or vacant, key=lambda row: (bool(row.links), row.generation == generation, -row.id), default=None)


def _empty(places: list[Place], rows: list[Held]) -> list[Place]:
    """Rows that hold no event: they keep their family, as the generations after those with events."""
    count: dict[tuple[int | None, str], int] = defaultdict(int)
    for place in places:
        count[place.home.carrier_id, place.home.fence] += 1
    found = []
    for row in sorted(rows, key=lambda row: (row.generation, row.id)):
        count[row.carrier_id, row.fence] += 1
        home = Group(row.carrier_id, row.fence)
        found.append(Place(home, count[row.carrier_id, row.fence], [], row))
    return found


def settle(number: str, text: str, places: Sequence[Place]) -> list["Settled"]:
    """Fold every place of one number; `text` is how a source wrote it."""
    return [_settled(number, text, place) for place in places]


@dataclass(slots=True)
class Settled:
    """One package with its fold. `row` is what was stored before, None for a new package."""

    place: Place
    row: Held | None
    id: int
    ref: str
    number: str
    text: str
    state: PackageState
    heard_at: datetime | None

    def key(self) -> dict[str, Any]:
        """The columns that say which package this is."""
        home = self.place.home
        return {
            "carrier_id": home.carrier_id, "tracking_number": self.text, "number": self.number,
            "generation": self.place.generation, "fence": home.fence, "ambiguous": home.ambiguous,
        }  # fmt: skip

    def columns(self, event_ids: dict[str, int]) -> dict[str, Any]:
        """The columns that the fold fills."""
        state = self.state
        return {
            "milestone": state.milestone, "status": state.status, "exception_reason": state.exception_reason,
            "terminal": state.terminal, "first_event_at": state.first_event_at,
            "last_event_at": state.last_event_at, "heard_at": self.heard_at, "picked_up_at": state.picked_up_at,
            "delivered_at": state.delivered_at, "attempts": state.attempts, "eta": state.eta, "proof": state.proof,
            "anomalies": list(state.anomalies), "deciding_event_id": self._deciding_id(event_ids),
            "event_count": state.event_count,
        }  # fmt: skip


    def _deciding_id(self, event_ids: dict[str, int]) -> int | None:
        """New events got their ids just now; stored ones carry theirs."""
        ref = self.state.deciding
        if not ref or ref in event_ids:
            return event_ids.get(ref)
        return next(event.id for event in self.place.events if event.ref == ref)


def _settled(number: str, text: str, place: Place) -> Settled:
    row = place.row
    voided = voided_ids(place.events)
    events = [event for event in place.events if event.identity not in voided] if voided else place.events
    state = fold_in_order(events)
    heard = max((event.received_at for event in place.events), default=None)
    return Settled(
        place, row, row.id if row else 0, row.ref if row else new_id("pkg"), number,
        row.tracking_number if row else text, state, heard,
    )  # fmt: skip


def voided_ids(events: Iterable[Live]) -> frozenset[str]:
    """Identities of the events that another event of the same source takes back."""
    taken = {(event.source, event.voids) for event in events if event.voids}
    if not taken:
        return frozenset()
    return frozenset(e.identity for e in events if e.source_event_id and (e.source, e.source_event_id) in taken)


def store_new(settled: Sequence[Settled], now: datetime) -> None:
    """Insert the packages that have no row yet, and free the keys of rows that get other ones."""
    moved = [one for one in settled if one.row is not None and _moved(one)]
    if moved:
        sets.update(Package, [{"id": one.id, "generation": _SHIFT + index} for index, one in enumerate(moved)])
        sets.update(Package, [{"id": one.id, **one.key()} for one in moved])
    new = [one for one in settled if one.row is None]
    rows = [
        {"public_id": one.ref[4:], **one.key(), **_blank(), "version": 1, "changed_at": now, "implicit": False}
        for one in new
    ]
    inserted = sets.insert(Package, rows, keep="number,carrier_id,generation,fence")
    ids = {tuple(row[1:]): row[0] for row in inserted}
    for one in new:
        home = one.place.home
        one.id = ids[one.number, home.carrier_id, one.place.generation, home.fence]


def _moved(one: Settled) -> bool:
    row, home = one.row, one.place.home
    return row is not None and (row.carrier_id, row.generation, row.fence, row.ambiguous) != (
        home.carrier_id, one.place.generation, home.fence, home.ambiguous
    )  # fmt: skip


def _blank() -> dict[str, Any]:
    return {
        "milestone": "", "status": "", "exception_reason": "", "terminal": False, "attempts": 0, "eta": "",
        "anomalies": [], "event_count": 0,
    }  # fmt: skip


def store_state(settled: Sequence[Settled], event_ids: dict[str, int], now: datetime) -> list[NewEntry]:
    """Store the folds that differ from what is stored, in one statement; returns what to journal."""
    rows, entries = [], []
    for one in settled:
        columns = one.columns(event_ids)
        before = one.row.stored if one.row is not None else None
        if before is not None and not _moved(one) and all(before[name] == columns[name] for name in _STATE):
            continue
        changed = _meaning(one, before, columns)
        version = (one.row.version if one.row else 0) + 1
        rows.append({"id": one.id, "version": version, "changed_at": now, **columns})
        if changed:
            entries.append(_entry(one, changed, version, before))
        if one.place.home.ambiguous and (before is None or "ambiguous" in changed):
            entries.append(_ambiguous(one, settled))
    sets.update(Package, rows)
    return entries


def _meaning(one: Settled, before: dict[str, Any] | None, columns: dict[str, Any]) -> list[str]:
    if before is None:
        return ["status"]
    changed = [name for name in _MEANING if before[name] != columns[name]]
    if _proven(before["proof"]) != _proven(columns["proof"]):
        changed.append("proof")
    if one.row is not None and one.row.ambiguous != one.place.home.ambiguous:
        changed.append("ambiguous")
    return changed


def _proven(proof: dict[str, Any] | None) -> bool:
    return bool(proof and proof.get("valid"))


def _entry(one: Settled, changed: list[str], version: int, before: dict[str, Any] | None) -> NewEntry:
    row = one.row
    return NewEntry(
        "package.changed",
        one.ref,
        {
            "version": version, "status": one.state.status, "milestone": one.state.milestone,
            "shipments": [link[1] for link in row.links] if row else [], "became": changed,
            "was": before["status"] if before else "",
        },
        company_id=row.company_id if row else None,
        warehouse_id=row.warehouse_id if row else None,
        customer_id=row.customer_id if row else None,
    )  # fmt: skip


def _ambiguous(one: Settled, settled: Sequence[Settled]) -> NewEntry:
    others = [
        other.ref for other in settled
        if other.number == one.number and other.place.home.carrier_id is not None and not other.place.home.fence
    ]
    return NewEntry("package.ambiguous", one.ref, {"number": one.number, "candidates": sorted(others)})


def move_events(settled: Sequence[Settled], now: datetime) -> None:
    """Put stored events into the package they belong to now, and mark what was taken back."""
    moved = [
        {"id": event.id, "package_id": one.id}
        for one in settled
        for event in one.place.events
        if event.id and event.package_id != one.id
    ]
    sets.update(Event, moved)
    marks = []
    for one in settled:
        voided = voided_ids(one.place.events)
        marks += [
            {"id": event.id, "voided_at": now if event.identity in voided else None}
            for event in one.place.events
            if event.id and event.voided != (event.identity in voided)
        ]
    sets.update(Event, marks)


def refold(numbers: Sequence[str], now: datetime) -> tuple[list[NewEntry], set[int]]:
    """Arrange, fold and store these numbers again; returns what to journal and the shipments touched."""
    held = claim(numbers)
    known = live_events(row for rows in held.values() for row in rows)
    settled = []
    for number, rows in held.items():
        events = [event for row in rows for event in known[row.id]]
        settled += settle(number, rows[0].tracking_number, arrange(number, rows, events))
    store_new(settled, now)
    move_events(settled, now)
    entries = store_state(settled, {}, now)
    return entries, {link[0] for one in settled if one.row for link in one.row.links}
