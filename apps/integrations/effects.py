"""What applying events would do, found by applying them in a transaction that is rolled back."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.integrations import doors
from apps.integrations.formats.base import ParsedEvent
from apps.integrations.models import Partner
from apps.journal.ids import new_id
from apps.shipments.apply import Incoming, apply
from apps.shipments.models import Order, Package, Shipment
from apps.shipments.rules import normalise


@dataclass(frozen=True, slots=True)
class Touched:
    """One package, shipment or order: its status before (None: it would be new) and after."""

    kind: str
    ref: str
    name: str
    before: str | None
    after: str

    @property
    def moves(self) -> bool:
        """Whether its status would be another one."""
        return self.before != self.after


@dataclass(slots=True)
class Effect:
    """What would come of a message: counts of events, and what they would touch."""

    new: int = 0
    duplicates: int = 0
    conflicts: int = 0
    superseded: int = 0
    reports: int = 0  # business events, which are no parcel's
    touched: list[Touched] = field(default_factory=list)
    hidden: int = 0  # touched, but outside of what the viewer may see


def of(
    partner: Partner,
    events: Sequence[ParsedEvent],
    mapping_version: int,
    now: datetime,
    viewer: User | None = None,
) -> Effect:
    """Apply these events of a partner, look, and roll everything back.

    Holds the same locks as applying does, for as long as it takes: not for batches of thousands.
    """
    reporter = doors.reporters([partner.pk])[partner.pk]
    incoming = Incoming(
        message_id=0,
        message_ref=new_id("try"),
        source=partner.slug,
        format=partner.format,
        carrier=reporter.source.carrier,
        mapping_version=mapping_version,
        received_at=now,
        correlation_id=new_id("cor"),
        company_ids=reporter.company_ids,
        warehouse_ids=reporter.warehouse_ids,
        # Plain texts: a traced word (trails.Word) is nothing a database should meet.
        events=[
            replace(
                one,
                milestone=str(one.milestone),
                exception_reason=one.exception_reason and str(one.exception_reason),
            )
            for one in events
        ],
    )
    numbers = sorted({normalise(one.tracking_number) for one in events if one.tracking_number})
    with transaction.atomic():
        before = _states(numbers)
        outcome = apply([incoming])[0]
        effect = Effect(
            outcome.new, outcome.duplicates, outcome.conflicts, outcome.superseded, outcome.reports
        )
        _compare(effect, before, _states(numbers), viewer)
        transaction.set_rollback(True)
    return effect


def _states(numbers: Sequence[str]) -> dict[str, Package | Shipment | Order]:
    """Rows by public id: packages of these numbers, their shipments, and the orders of those."""
    packages: list[Package] = list(Package.objects.filter(number__in=numbers, implicit=False))
    shipments = list(
        Shipment.objects.filter(packages__in=packages).select_related("order").distinct()
    )
    orders = [shipment.order for shipment in shipments if shipment.order]
    rows: list[Package | Shipment | Order] = [*packages, *shipments, *orders]
    return {row.public_id: row for row in rows}


def _compare(
    effect: Effect,
    before: dict[str, Package | Shipment | Order],
    after: dict[str, Package | Shipment | Order],
    viewer: User | None,
) -> None:
    for ref, row in after.items():
        unplaced = isinstance(row, Package) and row.company_id is None
        if viewer is not None and not unplaced and not _sees(viewer, row):
            effect.hidden += 1
            continue
        kind, name, state = _told(row)
        was = _told(before[ref])[2] if ref in before else None
        effect.touched.append(Touched(kind, ref, name, was, state))


def _sees(viewer: User, row: Package | Shipment | Order) -> bool:
    return viewer.scope.covers(row.company_id, row.warehouse_id, row.customer_id)


def _told(row: Package | Shipment | Order) -> tuple[str, str, str]:
    if isinstance(row, Package):
        return "package", row.tracking_number, row.status
    if isinstance(row, Shipment):
        return "shipment", row.reference, row.execution_status
    return "order", row.name, row.stage
