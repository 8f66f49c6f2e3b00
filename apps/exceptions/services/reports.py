"""Look at what was reported again and make the queue say what is true of it now (docs/decisions/0003)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from apps.exceptions.models import Case
from apps.exceptions.rules.reports import (
    CASES,
    TOPICS,
    Around,
    ReportFact,
    ReportFinding,
    report_findings,
    settled,
)
from apps.exceptions.services.cases import clear_case, open_case
from apps.journal.correlation import bound, current
from apps.shipments.models import Order, Report, Shipment, Supply
from apps.shipments.rules.reports import SUBJECTS, asn_number

_KEPT: Final = timedelta(
    days=90
)  # how far back a thread without an order or a purchase is looked at
_OVER: Final = ("delivered", "goods_received", "pod_received", "cancelled", "returned_to_sender")
_BY_ORDER: Final = frozenset(
    {"allocation", "picking", "cancelled"}
)  # a warehouse speaks of orders here
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Thread:
    """What belongs together: a topic, and what it is about (our public id, else the reference with its company)."""

    topic: str
    subject: str

    def dedupe(self, key: str) -> str:
        """The key of one of its cases."""
        return f"{CASES[self.topic]}:{self.topic}:{self.subject}{f':{key}' if key else ''}"[:160]


def evaluate_reports(refs: Collection[str], *, now: datetime) -> None:
    """Open, keep and clear the cases of every thread that these reports (public ids) belong to."""
    rows = list(_live().filter(public_id__in=refs, kind__in=TOPICS))
    _evaluate(rows, now)


def evaluate_reported_orders(order_ids: Collection[int], *, now: datetime) -> None:
    """Look again at what a change of an order's invoices decides: cancelled after invoicing (R96)."""
    _evaluate(list(_live().filter(order__in=order_ids, kind="shipment.cancelled")), now)


def customs_overdue(now: datetime) -> int:
    """Threads that customs holds beyond CUSTOMS_HOLD_H and that have no case yet; returns how many were looked at."""
    limit = now - timedelta(hours=settings.CUSTOMS_HOLD_H)
    held = _live().filter(kind="customs.held", occurred_at__lt=limit, occurred_at__gt=now - _KEPT)
    rows = list(held.order_by("-id")[:_MOST])
    if not rows:
        return 0
    threads = {row.pk: thread_of(row, {}) for row in rows}
    keys = {thread.dedupe("") for thread in threads.values()}
    known = set(
        Case.objects.filter(dedupe__in=keys)
        .exclude(state="resolved")
        .values_list("dedupe", flat=True)
    )
    fresh = [row for row in rows if threads[row.pk].dedupe("") not in known]
    _evaluate(fresh, now)
    return len(fresh)


def thread_of(row: Report, only_leg: Mapping[int, Shipment]) -> Thread:
    """The thread a report belongs to; only_leg: the one shipment of an order that has no other."""
    topic = TOPICS[row.kind]
    if topic == "dock":
        return Thread(topic, f"docks:{row.company.public_id if row.company else ''}"[:40])
    if topic == "notice" and row.supply is not None:
        return Thread(topic, row.supply.public_id)
    if topic in ("adjustment", "threshold"):
        company = row.company.public_id if row.company else ""
        return Thread(topic, f"{company}:{row.subject_ref[:60]}")
    if topic in _BY_ORDER and row.order is not None:
        return Thread(topic, row.order.public_id)
    shipment = row.shipment or only_leg.get(row.order_id or 0)
    for one in (shipment, row.order, row.supply):
        if one is not None:
            return Thread(topic, one.public_id)
    return Thread(topic, f"{row.subject_kind}:{row.subject_ref[:60]}")


def _live() -> QuerySet[Report]:
    """Reports that count: neither replaced by a newer mapping nor said by somebody who may not."""
    rows = Report.objects.filter(superseded_at=None, claims=[])
    return rows.select_related("order", "shipment__order", "supply", "company")


@transaction.atomic
def _evaluate(rows: Sequence[Report], now: datetime) -> None:
    if not rows:
        return
    legs = _only_legs({row.order_id for row in rows if row.order_id and not row.shipment_id})
    wanted = {thread for row in rows for thread in (thread_of(row, legs), *_former(row))}
    threads: dict[Thread, list[Report]] = defaultdict(list)
    for row in _neighbours(rows):
        thread = thread_of(row, legs)
        if thread in wanted:
            threads[thread].append(row)
    known = _open_cases(wanted)
    for thread in sorted(wanted, key=lambda one: (one.topic, one.subject)):
        told = threads[thread]
        facts = [_fact(row) for row in told]
        found = {
            thread.dedupe(one.key): one
            for one in report_findings(thread.topic, facts, _around(thread, told, now))
        }
        # What a batch brings about carries the id of the report behind it, not of the batch's first entry.
        newest = max(told, key=lambda row: (row.received_at, row.pk), default=None)
        with bound(newest.correlation_id if newest else current()):
            for dedupe, finding in sorted(found.items()):
                _open(thread, dedupe, finding, told, now)
            for dedupe in sorted(known[thread] - set(found)):
                clear_case(dedupe, says=settled(thread.topic, facts), now=now)


