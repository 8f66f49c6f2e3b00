"""Learns what usually takes how long from what was delivered, and says which packages are silent (B6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.shipments import sets
from apps.shipments.models import Usual
from apps.shipments.rules.usual import DEFAULTS, Basis, Lane, Seen, Table, heard_by

_WINDOW: Final = timedelta(days=90)
_MOST: Final = 50_000  # delivered packages that one learning looks at, the newest
FORGOTTEN: Final = timedelta(days=60)  # who is silent that long is no news any more
_LANE: Final = "coalesce(s.warehouse_id::text, '') || '>' || s.ship_to_country"
_LEARN: Final = f"""
WITH done AS (
    SELECT id, carrier_id, picked_up_at, delivered_at FROM shipments_package
    WHERE delivered_at > %(since)s AND terminal ORDER BY delivered_at DESC LIMIT %(most)s
), placed AS (
    SELECT DISTINCT ON (d.id) d.*, s.carrier_name AS service, {_LANE} AS lane
    FROM done d JOIN shipments_packagelink l ON l.package_id = d.id JOIN shipments_shipment s ON s.id = l.shipment_id
    ORDER BY d.id, s.id
), gaps AS (
    SELECT e.milestone AS what, p.carrier_id, p.service, p.lane,
           lead(e.occurred_at) OVER (PARTITION BY p.id ORDER BY e.occurred_at, e.id) - e.occurred_at AS took
    FROM placed p JOIN shipments_event e ON e.package_id = p.id
    WHERE e.superseded_at IS NULL AND e.voided_at IS NULL AND e.claims = '[]'
      AND e.occurred_at <= p.delivered_at AND e.milestone NOT IN ('info_only', 'eta_updated', 'asn_received', 'invoice_received')
    UNION ALL
    SELECT 'transit', carrier_id, service, lane, delivered_at - picked_up_at FROM placed WHERE picked_up_at < delivered_at
)
SELECT what, 3 - (grouping(lane) + grouping(service) + grouping(carrier_id)) AS level, carrier_id,
       coalesce(service, ''), coalesce(lane, ''),
       percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM took) / 3600), count(*)
FROM gaps WHERE took > interval '0' AND what = ANY(%(known)s)
GROUP BY GROUPING SETS ((what, carrier_id, service, lane), (what, carrier_id, service), (what, carrier_id), (what))
"""  # noqa: S608  our own column names
_LIVE: Final = f"""
SELECT p.id, p.milestone, p.heard_at, p.carrier_id, s.carrier_name, {_LANE}
FROM shipments_package p JOIN LATERAL (
    SELECT s.* FROM shipments_packagelink l JOIN shipments_shipment s ON s.id = l.shipment_id
    WHERE l.package_id = p.id AND s.kind <> 'incoming' ORDER BY s.id LIMIT 1
) s ON true
WHERE NOT p.terminal AND p.heard_at > %s AND p.milestone = ANY(%s) AND NOT s.gone
"""  # noqa: S608  our own column names


@dataclass(frozen=True, slots=True)
class Silent:
    """A package of which news is overdue: when it was last heard of, by when news was due, and by what that is known."""

    package_id: int
    carrier_id: int | None
    milestone: str
    last_at: datetime
    due_at: datetime
    basis: Basis


@dataclass(frozen=True, slots=True)
class Silence:
    """All silent packages, and for each carrier how many live ones it has and how many of them are silent."""

    packages: list[Silent]
    live: dict[int | None, int]
    silent: dict[int | None, int]

    def share(self, carrier_id: int | None) -> float:
        """The part of a carrier's live packages that is silent."""
        return self.silent.get(carrier_id, 0) / max(self.live.get(carrier_id, 0), 1)


@transaction.atomic
def learn(now: datetime) -> int:
    """Replace what is known of usual times by what the last 90 days say; returns how many lines."""
    rows = sets.fetch_named(_LEARN, since=now - _WINDOW, most=_MOST, known=list(DEFAULTS))
    Usual.objects.all().delete()
    Usual.objects.bulk_create(
        Usual(
            what=what, level=level, carrier_id=carrier_id, service=service[:120], lane=lane[:40],
            p50_h=float(p50), p90_h=float(p90), p99_h=float(p99), sample=sample, learnt_at=now,
        )
        for what, level, carrier_id, service, lane, (p50, p90, p99), sample in rows
        # A package without a carrier counts for everybody only.
        if level == 0 or carrier_id is not None
    )  # fmt: skip
    return len(rows)


_COLUMNS: Final = (
    "what", "level", "carrier_id", "service", "lane", "p50_h", "p90_h", "p99_h", "sample",
)  # fmt: skip


def table() -> Table:
    """What was learnt, by what, level, carrier, service and lane."""
    return _as_table(Usual.objects.all())


def table_for(what: Sequence[str], lane: Lane) -> Table:
    """The few lines of it that can speak of one carrier."""
    mine = Q(carrier=lane.carrier) if lane.carrier else Q(pk__in=())
    return _as_table(Usual.objects.filter(mine | Q(level=0), what__in=what))


def _as_table(rows: QuerySet[Usual]) -> Table:
    return {row[:5]: Seen(*row[5:]) for row in rows.values_list(*_COLUMNS)}


def silence(now: datetime) -> Silence:
    """Which live packages should have been heard of by now. What nobody linked or reported is unknown, not silent."""
    known = table()
    found: list[Silent] = []
    live: dict[int | None, int] = defaultdict(int)
    silent: dict[int | None, int] = defaultdict(int)
    for pk, milestone, last_at, carrier_id, service, lane in _live(now):
        live[carrier_id] += 1
        due = heard_by(known, milestone, last_at, Lane(carrier_id, service[:120], lane[:40]))
        if due is not None and due[0] < now:
            silent[carrier_id] += 1
            found.append(Silent(pk, carrier_id, milestone, last_at, due[0], due[1]))
    return Silence(found, live, silent)


def silent_counts(now: datetime) -> dict[int | None, tuple[int, int]]:
    """For each carrier (database id): how many live packages it has, and how many of them are silent."""
    heard = silence(now)
    return {pk: (count, heard.silent.get(pk, 0)) for pk, count in heard.live.items()}


def _live(now: datetime) -> Iterable[tuple[int, str, datetime, int | None, str, str]]:
    return sets.fetch(_LIVE, now - FORGOTTEN, list(DEFAULTS))
