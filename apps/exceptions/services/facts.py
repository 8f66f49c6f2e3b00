"""Load what the detectors weigh, for many shipments in a handful of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from django.db.models import Q

from apps.approvals.models import Hold
from apps.exceptions.rules import Bundle, EventFact, InvoiceFact, PackageFact, ShipmentFact
from apps.exceptions.rules.invoices import REASON
from apps.mirror.models import Invoice, LinkedRecord
from apps.shipments.models import CLAIMED, Event, Order, Package, PackageLink, Shipment

_INTERESTING = (
    "delivery_attempted",
    "exception",
    "lost",
    "customs_hold",
    "damaged",
    "delivered",
    "goods_received",
    "return_in_transit",
)


def bundles(shipment_ids: Iterable[int], order_ids: Iterable[int] = ()) -> list[Bundle]:
    """The bundles that these shipments and orders belong to: whole orders, with all their shipments."""
    wanted = set(shipment_ids)
    orders = set(order_ids) | set(
        Shipment.objects.filter(id__in=wanted, order__isnull=False).values_list(
            "order_id", flat=True
        )
    )
    rows = list(
        Shipment.objects.filter(Q(order_id__in=orders) | Q(id__in=wanted, order=None))
        .select_related("carrier", "order")
        .order_by("id")
    )
    packages = _packages([row.pk for row in rows])
    facts: dict[int | None, list[ShipmentFact]] = defaultdict(list)
    loose = []
    for row in rows:
        fact = _shipment(row, packages.get(row.pk, ()))
        if row.order_id is None:
            loose.append(Bundle(None, "", "", (fact,)))
        else:
            facts[row.order_id].append(fact)
    known = {order.pk: order for order in Order.objects.filter(id__in=orders)}
    concerned = _with_a_say(facts, known)
    invoices = _invoices([order for pk, order in known.items() if pk in concerned])
    doubts = _doubts([row for row in rows if row.order_id in concerned])
    return loose + [
        Bundle(
            pk,
            order.public_id,
            order.name,
            tuple(_with(fact, doubts) for fact in facts.get(pk, ())),
            invoices.get(pk, ()),
        )
        for pk, order in sorted(known.items())
    ]


def _with(fact: ShipmentFact, doubts: Mapping[int, tuple[str, ...]]) -> ShipmentFact:
    return replace(fact, quality=doubts[fact.id]) if fact.id in doubts else fact


def _doubts(rows: Sequence[Shipment]) -> dict[int, tuple[str, ...]]:
    """What Odoo's Quality has open against transfers of orders that are held or miss proof, by shipment (R8)."""
    by_name = {
        (row.connection, f"stock.picking,{row.picking_odoo_id}"): row.pk
        for row in rows
        if row.picking_odoo_id
    }
    if not by_name:
        return {}
    blocking = LinkedRecord.objects.filter(
        blocks=True, about__overlap=[name for _, name in by_name]
    ).order_by("odoo_id")
    found: dict[int, list[str]] = defaultdict(list)
    for record in blocking:
        for name in record.about:
            shipment = by_name.get((record.connection, name))
            if shipment is not None:
                found[shipment].append(record.title)
    return {pk: tuple(titles) for pk, titles in found.items()}


def _with_a_say(
    facts: Mapping[int | None, Sequence[ShipmentFact]], orders: Collection[int]
) -> set[int]:
    """Orders whose invoices matter: a proof is missing, or something is held. Ordinary scans end before them."""
    held = Hold.objects.filter(order_id__in=orders, state="placed", reason=REASON)
    missing = {pk for pk in orders if any(shipment.misses_proof for shipment in facts.get(pk, ()))}
    return missing | {pk for pk in held.values_list("order_id", flat=True) if pk is not None}


