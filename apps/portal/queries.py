"""Reads for the portal: the facts of orders, and which orders a customer may see."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from apps.accounts.models import User
from apps.exceptions.models import ActionRun, Case
from apps.mirror.models import Contact, Move, Picking, Product, SaleOrder
from apps.portal.facts import EventFacts, OrderFacts, ParcelFacts, ProofFacts, Redelivery
from apps.shipments.models import CLAIMED, Document, Event, Order, Package, Shipment

Items = tuple[tuple[str, str], ...]
_ASKED = ("waiting", "sent", "done", "manual")  # a redelivery whose asking failed is none

_THEIRS = (
    "delivery_attempted",
    "shipment_delayed",
    "delivery_exception",
)  # the others are not the customer's trouble


def own_orders(user: User, search: str = "") -> QuerySet[Order]:
    """The orders of the customers this person was granted, newest first; `search`: our number or their own.

    Without a customer grant there is nothing: a company grant alone must not open all its customers' orders.
    """
    if user.scope.customers is None:
        return Order.objects.none()
    found = user.scope.narrow(Order.objects.select_related("company")).exclude(stage="quoted")
    if search:
        found = found.filter(Q(name__icontains=search) | Q(customer_reference__icontains=search))
    return found.order_by("-ordered_at", "-id")


def documents_of(order: Order) -> QuerySet[Document]:
    """Proofs of delivery a customer may open: those a carrier sent, and those that were accepted."""
    return Document.objects.filter(_proofs([order.pk])).order_by("added_at").distinct()


def address_of(order: Order) -> Contact | None:
    """Where the order goes, as Odoo says it."""
    sale = SaleOrder.objects.filter(connection=order.connection, odoo_id=order.odoo_id).first()
    wanted = (sale.shipping_odoo_id or sale.customer_odoo_id) if sale else None
    if wanted is None:
        picking = (
            Picking.objects.filter(
                connection=order.connection,
                order_odoo_id=order.odoo_id,
                kind="outgoing",
                contact_odoo_id__isnull=False,
            )
            .order_by("-odoo_id")
            .first()
        )
        wanted = picking.contact_odoo_id if picking else None
    return (
        Contact.objects.filter(connection=order.connection, odoo_id=wanted).first()
        if wanted
        else None
    )


def facts_of(orders: Sequence[Order]) -> dict[int, OrderFacts]:
    """The facts of these orders (company loaded) by primary key, in a constant number of queries."""
    ids = [order.pk for order in orders]
    shipments: dict[int, list[Shipment]] = defaultdict(list)
    for shipment in _shipments(ids):
        shipments[shipment.order_id or 0].append(shipment)
    items = _items([row for rows in shipments.values() for row in rows])
    asked, watched, papers = _asked(ids), _watched(ids), _papers(ids)
    facts = {}
    for order in orders:
        rows = shipments[order.pk]
        goods = [
            items.get((row.connection, row.picking_odoo_id), ())
            for row in rows
            if row.kind != "return"
        ]
        zone = order.company.timezone if order.company else "UTC"
        facts[order.pk] = OrderFacts(
            name=order.name, company=order.company.name if order.company else "", reference=order.customer_reference,
            zone=zone, ordered_at=order.ordered_at, promise_at=order.promise_at,
            cancelled=order.stage == "cancelled" or order.odoo_state == "cancel",
            parcels=tuple(p for row in rows for p in _parcels(row, order, zone, items, len(rows))),
            items=_added(goods), redelivery=asked.get(order.pk), watched=watched.get(order.pk, ""),
            documents=papers.get(order.pk, 0),
        )  # fmt: skip
    return facts


def _shipments(order_ids: Sequence[int]) -> QuerySet[Shipment]:
    """What travels to or from the customer; a return counts once it has left them."""
    live = (
        Event.objects.filter(superseded_at=None, voided_at=None)
        .exclude(CLAIMED)
        .order_by("occurred_at")
        .only(
            "package_id",
            "milestone",
            "occurred_at",
            "exception_reason",
            "location",
            "eta",
            "time_basis",
        )
    )
    packages = (
        Package.objects.select_related("carrier")
        .order_by("id")
        .prefetch_related(Prefetch("events", live))
    )
    return (
        Shipment.objects.filter(order_id__in=order_ids, kind__in=("outgoing", "dropship", "return"))
        .exclude(
            kind="return", execution_status__in=("awaiting_stock", "ready_to_ship", "cancelled")
        )
        .select_related("carrier")
        .prefetch_related(Prefetch("packages", packages))
        .order_by("id")
    )


def _parcels(
    row: Shipment, order: Order, zone: str, items: dict[tuple[str, int | None], Items], several: int
) -> list[ParcelFacts]:
    packages = list(row.packages.all())
    goods = (
        items.get((row.connection, row.picking_odoo_id), ())
        if several > 1 and len(packages) < 2
        else ()
    )
    told: list[Package | None] = [*packages] or [None]
    return [_parcel(row, package, order, zone, goods, alone=len(told) < 2) for package in told]


def _parcel(
    row: Shipment, package: Package | None, order: Order, zone: str, goods: Items, *, alone: bool
) -> ParcelFacts:
    carrier = (package.carrier if package else None) or row.carrier
    proof = package.proof if package else None
    return ParcelFacts(
        ref=str(package.public_id if package else row.public_id),
        status=_status(row, package, alone=alone),
        number=package.tracking_number if package and not package.implicit else "",
        carrier=carrier.name if carrier else "", carrier_slug=carrier.slug if carrier else "",
        reason=(row.exception_reason if alone or not package else package.exception_reason),
        eta=(package.eta if package else "") or (row.eta if alone else ""),
        promise_at=row.promise_at or order.promise_at,
        late=row.late, zone=row.ship_to_timezone or zone, country=row.ship_to_country, dispatched_at=row.dispatched_at,
        delivered_at=(package.delivered_at if package else None) or (row.delivered_at if alone else None),
        proof=_proof(proof), events=tuple(map(_event, package.events.all())) if package else (),
        items=goods, returning=row.kind == "return",
    )  # fmt: skip


def _status(row: Shipment, package: Package | None, *, alone: bool) -> str:
    """A lone package is its shipment. Of several, one nobody has reported stands where Odoo's transfer stands."""
    if alone or package is None or not package.status:
        return row.execution_status
    early = package.status in ("ready_to_ship", "picking", "packed")
    return "dispatched" if early and row.picking_state == "done" else package.status


