"""Opening, seeing again and clearing cases: what detectors do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.accounts.models import Team
from apps.exceptions.kinds import KINDS
from apps.exceptions.models import Case, CaseEvidence
from apps.exceptions.rules import Evidence
from apps.exceptions.services.emit import add_step, emit_case
from apps.exceptions.services.locks import lock_cases
from apps.exceptions.services.timing import due, go_on, pause
from apps.shipments.models import Order, Package, Shipment

THE_TOWER = "the tower"
REOPEN_WITHIN = timedelta(hours=24)
_URGENT = timedelta(hours=4)


@transaction.atomic
def open_case(
    kind: str,
    dedupe: str,
    *,
    now: datetime,
    title: str = "",
    says: str = "",
    reason: str = "",
    shipment: Shipment | None = None,
    package: Package | None = None,
    order: Order | None = None,
    subject: str = "",
    evidence: Sequence[Evidence] = (),
    company_id: int | None = None,
    next_step: str = "",
) -> Case:
    """The one open case of this deviation: a new one, the one that is open, or one that closed within a day.

    kind is a key of kinds.KINDS (KeyError otherwise). New evidence raises the count, known evidence changes
    nothing; so a repeated trigger is harmless. A case that a person closed comes back only with new evidence or,
    where there is none (a promise that passes), for another reason.
    Rule: PRODUCT.md R161, R168, R169.
    """
    _one_at_a_time(dedupe)
    known = lock_cases(Case.objects.filter(dedupe=dedupe)).last()
    if known is not None and known.state != "resolved":
        return _see_again(known, title, says, reason, evidence, now)
    if known is not None:
        fresh = _fresh(known, evidence)
        if known.resolved_by != THE_TOWER and not fresh and (evidence or known.reason == reason):
            return known
        if known.resolved_at is not None and now - known.resolved_at <= REOPEN_WITHIN:
            return _reopen(known, title, says, reason, fresh, now)
    order = order or (shipment.order if shipment else None)
    category = KINDS[kind]
    team = Team.objects.get(slug=category.team)
    scope = shipment or order or package
    promise_at = (shipment.promise_at if shipment else None) or (
        order.promise_at if order else None
    )
    case = Case.objects.create(
        kind=kind,
        dedupe=dedupe,
        title=title or category.title,
        says=says,
        reason=reason,
        shipment=shipment,
        package=package,
        order=order,
        subject=subject,
        team=team,
        priority=_priority(category.priority, shipment, promise_at, now),
        next_step=next_step or category.next_step,
        opened_at=now,
        due_at=due(team, now, category.sla_min),
        last_seen_at=now,
        touched_at=now,
        count=max(1, len([e for e in evidence if e.kind == "event"])),
        value=_value(order, shipment),
        currency=_currency(order, shipment),
        promise_at=promise_at,
        company_id=scope.company_id if scope else company_id,
        warehouse_id=(shipment.warehouse_id if shipment else None)
        or (scope.warehouse_id if scope else None),
        customer_id=scope.customer_id if scope else None,
    )
    _keep(case, evidence)
    add_step(case, "opened", case.title, now)
    emit_case("case.opened", case)
    return case


def _one_at_a_time(dedupe: str) -> None:
    """Two detectors that find the same thing at once wait for each other, until commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 4711))", [dedupe])


def _priority(
    base: int, shipment: Shipment | None, promise_at: datetime | None, now: datetime
) -> int:
    """Act now when the promise lapses within hours and the goods have not arrived."""
    under_way = shipment is not None and shipment.delivered_at is None
    if under_way and promise_at is not None and now <= promise_at <= now + _URGENT:
        return 1
    return base


def _value(order: Order | None, shipment: Shipment | None) -> Any:
    if order is not None and order.amount_total:
        return order.amount_total
    return shipment.value if shipment else 0


def _currency(order: Order | None, shipment: Shipment | None) -> str:
    return (order.currency if order else "") or (shipment.currency if shipment else "")


def _fresh(case: Case, evidence: Collection[Evidence]) -> list[Evidence]:
    refs = {item.ref for item in evidence}  # a case of an unmapped code may have a million of them
    known = set(case.evidence.filter(ref__in=refs).values_list("kind", "ref"))
    return [item for item in evidence if (item.kind, item.ref) not in known]


def _keep(case: Case, evidence: Iterable[Evidence]) -> None:
    CaseEvidence.objects.bulk_create(
        [
            CaseEvidence(case=case, kind=e.kind, ref=e.ref, says=e.says[:300], at=e.at)
            for e in evidence
        ],
        ignore_conflicts=True,
    )


def _see_again(
    case: Case, title: str, says: str, reason: str, evidence: Sequence[Evidence], now: datetime
) -> Case:
    fresh = _fresh(case, evidence)
    became = _reword(case, title, says, reason)
    happened = [item for item in fresh if item.kind != "message"]
    if happened:
        case.count += len(happened)
        case.last_seen_at = now
        add_step(case, "seen_again", happened[-1].says, now)
        became.append("seen_again")
        if case.state == "waiting" and case.waiting_on != "approval":
            _end_wait(case, now)  # what we waited for has come, and it was trouble again
            became.append("resumed")
    if not became:
        return case
    _keep(case, fresh)
    case.version += 1
    case.save()
    emit_case("case.changed", case, became=became)
    return case


def _end_wait(case: Case, now: datetime) -> None:
    go_on(case, now)
    case.state, case.waiting_on, case.next_step = "open", "", KINDS[case.kind].next_step


def _reword(case: Case, title: str, says: str, reason: str) -> list[str]:
    changed = False
    for name, new in (("title", title), ("says", says), ("reason", reason)):
        if new and getattr(case, name) != new:
            setattr(case, name, new)
            changed = True
    return ["text"] if changed else []


def _reopen(
    case: Case, title: str, says: str, reason: str, fresh: Sequence[Evidence], now: datetime
) -> Case:
    _reword(case, title, says, reason)
    _keep(case, fresh)
    case.state, case.waiting_on, case.clock_left_min = "open", "", None
    case.resolved_at, case.resolved_by, case.resolution = None, "", ""
    case.count += 1
    case.last_seen_at = case.touched_at = now
    case.next_step, case.breached_at = KINDS[case.kind].next_step, None
    case.due_at = due(case.team, now, KINDS[case.kind].sla_min)
    case.version += 1
    case.save()
    add_step(case, "reopened", "It came back.", now)
    emit_case("case.changed", case, became=["reopened"])
    return case


@transaction.atomic
def clear_case(dedupe: str, *, says: str, now: datetime) -> Case | None:
    """The condition is gone: the open case of this deviation closes itself. None when none is open."""
    case = lock_cases(Case.objects.filter(dedupe=dedupe).exclude(state="resolved")).first()
    if case is None:
        return None
    close(case, by_name=THE_TOWER, says=says, now=now)
    add_step(case, "resolved", says, now)
    emit_case("case.resolved", case, by="system")
    return case


def close(case: Case, *, by_name: str, says: str, now: datetime) -> None:
    """Put a locked case to rest; its clock stops where it is."""
    if case.state == "open":
        pause(case, now)
    case.state, case.waiting_on, case.next_step = "resolved", "", ""
    case.resolved_at, case.resolved_by, case.resolution = now, by_name, says[:400]
    case.version += 1
    case.save()
