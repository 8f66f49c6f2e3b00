"""From live events to stored packages, for many numbers at once: group, cut into generations, fold, store.

Everything here runs inside the caller's transaction, on packages the caller has claimed (held.claim).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.journal.ids import new_id
from apps.journal.services import NewEntry
from apps.shipments import sets
from apps.shipments.arranging import Place, arrange
from apps.shipments.held import STATE, Held, Live, claim, live_events
from apps.shipments.models import Event, Package
from apps.shipments.ownership import matrix
from apps.shipments.rules import PackageState
from apps.shipments.rules.fold import fold_in_order, in_order
from apps.shipments.rules.trust import Trust

_SHIFT: Final = 10_000  # generations move out of the way before they get their new numbers
_MEANING: Final = ("status", "exception_reason", "attempts", "eta", "anomalies")


def arranged(
    number: str, rows: Sequence[Held], events: Sequence[Live], trust: Trust
) -> list[Place]:
    """As arrange; a word that only stands in ends no generation of a number and begins none."""
    if len({event.source for event in events}) < 2:
        return arrange(number, rows, events)
    low = {event.identity: event for event in events if trust.stands_in(event)}
    if not low:
        return arrange(number, rows, events)
    quiet = [event.silent() if event.identity in low else event for event in events]
    return [
        place._replace(events=in_order([low.get(event.identity, event) for event in place.events]))
        for place in arrange(number, rows, quiet)
    ]


def settle(number: str, text: str, places: Sequence[Place], trust: Trust) -> list["Settled"]:
    """Fold every place of one number; `text` is how a source wrote it."""
    return [_settled(number, text, place, trust) for place in places]


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
    voided: frozenset[str] = frozenset()  # identities of its events that their source took back
    yielded: frozenset[str] = (
        frozenset()
    )  # and of those that only stood in for others' (rules.trust)
    cause: str | None = None  # correlation id of the message behind it; None: of the work at hand

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


def _settled(number: str, text: str, place: Place, trust: Trust) -> Settled:
    row = place.row
    voided = voided_ids(place.events)
    events = (
        [event for event in place.events if event.identity not in voided]
        if voided
        else place.events
    )
    several = len({event.source for event in events}) > 1
    yielded = trust.yielding(events) if several else frozenset()
    if yielded:
        events = in_order(
            event.silent() if event.identity in yielded else event for event in events
        )
    state = fold_in_order(events, trust if several else None)
    heard = max((event.received_at for event in place.events), default=None)
    return Settled(
        place, row, row.id if row else 0, row.ref if row else new_id("pkg"), number,
        row.tracking_number if row else text, state, heard, voided, yielded,
    )  # fmt: skip


def voided_ids(events: Iterable[Live]) -> frozenset[str]:
    """Identities of the events that another event of the same source takes back."""
    taken = {(event.source, event.voids) for event in events if event.voids}
    if not taken:
        return frozenset()
    return frozenset(
        e.identity for e in events if e.source_event_id and (e.source, e.source_event_id) in taken
    )


def store_new(settled: Sequence[Settled], now: datetime) -> None:
    """Insert the packages that have no row yet, and free the keys of rows that get other ones."""
    moved = [one for one in settled if one.row is not None and _moved(one)]
    if moved:
        sets.update(
            Package,
            [{"id": one.id, "generation": _SHIFT + index} for index, one in enumerate(moved)],
        )
        sets.update(Package, [{"id": one.id, **one.key()} for one in moved])
    new = [one for one in settled if one.row is None]
    rows = [
        {
            "public_id": one.ref[4:],
            **one.key(),
            **_blank(),
            "version": 1,
            "changed_at": now,
            "implicit": False,
        }
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


def store_state(
    settled: Sequence[Settled], event_ids: dict[str, int], now: datetime
) -> list[NewEntry]:
    """Store the folds that differ from what is stored, in one statement; returns what to journal."""
    rows, entries = [], []
    for one in settled:
        columns = one.columns(event_ids)
        before = one.row.stored if one.row is not None else None
        if (
            before is not None
            and not _moved(one)
            and all(before[name] == columns[name] for name in STATE)
        ):
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


def _entry(
    one: Settled, changed: list[str], version: int, before: dict[str, Any] | None
) -> NewEntry:
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
        correlation_id=one.cause,
    )  # fmt: skip


def _ambiguous(one: Settled, settled: Sequence[Settled]) -> NewEntry:
    others = [
        other.ref
        for other in settled
        if other.number == one.number
        and other.place.home.carrier_id is not None
        and not other.place.home.fence
    ]
    return NewEntry(
        "package.ambiguous", one.ref, {"number": one.number, "candidates": sorted(others)}
    )


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
        voided = one.voided
        marks += [
            {"id": event.id, "voided_at": now if event.identity in voided else None}
            for event in one.place.events
            if event.id and event.voided != (event.identity in voided)
        ]
    sets.update(Event, marks)


def mark_yielding(settled: Sequence[Settled], trust: Trust) -> None:
    """Write at stored events whether they yield, where that is no longer as it was."""
    marks = []
    for one in settled:
        for event in one.place.events:
            if not event.id or not (one.yielded or event.claims):
                continue  # nearly all: this runs for every event of every parcel of a batch
            if event.yields != (event.identity in one.yielded):
                kept = [claim for claim in event.claims if not claim.get("yields")]
                more = [] if event.yields else [trust.yielded(event)]
                marks.append({"id": event.id, "claims": [*kept, *more]})
    sets.update(Event, marks)


def refold(numbers: Sequence[str], now: datetime) -> tuple[list[NewEntry], set[int]]:
    """Arrange, fold and store these numbers again; returns what to journal and the shipments touched."""
    trust = Trust.of(matrix())
    held = claim(numbers)
    known = live_events(row for rows in held.values() for row in rows)
    settled = []
    for number, rows in held.items():
        events = [event for row in rows for event in known[row.id]]
        places = arranged(number, rows, events, trust)
        settled += settle(number, rows[0].tracking_number, places, trust)
    store_new(settled, now)
    move_events(settled, now)
    mark_yielding(settled, trust)
    entries = store_state(settled, {}, now)
    return entries, {link[0] for one in settled if one.row for link in one.row.links}