def _proof(proof: dict[str, Any] | None) -> ProofFacts | None:
    if not proof:
        return None
    return ProofFacts(
        received_by=str(proof.get("received_by") or ""), signed=bool(proof.get("has_signature")),
        document=bool(proof.get("document_available")),
    )  # fmt: skip


def _event(event: Event) -> EventFacts:
    return EventFacts(
        milestone=event.milestone, at=event.occurred_at, reason=event.exception_reason, place=event.location,
        eta=event.eta, date_only=event.time_basis == "date_only",
    )  # fmt: skip


def _items(shipments: Sequence[Shipment]) -> dict[tuple[str, int | None], Items]:
    """Names and quantities by (connection, picking), as Odoo's moves say them."""
    keys = {(s.connection, s.picking_odoo_id) for s in shipments if s.picking_odoo_id}
    if not keys:
        return {}
    connections = {connection for connection, _ in keys}
    moves = list(
        Move.objects.filter(
            connection__in=connections,
            picking_odoo_id__in={picking for _, picking in keys},
            gone_at=None,
        )
        .exclude(state="cancel")
        .order_by("odoo_id")
    )
    names = {
        (product.connection, product.odoo_id): product.name
        for product in Product.objects.filter(
            connection__in=connections, odoo_id__in={move.product_odoo_id for move in moves}
        )
    }
    found: dict[tuple[str, int | None], list[tuple[str, str]]] = defaultdict(list)
    for move in moves:
        name = names.get((move.connection, move.product_odoo_id or 0))
        if name:
            amount = move.quantity if move.state == "done" else move.demanded_qty
            found[(move.connection, move.picking_odoo_id)].append((name, _amount(amount)))
    return {key: tuple(rows) for key, rows in found.items()}


def _added(goods: Iterable[Items]) -> Items:
    """The same product of several shipments once, with the sum."""
    total: dict[str, Decimal] = {}
    for rows in goods:
        for name, amount in rows:
            total[name] = total.get(name, Decimal(0)) + Decimal(amount)
    return tuple((name, _amount(amount)) for name, amount in total.items())


def _amount(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _asked(order_ids: Sequence[int]) -> dict[int, Redelivery]:
    """The newest new delivery that somebody asked for, by order."""
    runs = (
        ActionRun.objects.filter(
            Q(case__order_id__in=order_ids) | Q(case__shipment__order_id__in=order_ids),
            action="request_redelivery",
            state__in=_ASKED,
        )
        .order_by("at")
        .values("case__order_id", "case__shipment__order_id", "at", "data")
    )
    return {
        run["case__order_id"] or run["case__shipment__order_id"]: Redelivery(
            run["at"],
            _day(run["data"].get("date")),
            _clock(run["data"].get("from")),
            _clock(run["data"].get("to")),
        )
        for run in runs
    }


def _watched(order_ids: Sequence[int]) -> dict[int, str]:
    """Whether somebody has this order's trouble (taken), or it waits for one (open)."""
    cases = (
        Case.objects.exclude(state="resolved")
        .filter(Q(order_id__in=order_ids) | Q(shipment__order_id__in=order_ids), kind__in=_THEIRS)
        .values_list("order_id", "shipment__order_id", "owner_id")
    )
    found: dict[int, str] = {}
    for order_id, of_shipment, owner in cases:
        key = order_id or of_shipment
        if owner is not None or key not in found:
            found[key] = "taken" if owner is not None else "open"
    return found


def _papers(order_ids: Sequence[int]) -> dict[int, int]:
    rows = Document.objects.filter(_proofs(order_ids)).values_list(
        "id", "order_id", "shipment__order_id"
    )
    found: dict[int, int] = defaultdict(int)
    for _, order_id, of_shipment in set(rows):
        found[order_id or of_shipment] += 1
    return found


def _proofs(order_ids: Sequence[int]) -> Q:
    mine = Q(order_id__in=order_ids) | Q(shipment__order_id__in=order_ids)
    return mine & Q(kind="pod") & (Q(accepted_at__isnull=False) | Q(added_by=None))


def _day(text: object) -> str:
    try:
        return date.fromisoformat(str(text)).isoformat()
    except ValueError:
        return ""


def _clock(text: object) -> str:
    try:
        return f"{time.fromisoformat(str(text)):%H:%M}"
    except ValueError:
        return ""
