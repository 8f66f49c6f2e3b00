"""The packages and events at hand: read, and locked, for many numbers at once."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from apps.shipments import sets
from apps.shipments.rules.ownership import claimed

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
    format: str = ""
    claims: Sequence[Mapping[str, Any]] = ()

    @property
    def yields(self) -> bool:
        """Whether it is stored as a word that gives way to others' (rules.trust)."""
        return any(claim.get("yields") for claim in self.claims)

    def silent(self) -> "Live":
        """The event without what moves a status."""
        return self._replace(milestone="info_only", exception_reason="")

    def masked(self, claims: Sequence[Mapping[str, Any]]) -> "Live":
        """The event as the rules may see it: what its source does not own is not there (R48).

        Whether a word yields is found anew whenever the package is folded: it masks nothing here.
        """
        if not claims:
            return self
        silent = claimed([claim for claim in claims if not claim.get("yields")], "milestone")
        return self._replace(
            claims=claims,
            milestone="info_only" if silent else self.milestone,
            exception_reason="" if silent else self.exception_reason,
            eta="" if claimed(claims, "eta") else self.eta,
            pod=None if claimed(claims, "proof") else self.pod,
        )


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


STATE: Final = (
    "milestone", "status", "exception_reason", "terminal", "first_event_at", "last_event_at", "heard_at",
    "picked_up_at", "delivered_at", "attempts", "eta", "proof", "anomalies", "deciding_event_id", "event_count",
)  # fmt: skip

_TIMES: Final = frozenset({
    "first_event_at", "last_event_at", "heard_at", "picked_up_at", "delivered_at",
})  # fmt: skip
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(column: str) -> str:
    """Instants come as whole microseconds: reading them as text takes longer than all the folding."""
    return f"(extract(epoch FROM {column}) * 1000000)::bigint"


def _instant(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


_LOCK: Final = f"""
SELECT id, 'pkg_' || replace(public_id::text, '-', ''), carrier_id, tracking_number, number, generation, fence,
       ambiguous, implicit, company_id, warehouse_id, customer_id, version, {", ".join(_micros(name) if name in _TIMES else name for name in STATE)}
FROM shipments_package WHERE number = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608  our own column names
_EVENTS: Final = f"""
SELECT 'evt_' || replace(public_id::text, '-', ''), identity, milestone, {_micros("occurred_at")}, exception_reason,
       pod, eta, generation_hint, carrier_id, fence, {_micros("received_at")}, mapping_version, content, source, source_event_id, voids,
       id, package_id, voided_at IS NOT NULL, claims, format
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
    for package_id, shipment_id, ref, company_id, since in (
        sets.fetch(_LINKS, list(by_id)) if by_id else ()
    ):
        linked = by_id[package_id]
        linked.links.append((shipment_id, ref, company_id))
        linked.since = min((at for at in (linked.since, since) if at), default=None)
    return found


def _stored(values: tuple[Any, ...]) -> dict[str, Any]:
    stored = dict(zip(STATE, values, strict=True))
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
        values = (
            *row[:3],
            _instant(row[3]),
            row[4],
            pod,
            *row[6:10],
            _instant(row[10]),
            *row[11:19],
            row[20],
            (),
        )
        event = Live._make(values)
        found[row[17]].append(event if row[19] == "[]" else event.masked(json.loads(row[19])))
    return found