def _shipment(row: Shipment, packages: Sequence[PackageFact]) -> ShipmentFact:
    carriers = {package.carrier for package in packages if package.carrier}
    carrier = (
        carriers.pop()
        if len(carriers) == 1
        else (row.carrier.name if row.carrier else row.carrier_name)
    )
    return ShipmentFact(
        id=row.pk,
        ref=row.public_id,
        reference=row.reference,
        kind=row.kind,
        execution=row.execution_status,
        carrier=carrier,
        zone=row.ship_to_timezone,
        delivered_at=row.delivered_at,
        dispatched_at=row.dispatched_at,
        has_proof=row.has_proof,
        promise_at=row.promise_at,
        eta_at=row.eta_at,
        packages=tuple(packages),
    )


def _packages(shipment_ids: Sequence[int]) -> dict[int, list[PackageFact]]:
    links = list(
        PackageLink.objects.filter(shipment_id__in=shipment_ids).values_list(
            "package_id", "shipment_id"
        )
    )
    ids = {package_id for package_id, _ in links}
    events: dict[int, list[EventFact]] = defaultdict(list)
    found = (
        Event.objects.filter(
            package_id__in=ids, milestone__in=_INTERESTING, superseded_at=None, voided_at=None
        )
        .exclude(CLAIMED)
        .order_by("occurred_at", "id")
    )
    for event in found:
        events[event.package_id].append(
            EventFact(
                event.public_id,
                event.message_ref,
                event.milestone,
                event.exception_reason,
                event.occurred_at,
                event.source,
                event.source_code,
            )
        )
    facts = {
        package.pk: PackageFact(
            id=package.pk,
            ref=package.public_id,
            number=package.tracking_number,
            carrier=package.carrier.name if package.carrier else "",
            milestone=package.milestone,
            reason=package.exception_reason,
            anomalies=tuple(_anomaly(item) for item in package.anomalies),
            events=tuple(events[package.pk]),
        )
        for package in Package.objects.filter(id__in=ids).select_related("carrier").order_by("id")
    }
    by_shipment: dict[int, list[PackageFact]] = defaultdict(list)
    for package_id, shipment_id in sorted(links):
        by_shipment[shipment_id].append(facts[package_id])
    return by_shipment


def _anomaly(item: object) -> str:
    return str(item.get("says") or item.get("code")) if isinstance(item, dict) else str(item)


def _invoices(orders: Iterable[Order]) -> dict[int, tuple[InvoiceFact, ...]]:
    by_key = {(order.connection, order.odoo_id): order.pk for order in orders}
    if not by_key:
        return {}
    of_order = Q(pk__in=[])
    for connection, odoo_id in by_key:
        of_order |= Q(connection=connection, order_odoo_ids__contains=[odoo_id])
    rows = list(Invoice.objects.filter(of_order, kind="out_invoice", gone_at=None).order_by("id"))
    holds = _holds(rows)
    by_order: dict[int, list[InvoiceFact]] = defaultdict(list)
    for row in rows:
        hold, applied = holds.get((row.connection, row.odoo_id), ("", False))
        fact = InvoiceFact(
            row.pk, row.public_id, row.name, row.state, row.payment_state, hold, applied
        )
        for odoo_id in row.order_odoo_ids:
            pk = by_key.get((row.connection, odoo_id))
            if pk is not None:
                by_order[pk].append(fact)
    return {pk: tuple(facts) for pk, facts in by_order.items()}


def _holds(invoices: Sequence[Invoice]) -> dict[tuple[str, int], tuple[str, bool]]:
    """For each invoice, what became of our newest hold for a missing proof, and whether Odoo has it."""
    newest: dict[tuple[str, int], tuple[str, bool]] = {}
    rows = Hold.objects.filter(
        model="account.move",
        record_odoo_id__in=[invoice.odoo_id for invoice in invoices],
        reason=REASON,
    ).order_by("id")
    decided = set(
        Hold.objects.filter(pk__in=rows.values("pk"), requests__state="granted").values_list(
            "pk", flat=True
        )
    )
    for hold in rows:
        state = "decided" if hold.state == "released" and hold.pk in decided else hold.state
        newest[hold.connection, hold.record_odoo_id] = (state, hold.effect == "applied")
    return newest