def _former(row: Report) -> Iterable[Thread]:
    """Where a report belonged before it found what it is about: a case there is over now."""
    topic = TOPICS[row.kind]
    if topic in ("dock", "adjustment", "threshold"):
        return
    if row.order or row.shipment or row.supply:
        yield Thread(topic, f"{row.subject_kind}:{row.subject_ref[:60]}")
    if row.order is not None and row.shipment is None:
        yield Thread(topic, row.order.public_id)


def _only_legs(order_ids: Collection[int]) -> dict[int, Shipment]:
    legs: dict[int, list[Shipment]] = defaultdict(list)
    going = Shipment.objects.filter(
        order__in=order_ids, kind__in=("outgoing", "dropship"), gone=False
    )
    for row in going.select_related("order") if order_ids else ():
        legs[row.order_id or 0].append(row)
    return {order_id: rows[0] for order_id, rows in legs.items() if len(rows) == 1}


def _neighbours(rows: Iterable[Report]) -> list[Report]:
    """All live reports that could belong to the threads of these: same topic, same thing."""
    about = Q()
    for row in rows:
        kinds = [kind for kind, topic in TOPICS.items() if topic == TOPICS[row.kind]]
        if TOPICS[row.kind] == "dock":
            about |= Q(
                company=row.company_id, occurred_at__gt=row.occurred_at - _KEPT, kind__in=kinds
            )
            continue
        linked = {
            name: getattr(row, name)
            for name in ("order_id", "shipment_id", "supply_id")
            if getattr(row, name)
        }
        if row.shipment is not None and row.shipment.order_id:
            linked["order_id"] = row.shipment.order_id
        for name, pk in linked.items():
            about |= Q(**{name: pk}, kind__in=kinds)
        if not linked:
            named = Q(subject_kind=row.subject_kind, subject_ref=row.subject_ref, kind__in=kinds)
            about |= named & Q(occurred_at__gt=row.occurred_at - _KEPT)
    return list(_live().filter(about))


def _open_cases(threads: Collection[Thread]) -> dict[Thread, set[str]]:
    wanted = Q(pk__in=())
    for thread in threads:
        wanted |= Q(dedupe=thread.dedupe("")) | Q(dedupe__startswith=f"{thread.dedupe('')}:")
    keys = Case.objects.filter(wanted).exclude(state="resolved").values_list("dedupe", flat=True)
    found: dict[Thread, set[str]] = defaultdict(set)
    for key in keys:
        for thread in threads:
            if key == thread.dedupe("") or key.startswith(f"{thread.dedupe('')}:"):
                found[thread].add(key)
    return found


def _fact(row: Report) -> ReportFact:
    return ReportFact(
        row.public_id, row.kind, _about(row), row.occurred_at, row.identity, row.source, row.message_ref,
        asn_number(row.details, {}), row.details,
    )  # fmt: skip


def _about(row: Report) -> str:
    """How a sentence names it: our own word where it is linked."""
    if row.subject_kind in ("dock", "product"):
        return f"dock {row.subject_ref}" if row.subject_kind == "dock" else row.subject_ref
    if row.shipment is not None:
        return row.shipment.reference
    if row.order is not None:
        return row.order.name
    if row.supply is not None:
        return row.supply.reference
    return f"{SUBJECTS.get(row.subject_kind, row.subject_kind).lower()} {row.subject_ref}"


def _around(thread: Thread, told: Sequence[Report], now: datetime) -> Around:
    shipment = next((row.shipment for row in told if row.shipment is not None), None)
    order = _order_of(told)
    supply = next((row.supply for row in told if row.supply is not None), None)
    posted = []
    if thread.topic == "cancelled" and order is not None:
        posted = [
            bill["name"] or "its invoice"
            for bill in order.invoices
            if bill["kind"] == "out_invoice"
            and bill["state"] == "posted"
            and bill["payment_state"] != "reversed"
        ]
    return Around(
        now, settings.CUSTOMS_HOLD_H, settings.ASN_TOLERANCE_PERCENT, settings.STOCK_TOLERANCE_PERCENT,
        supply.lines if supply is not None else (), posted,
        shipment is not None and shipment.execution_status in _OVER,
    )  # fmt: skip


def _order_of(told: Sequence[Report]) -> Order | None:
    for row in told:
        if row.order is not None:
            return row.order
        if row.shipment is not None and row.shipment.order is not None:
            return row.shipment.order
    return None


def _open(
    thread: Thread, dedupe: str, finding: ReportFinding, told: Sequence[Report], now: datetime
) -> None:
    """A case about docks or products concerns nobody's order; any other is its order's and shipment's."""
    many = thread.topic in ("dock", "adjustment", "threshold")
    shipment = (
        None if many else next((row.shipment for row in told if row.shipment is not None), None)
    )
    supply: Supply | None = next((row.supply for row in told if row.supply is not None), None)
    open_case(
        CASES[thread.topic],
        dedupe,
        now=now,
        title=finding.title,
        says=finding.says,
        reason=finding.reason,
        shipment=shipment,
        order=None if many else _order_of(told),
        subject=supply.public_id if supply is not None and not many else told[-1].public_id,
        company_id=next((row.company_id for row in told if row.company_id), None),
        evidence=finding.evidence,
    )
