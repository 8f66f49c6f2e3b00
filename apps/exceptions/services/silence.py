"""Silence as an event (B6, R123, R124): one case per silent package, none where a whole carrier is silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import F, Q

from apps.exceptions.models import Case
from apps.exceptions.rules import Evidence
from apps.exceptions.rules.facts import local
from apps.exceptions.services.cases import clear_case, open_case
from apps.shipments.learning import FORGOTTEN, Silent, silence
from apps.shipments.models import Package, Report, Shipment

_MOST: Final = 100
_LEFT: Final = ("dispatched", "packed", "ready_to_ship")  # as far as Odoo alone knows
WIDE_SHARE: Final = 0.3  # of a carrier's live packages: then the carrier, or its line, is silent
WIDE_LEAST: Final = 10
_SAID_YES: Final = ("carrier.accepted", "pickup.confirmed")


def sweep_silence(now: datetime) -> int:
    """Open cases for packages and dispatches without the news they should have had by now; returns how many.

    A carrier of whose live packages WIDE_SHARE are silent (and at least WIDE_LEAST) is one outage, which
    integrations report, and no case per package.
    """
    heard = silence(now)
    wide = {
        carrier
        for carrier, count in heard.silent.items()
        if count >= WIDE_LEAST and heard.share(carrier) >= WIDE_SHARE
    }
    alone = {one.package_id: one for one in heard.packages if one.carrier_id not in wide}
    known = Case.objects.filter(kind="silent_shipment").exclude(state="resolved")
    fresh = sorted(set(alone) - set(known.values_list("package_id", flat=True)))[:_MOST]
    rows = Package.objects.filter(pk__in=fresh).select_related("carrier", "deciding_event")
    for package in rows:
        _open(package, alone[package.pk], now)
    return len(fresh) + _unconfirmed(now)


def clear_heard(now: datetime) -> int:
    """Close what has been heard of since; returns how many. Cheap: looks at open cases only."""
    closed = 0
    silent = Case.objects.filter(kind="silent_shipment").exclude(state="resolved")
    newer = silent.filter(Q(package__terminal=True) | Q(package__heard_at__gt=F("opened_at")))
    for dedupe, at in newer.values_list("dedupe", "package__last_event_at"):
        says = f"Heard of again: {local(at, '')} UTC." if at else "Heard of again."
        closed += clear_case(dedupe, says=says, now=now) is not None
    waiting = Case.objects.filter(kind="unconfirmed_dispatch").exclude(state="resolved")
    moved = waiting.exclude(shipment__execution_status="dispatched").values_list(
        "dedupe", flat=True
    )
    told = Report.objects.filter(kind__in=_SAID_YES, superseded_at=None, claims=[])
    ships = waiting.filter(shipment__in=told.exclude(shipment=None).values("shipment"))
    for dedupe in {*moved, *ships.values_list("dedupe", flat=True)}:
        closed += clear_case(dedupe, says="The carrier has it.", now=now) is not None
    return closed


def _open(package: Package, one: Silent, now: datetime) -> None:
    shipment = package.shipments.order_by("pk").first()
    zone = shipment.ship_to_timezone if shipment else ""
    carrier = package.carrier.name if package.carrier else "The carrier"
    event = package.deciding_event
    place = f" in {event.location}" if event is not None and event.location else ""
    what = one.milestone.replace("_", " ")
    says = (
        f"{carrier} last said “{what}”{place} on {local(one.last_at, zone)}; the next news should have come by "
        f"{local(one.due_at, zone)} ({one.basis.says}). Nothing says that it is late or lost: only that it is silent."
    )
    evidence = []
    if event is not None:
        evidence = [Evidence("event", event.public_id, f"Last news: {what}", one.last_at)]
    open_case(
        "silent_shipment",
        f"silent_shipment:{package.public_id}",
        now=now,
        title=f"No news of {package.tracking_number} since {local(one.last_at, zone)}",
        says=says,
        reason=f"silent_{one.milestone}",
        shipment=shipment,
        package=package,
        evidence=evidence,
    )


def _unconfirmed(now: datetime) -> int:
    """Goods that Odoo, or the warehouse, let go, and of which no carrier has said a word."""
    limit = now - timedelta(hours=settings.UNCONFIRMED_DISPATCH_H)
    told = Report.objects.filter(superseded_at=None, claims=[])
    yes = told.filter(kind__in=_SAID_YES).exclude(shipment=None)
    left = told.filter(
        kind="shipment.dispatched", occurred_at__lt=limit, occurred_at__gt=now - FORGOTTEN
    )
    reported = Q(pk__in=left.exclude(shipment=None).values("shipment"))
    by_odoo = Q(dispatched_at__lt=limit, dispatched_at__gt=now - FORGOTTEN)
    # A transfer that names no number is nobody's to confirm: there is no carrier to hear from.
    rows = (
        Shipment.objects.filter(reported | by_odoo, kind__in=("outgoing", "dropship"), gone=False)
        .filter(execution_status__in=_LEFT, packages__implicit=False)
        .exclude(pk__in=yes.values("shipment"))
        .exclude(
            cases__in=Case.objects.filter(kind="unconfirmed_dispatch").exclude(state="resolved")
        )
        .select_related("order", "carrier")
        .distinct()
        .order_by("-pk")[:_MOST]
    )
    for shipment in rows:
        report = left.filter(shipment=shipment).order_by("occurred_at").first()
        at = report.occurred_at if report is not None else shipment.dispatched_at or now
        name = shipment.carrier.name if shipment.carrier else shipment.carrier_name or "The carrier"
        ref = report.public_id if report is not None else shipment.public_id
        open_case(
            "unconfirmed_dispatch",
            f"unconfirmed_dispatch:{shipment.public_id}",
            now=now,
            title=f"{shipment.reference} left, and {name} says nothing",
            says=f"{shipment.reference} left on {local(at, '')} UTC. {name} has not scanned it within "
            f"{settings.UNCONFIRMED_DISPATCH_H} hours.",
            reason="no_carrier_scan",
            shipment=shipment,
            evidence=[Evidence("report" if report else "odoo", ref, "It left", at)],
        )
    return len(rows)
