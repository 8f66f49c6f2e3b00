"""What this room does about its own entries: waiting names find their records, reports move dates and link numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.utils import timezone

from apps.journal.models import Entry
from apps.journal.subscribers import subscribe
from apps.shipments import naming, numbering, services
from apps.shipments.models import Mention, Order, Report, Shipment, Supply
from apps.shipments.projection import project
from apps.shipments.rules.reports import REPORTS

_DATED = frozenset({"supplier.confirmed", "supplier.dispatched", "supplier.delayed"})
_BLOCKING = frozenset({"quality.hold_placed", "quality.hold_released"})
_NUMBERED = frozenset(
    {"tracking.assigned", "label.issued", "packing.completed", "shipment.created", "carrier.booked"}
)


@subscribe(
    "shipments.names",
    "order.changed",
    "shipment.created",
    "shipment.changed",
    "supply.changed",
    "package.named",
)
def names(entries: list[Entry]) -> None:
    """What waited for a record of this name is linked to it; a new parcel looks for what it names."""
    fresh: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if _is_new(entry):
            fresh[entry.subject[:3]].add(entry.subject)
    if not fresh or not Mention.objects.filter(found_at=None).exists():
        return
    now = timezone.now()
    found: set[str] = set()
    if fresh["shp"]:
        rows = Shipment.objects.filter(public_id__in=fresh["shp"])
        for row in rows.values_list(
            "public_id",
            "reference",
            "order__name",
            "order__public_id",
            "order__customer_reference",
            "supply__reference",
        ):
            found |= {text for text in row if text}
    if fresh["ord"]:
        orders = Order.objects.filter(public_id__in=fresh["ord"])
        for order in orders.values_list("public_id", "name", "customer_reference"):
            found |= {text for text in order if text}
    if fresh["sup"]:
        supplies = Supply.objects.filter(public_id__in=fresh["sup"])
        for supply in supplies.values_list("public_id", "reference"):
            found |= set(supply)
    naming.retry(found, now)
    if fresh["pkg"]:
        naming.retry_packages(fresh["pkg"], now)


def _is_new(entry: Entry) -> bool:
    """Whether a record came to be, or is called or belongs otherwise than before."""
    told = entry.payload
    if entry.kind in ("shipment.created", "package.named"):
        return True
    if entry.kind == "order.changed":
        return not told.get("was") or not {"name", "customer_reference"}.isdisjoint(
            told.get("changed", ())
        )
    if entry.kind == "supply.changed":
        return "created" in told.get("became", ())
    return not {"reference", "order_id"}.isdisjoint(told.get("became", ()))


@subscribe(
    "shipments.reports",
    *(REPORTS[name].journal for name in sorted(_DATED | _NUMBERED)),
    "report.linked",
)
def reports(entries: list[Entry]) -> None:
    """A supplier's date moves what is expected (R82); a number that a warehouse names is its shipment's (R73)."""
    wanted = {entry.subject for entry in entries}
    rows = Report.objects.filter(
        public_id__in=wanted, kind__in=_DATED | _NUMBERED, superseded_at=None, claims=[]
    )
    told = list(rows.select_related("supply").order_by("id"))
    _move_dates(row for row in told if row.kind in _DATED)
    numbering.assign([row for row in told if row.kind in _NUMBERED], timezone.now())


@subscribe(
    "shipments.blocks", *(REPORTS[name].journal for name in sorted(_BLOCKING)), "report.linked"
)
def blocks(entries: list[Entry]) -> None:
    """What quality holds back keeps its order from going out until it is released (R87)."""
    wanted = {entry.subject for entry in entries}
    rows = Report.objects.filter(public_id__in=wanted, kind__in=_BLOCKING)
    pairs = rows.values_list("order_id", "shipment__order_id")
    now = timezone.now()
    for order_id in sorted({pk for pair in pairs for pk in pair if pk}):
        services.note_blocks(order_id, now=now)


def _move_dates(told: Iterable[Report]) -> None:
    """The projection derives the purchase anew, under its lock, from the mirror and what was reported."""
    touched: dict[str, set[int]] = defaultdict(set)
    for row in told:
        if row.supply is not None and row.supply.kind == "purchase":
            touched[row.supply.connection].add(row.supply.odoo_id)
    for connection, ids in sorted(touched.items()):
        project(connection, purchases=sorted(ids))
