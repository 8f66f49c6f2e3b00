"""A carrier that does not answer is one incident: what only its silence suggests of single shipments is held back.

Rule: PRODUCT.md R251, B10. What the carrier said itself (an attempt, a damage, a later date) is never held back.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from apps.exceptions.models import Case, Outage
from apps.exceptions.rules import Evidence, Finding
from apps.exceptions.services.cases import clear_case, open_case
from apps.shipments.models import Carrier, PackageLink, Shipment

SILENCE_REASONS = frozenset({"promise_passed", "silence"})
"""Reasons that say only that nothing was heard."""

KIND = "integration_down"


def of_carrier(outage: Outage) -> QuerySet[Shipment]:
    """The shipments this outage is about: under way with its carrier, and not heard of since it ended."""
    if outage.carrier_id is None:
        return Shipment.objects.none()
    rows = Shipment.objects.filter(_of_carrier(outage.carrier_id), gone=False, delivered_at=None)
    if outage.ended_at is not None and outage.caught_up_at is None:
        rows = rows.filter(Q(heard_at=None) | Q(heard_at__lt=outage.ended_at))
    return rows.exclude(execution_status__in=("cancelled", "returned", "returned_to_sender"))


def open_outages() -> QuerySet[Outage]:
    """Those that last, and those that are being caught up with."""
    return Outage.objects.filter(caught_up_at=None).select_related("carrier", "case")


@transaction.atomic
def begin(
    what: str,
    *,
    title: str,
    says: str,
    mode: str,
    subject: str,
    carrier: Carrier | None,
    last_heard_at: datetime | None,
    now: datetime,
) -> Outage:
    """The one open outage of this; one that came back before all was caught up goes on, under the same case."""
    _one_at_a_time(what)
    row = (
        Outage.objects.select_for_update(of=("self",)).filter(what=what, caught_up_at=None).first()
    )
    if row is not None:
        row.ended_at, row.says, row.mode = None, says[:300], mode[:300]
        row.save(update_fields=["ended_at", "says", "mode"])
        return row
    case = open_case(
        KIND,
        what,
        now=now,
        title=title,
        says=f"{says} {mode}".strip(),
        subject=subject,
        evidence=[Evidence("partner", f"{subject}@{now:%Y%m%dT%H%M%S}", says, now)],
    )
    return Outage.objects.create(
        what=what,
        title=title[:200],
        carrier=carrier,
        case=case,
        mode=mode[:300],
        says=says[:300],
        began_at=last_heard_at or now,
        noticed_at=now,
    )


def _one_at_a_time(what: str) -> None:
    """Two workers that notice the same outage at once wait for each other, until commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 4712))", [what])


@transaction.atomic
def give_up(outage: Outage, now: datetime) -> None:
    """A person closed its case: nothing more is held back under it. While it lasts all the same, it has no end."""
    Outage.objects.filter(pk=outage.pk, caught_up_at=None).update(caught_up_at=now, left=0)


@transaction.atomic
def end(what: str, *, affected: int, now: datetime) -> Outage | None:
    """It answers again; `affected` live packages are to be asked for. None when no outage of this lasted.

    One that was given up has its end then, too: what comes later is another one.
    """
    Outage.objects.filter(what=what, ended_at=None, caught_up_at__isnull=False).update(ended_at=now)
    row = (
        Outage.objects.select_for_update(of=("self",))
        .filter(what=what, caught_up_at=None, ended_at=None)
        .first()
    )
    if row is None:
        return None
    row.ended_at, row.affected, row.left = now, affected, affected
    row.save(update_fields=["ended_at", "affected", "left"])
    return row


@transaction.atomic
def progress(outage: Outage, *, left: int, now: datetime) -> bool:
    """Note how many are still to be asked for; at none the outage is over and its case closes. True then."""
    row = Outage.objects.select_for_update(of=("self",)).get(pk=outage.pk)
    if row.ended_at is None or row.caught_up_at is not None:
        return False
    row.left = min(left, row.affected)
    if left:
        row.save(update_fields=["left"])
        return False
    row.caught_up_at = now
    row.save(update_fields=["left", "caught_up_at"])
    says = (
        f"It speaks again, and what it had to say since {row.began_at:%d %b %H:%M} UTC was asked for,"
        " or had the time to come."
    )
    clear_case(row.what, says=says, now=now)
    return True


def is_any() -> bool:
    """Whether any carrier has an open outage: asked once for each batch of findings."""
    return Outage.objects.filter(caught_up_at=None, carrier__isnull=False).exists()


def unheard() -> Q:
    """Shipments whose carrier has an open outage and that were not heard of since it ended: a filter."""
    waiting = Q(pk__in=[])
    for row in Outage.objects.filter(caught_up_at=None, carrier__isnull=False):
        assert row.carrier_id is not None  # by the filter
        theirs = _of_carrier(row.carrier_id)
        if row.ended_at is not None:
            theirs &= Q(heard_at=None) | Q(heard_at__lt=row.ended_at)
        waiting |= theirs
    return waiting


def _of_carrier(carrier_id: int) -> Q:
    """Shipments this carrier moves: as Odoo says, or, where Odoo says nothing, as their packages do."""
    moved = PackageLink.objects.filter(package__carrier_id=carrier_id)
    return Q(carrier_id=carrier_id) | Q(carrier=None, pk__in=moved.values("shipment"))


def held_shipments(shipment_ids: Collection[int]) -> set[int]:
    """Which of these are held back now; one small query while no carrier is out."""
    if not shipment_ids or not is_any():
        return set()
    return set(Shipment.objects.filter(unheard(), pk__in=shipment_ids).values_list("pk", flat=True))


def without_silence(
    wanted: Sequence[Finding], known: Container[str], held: Container[int]
) -> list[Finding]:
    """The findings without those that only a silent carrier's silence suggests; cases that stand already stay."""
    return [
        one
        for one in wanted
        if one.reason not in SILENCE_REASONS or one.dedupe in known or one.shipment_id not in held
    ]


def held_back(outage: Outage, now: datetime) -> int:
    """How many shipments' passed promises are held back by this outage now."""
    if outage.carrier_id is None or outage.caught_up_at is not None:
        return 0
    late = Shipment.objects.filter(
        _of_carrier(outage.carrier_id),
        promise_at__lt=now,
        dispatched_at__isnull=False,
        delivered_at=None,
    ).exclude(kind="return")
    said = Case.objects.filter(kind="shipment_delayed").exclude(state="resolved")
    return late.filter(unheard()).exclude(pk__in=said.values("shipment")).count()
