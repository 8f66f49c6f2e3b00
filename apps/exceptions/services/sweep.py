"""What only time brings about: breached clocks, cases that nobody touches, promises that pass."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from apps.accounts import clock
from apps.accounts.models import Team
from apps.approvals import services as approvals
from apps.exceptions.models import Case
from apps.exceptions.services import outages
from apps.exceptions.services.cases import THE_TOWER
from apps.exceptions.services.emit import add_step
from apps.exceptions.services.evaluate import evaluate
from apps.exceptions.services.locks import lock_cases
from apps.exceptions.services.references import unknown_references
from apps.exceptions.services.reports import customs_overdue
from apps.exceptions.services.silence import clear_heard
from apps.exceptions.services.states import clear_mapped
from apps.exceptions.services.timing import calendar_of
from apps.exceptions.services.work import changed
from apps.shipments.models import Shipment
from apps.shipments.naming import retry_all
from apps.shipments.owners import release_inactive

UNTOUCHED_MIN = 240  # working minutes on the team's calendar (R170)
_CHUNK = 200
_LONGEST_REST_H = 21 * 24  # a team that works at all works four hours in three weeks
_OVER = (
    "delivered",
    "goods_received",
    "pod_received",
    "cancelled",
    "returned",
    "returned_to_sender",
)


def sweep_clocks(now: datetime) -> dict[str, int]:
    """Do what is due by now; safe to run at any time and in parallel. Returns counts by what was done."""
    return {
        "breached": _breach(now),
        "raised": _raise(now),
        "promises": _promises(now),
        "approvals": approvals.mark_overdue(now),
        "mapped": clear_mapped(now),
        "customs": customs_overdue(now),
        "heard": clear_heard(now),
        "named": retry_all(now),
        "unknown": unknown_references(now),
        "owners": release_inactive(now),
    }


@transaction.atomic
def _breach(now: datetime) -> int:
    """Mark open cases whose clock has run out, once each. A waiting case has no running clock."""
    late = _locked(Q(state="open", breached_at=None, due_at__lt=now))
    for case in late:
        case.breached_at, case.priority = now, 1
        add_step(case, "breached", f"The clock of {case.team} ran out.", now)
        changed(case, None, now, "breached")
    return len(late)


@transaction.atomic
def _raise(now: datetime) -> int:
    """Raise again what nobody touched for hours of the team's working time: one step more urgent (R167, R170)."""
    due = Q(pk__in=[])
    for team in Team.objects.all():
        due |= Q(team=team, touched_at__lte=_quiet_since(team, now))
    idle = _locked(due & Q(state="open", priority__gt=1))
    for case in idle:
        quiet = clock.between(calendar_of(case.team), case.touched_at or case.opened_at, now)
        case.priority -= 1
        case.touched_at = now
        add_step(
            case,
            "raised",
            f"Nobody touched it for {clock.minutes(quiet) // 60} working hours.",
            now,
        )
        changed(case, None, now, "raised")
    return len(idle)


def _quiet_since(team: Team, now: datetime) -> datetime:
    """The instant from which on the team has worked UNTOUCHED_MIN until now, to the hour and never too late.

    Asked of the calendar and not of each case, so that no case waits behind hundreds that are not due (weekends).
    """
    calendar, since = calendar_of(team), now
    for _ in range(_LONGEST_REST_H):
        since -= timedelta(hours=1)
        if clock.between(calendar, since, now) >= timedelta(minutes=UNTOUCHED_MIN):
            break
    return since


def _locked(due: Q) -> list[Case]:
    return list(lock_cases(Case.objects.filter(due), limit=_CHUNK, skip_locked=True))


def _promises(now: datetime) -> int:
    """Look again at shipments on their way whose promise has passed and that have no case for it yet.

    A case that the tower closed, because an earlier estimate had become good again, is no word on this; one that a
    person closed is, if they knew that it is late.
    """
    knew = Q(reason="promise_passed") | Q(shipment__eta_at__gt=F("shipment__promise_at"))
    said = Case.objects.filter(kind="shipment_delayed", shipment=OuterRef("pk")).filter(
        ~Q(state="resolved") | (knew & ~Q(resolved_by=THE_TOWER))
    )
    lapsed = (
        Shipment.objects.filter(promise_at__lt=now, dispatched_at__isnull=False, delivered_at=None)
        .exclude(execution_status__in=_OVER)
        .exclude(kind="return")
        .exclude(Exists(said))
        .exclude(outages.unheard())
        .order_by("id")
        .values_list("id", flat=True)[:_CHUNK]
    )
    ids = list(lapsed)
    if ids:
        evaluate(ids, now=now)
    return len(ids)
