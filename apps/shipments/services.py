"""Verbs of this room: fold and roll up again, note what is held, link a package to a shipment."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.journal.services import append_many
from apps.shipments import folding
from apps.shipments import rollup as rolling
from apps.shipments.held import claim
from apps.shipments.models import Order, Package, PackageLink, Report, Shipment
from apps.shipments.rules.reported import Told, quality_blocks


@transaction.atomic
def refold(package_ids: Collection[int], *, now: datetime | None = None) -> None:
    """Arrange and fold the numbers of these packages again from their live events, then roll up."""
    at = now or timezone.now()
    numbers = sorted(
        set(Package.objects.filter(id__in=package_ids).values_list("number", flat=True))
    )
    entries, touched = folding.refold(numbers, at)
    append_many([*entries, *rolling.recompute(touched, at)])


@transaction.atomic
def rollup(shipment_ids: Collection[int], *, now: datetime | None = None) -> None:
    """Derive these shipments' three truths and their orders' stages again; say what changed."""
    orders = Shipment.objects.filter(id__in=shipment_ids, order__isnull=False).values_list(
        "order_id", flat=True
    )
    order_ids = sorted({pk for pk in orders if pk})
    append_many(rolling.recompute(shipment_ids, now or timezone.now(), order_ids=order_ids))


@transaction.atomic
def note_holds(
    order_id: int, held: Sequence[dict[str, Any]], *, now: datetime | None = None
) -> None:
    """Remember what the room above holds of an order: [{"id": "hld_…", "says": one sentence}].

    order_id is the database id. An entry may carry "blocks": "shipping" when it keeps the goods back.
    The financial status of its shipments and the order's stage follow.
    """
    at = now or timezone.now()
    ids = list(
        Shipment.objects.select_for_update(no_key=True)
        .filter(order_id=order_id)
        .order_by("id")
        .values_list("id", flat=True)
    )  # shipments before orders, like everybody
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    if order.held == list(held):
        return
    order.held = list(held)
    order.save(update_fields=["held"])
    append_many(rolling.recompute(ids, at, order_ids=[order_id]))


@transaction.atomic
def note_blocks(order_id: int, *, now: datetime) -> None:
    """Look at every live quality report of an order and its outgoing shipments; what holds now keeps it from going out.

    order_id is the database id. The order's stage follows, as for a hold. Rule: PRODUCT.md R87.
    """
    lock = Shipment.objects.select_for_update(no_key=True).filter(order_id=order_id)
    kinds = dict(lock.order_by("id").values_list("id", "kind"))  # shipments before orders
    ids = list(kinds)
    going = [pk for pk, kind in kinds.items() if kind in ("outgoing", "dropship")]
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    about = Q(order=order_id, shipment=None) | Q(shipment__in=going)
    rows = Report.objects.filter(about, superseded_at=None, claims=[], kind__startswith="quality.")
    found = {row.public_id: row for row in rows.select_related("shipment")}
    several = len(going) > 1  # with one shipment, what is said of the order is said of it
    kept = quality_blocks(
        Told(
            row.public_id, row.kind, row.occurred_at, row.source, row.source_kind,
            str(row.shipment_id or "") if several else "", row.details,
        )
        for row in found.values()
    )  # fmt: skip
    blocks = [
        {"id": one.ref, "says": _kept_words(found[one.ref], order), "blocks": "shipping"}
        for one in sorted(kept, key=lambda one: one.ref)
    ]
    if order.blocks == blocks:
        return
    order.blocks = blocks
    order.save(update_fields=["blocks"])
    append_many(rolling.recompute(ids, now, order_ids=[order_id]))


def _kept_words(row: Report, order: Order) -> str:
    about = row.shipment.reference if row.shipment is not None else order.name
    why = str(row.details.get("reason") or row.details.get("note") or "").replace("_", " ")
    return f"Quality holds {about}{f': {why}' if why else ''}."[:200]


@transaction.atomic
def link(
    package: Package, shipment: Shipment, *, said_by: str, now: datetime | None = None
) -> PackageLink:
    """Say that a package carries goods of a shipment; linking it again changes nothing.

    said_by: odoo, wms or person. What was fenced off for want of a company is arranged anew.
    """
    at = now or timezone.now()
    claim([package.number])
    made, is_new = PackageLink.objects.get_or_create(
        package=package, shipment=shipment, defaults={"said_by": said_by, "since": _since(shipment)}
    )
    if is_new:
        _take_scope(package, shipment)
        entries, touched = folding.refold([package.number], at)
        append_many(
            [
                *entries,
                *rolling.recompute({*touched, shipment.id}, at, told={shipment.id: ["packages"]}),
            ]
        )
    return made


def _since(shipment: Shipment) -> datetime | None:
    return shipment.order.ordered_at if shipment.order else None


def _take_scope(package: Package, shipment: Shipment) -> None:
    """An unlinked package belongs to nobody; the first shipment gives it its scope."""
    if package.company_id is None:
        Package.objects.filter(pk=package.pk).update(
            company_id=shipment.company_id,
            warehouse_id=shipment.warehouse_id,
            customer_id=shipment.customer_id,
        )
