"""What waits for a supply, and what an order waits for: asked of the mirror, so never out of date.

First what Odoo says itself: bought or made to order, the moves that a receipt or a production goes on with,
the document that asked for it. A supply that Odoo ties to nothing covers shortages of its products in its
warehouse, earliest need first (rules.cover). Both directions give the same pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q

from apps.shipments import sets
from apps.shipments.chains import BY_NAME, CHAIN, DEPTH, PARTS, SHORT, TO_ORDER, UPSTREAM
from apps.shipments.models import Order, Shipment, Supply
from apps.shipments.rules.cover import Cover, Offer, Want, cover
from apps.shipments.rules.supply import PROMISED

_BEFORE: Final = frozenset({"unknown", "awaiting_stock", "ready_to_ship", "picking", "packed"})
_LEVELS: Final = 3  # a purchase may feed a production that feeds another


@dataclass(frozen=True, slots=True)
class Dependent:
    """One order that waits for a supply. `says` is a sentence; shipment is the transfer concerned, if known.

    how: chain, to_order, origin (Odoo says so), shortage (rules.cover). quantity only for shortages.
    """

    supply: Supply
    order: Order
    shipment: Shipment | None
    how: str
    says: str
    quantity: Decimal | None = None

    @property
    def needed_at(self) -> datetime | None:
        """When the goods are to leave: the transfer's schedule, else what the order was promised for."""
        if self.shipment is not None and self.shipment.scheduled_at is not None:
            return self.shipment.scheduled_at
        return self.order.promise_at


@dataclass(frozen=True, slots=True)
class _Tie:
    order: int
    picking: int | None
    how: str
    says: str
    quantity: Decimal | None = None


def dependents_of(supplies: Sequence[Supply]) -> dict[int, list[Dependent]]:
    """Orders that wait for these supplies, by the supply's database id; open orders only, soonest need first."""
    found: dict[int, list[Dependent]] = {supply.pk: [] for supply in supplies}
    by_connection: dict[str, list[Supply]] = defaultdict(list)
    for supply in supplies:
        by_connection[supply.connection].append(supply)
    for connection, mine in by_connection.items():
        ties = _ties(connection, mine, _LEVELS)
        for one in _resolved(connection, mine, ties):
            found[one.supply.pk].append(one)
    for rows in found.values():
        rows.sort(key=lambda one: (one.needed_at is None, one.needed_at, one.order.pk))
    return found


def supplies_of_orders(orders: Collection[Order]) -> dict[int, list[Dependent]]:
    """What these orders wait for, by the order's database id: open supplies, the earliest expected first."""
    found: dict[int, list[Dependent]] = {order.pk: [] for order in orders}
    candidates = _candidates(orders)
    for rows in dependents_of(candidates).values() if candidates else ():
        for one in rows:
            if one.order.pk in found:
                found[one.order.pk].append(one)
    for mine in found.values():
        mine.sort(key=lambda one: (one.supply.expected_at is None, one.supply.expected_at))
    return found


def _candidates(orders: Collection[Order]) -> list[Supply]:
    """Open supplies that could be meant: of the orders' products or their parts, or that name one of them."""
    found: dict[int, Supply] = {}
    for connection in {order.connection for order in orders}:
        mine = [order for order in orders if order.connection == connection]
        upstream = sets.fetch_named(
            UPSTREAM, connection=connection, ids=[order.odoo_id for order in mine], depth=DEPTH
        )
        fresh = _open_ones(connection, upstream, [order.name for order in mine])
        for _ in range(_LEVELS):  # a production that only names the order has parts of its own
            found |= {supply.pk: supply for supply in fresh}
            made = [supply.odoo_id for supply in fresh if supply.kind == "production"]
            if not made:
                break
            parts = sets.fetch_named(PARTS, connection=connection, ids=made, depth=DEPTH)
            fresh = [row for row in _open_ones(connection, parts) if row.pk not in found]
        found |= {supply.pk: supply for supply in fresh}
    return list(found.values())


def _open_ones(connection: str, upstream: Iterable[Any], names: Iterable[str] = ()) -> list[Supply]:
    """Open supplies among what was found upstream: (kind, Odoo's id), and those that name one of these orders."""
    kinds: dict[str, set[int]] = defaultdict(set)
    for kind, odoo_id in upstream:
        kinds[kind].add(odoo_id)
    wanted = Q(kind="purchase", odoo_id__in=kinds["purchase"])
    wanted |= Q(kind="production", odoo_id__in=kinds["production"])
    for name in names:
        wanted |= Q(origins__contains=[name])
    for product in kinds["product"]:
        wanted |= Q(product_odoo_ids__contains=[product])
    return list(Supply.objects.filter(wanted, connection=connection, open=True))


def _ties(connection: str, supplies: Sequence[Supply], levels: int) -> dict[int, list[_Tie]]:
    """What each supply is tied to, by its database id: by Odoo's word, else by shortage."""
    ties, feeds = _said(connection, supplies)
    free = [supply for supply in supplies if not ties[supply.pk] and not feeds[supply.pk]]
    if free:
        for part in _covers(connection, free):
            kind, odoo_id = part.want.key
            if kind == "production":
                feeds[part.supply].add(odoo_id)
                continue
            says = f"Covers {part.quantity.normalize():f} that are missing"
            ties[part.supply].append(
                _Tie(odoo_id, part.want.picking, "shortage", says, part.quantity)
            )
    if levels:
        _go_on(connection, ties, feeds, levels)
    return ties


def _said(
    connection: str, supplies: Sequence[Supply]
) -> tuple[dict[int, list[_Tie]], dict[int, set[int]]]:
    """What Odoo itself says: orders tied to these supplies, and productions that use them up."""
    ids = [supply.pk for supply in supplies]
    ties: dict[int, list[_Tie]] = defaultdict(list)
    feeds: dict[int, set[int]] = defaultdict(set)
    for supply_id, order, picking, used_by in sets.fetch_named(CHAIN, ids=ids, depth=DEPTH):
        if order is not None:
            ties[supply_id].append(_Tie(order, picking, "chain", "Its goods go on with this order"))
        elif used_by is not None:
            feeds[supply_id].add(used_by)
    for supply_id, order in sets.fetch_named(TO_ORDER, ids=ids):
        ties[supply_id].append(_Tie(order, None, "to_order", "Bought or made for this order"))
    for supply_id, order in sets.fetch_named(BY_NAME, ids=ids):
        ties[supply_id].append(_Tie(order, None, "origin", "This order asked for it"))
    return ties, feeds


def _go_on(
    connection: str, ties: dict[int, list[_Tie]], feeds: dict[int, set[int]], levels: int
) -> None:
    """A supply that a production uses up concerns whom that production concerns."""
    wanted = {odoo_id for used in feeds.values() for odoo_id in used}
    if not wanted:
        return
    made = list(
        Supply.objects.filter(
            connection=connection, kind="production", odoo_id__in=wanted, open=True
        )
    )
    through = _ties(connection, made, levels - 1) if made else {}
    by_odoo_id = {supply.odoo_id: supply for supply in made}
    for supply_id, used in feeds.items():
        known = {tie.order for tie in ties[supply_id]}
        for supply in (by_odoo_id[pk] for pk in sorted(used) if pk in by_odoo_id):
            for tie in through.get(supply.pk, ()):
                if tie.order not in known:
                    says = f"Goes into {supply.reference}, which this order waits for"
                    ties[supply_id].append(replace(tie, how="chain", says=says, quantity=None))


def _covers(connection: str, asked: Sequence[Supply]) -> list[Cover]:
    """Shortages that these supplies cover, beside all others of the same products that nothing is tied to."""
    products = sorted({pk for supply in asked for pk in supply.product_odoo_ids})
    if not products:
        return []
    wanted = Q()
    for product in products:
        wanted |= Q(product_odoo_ids__contains=[product])
    pool = list(Supply.objects.filter(wanted, connection=connection, open=True, stage__in=PROMISED))
    ties, feeds = _said(connection, pool)
    offers = [
        Offer(
            supply.pk,
            line["product_odoo_id"],
            supply.warehouse_id,
            missing,
            _at(line),
            supply.company_id,
        )
        for supply in pool
        if not ties[supply.pk] and not feeds[supply.pk]
        for line in supply.lines
        if (missing := Decimal(line["ordered"]) - Decimal(line["received"])) > 0
        and line["product_odoo_id"] in products
    ]
    wants = [
        Want((kind, odoo_id), product, warehouse, quantity, at, picking or None, company)
        for kind, odoo_id, picking, product, warehouse, quantity, at, company in sets.fetch_named(
            SHORT, connection=connection, products=products
        )
    ]
    mine = {supply.pk for supply in asked}
    return [part for part in cover(offers, wants) if part.supply in mine]


def _at(line: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(line["expected_at"]) if line["expected_at"] else None


def _resolved(
    connection: str, supplies: Sequence[Supply], ties: dict[int, list[_Tie]]
) -> Iterable[Dependent]:
    """Orders and shipments behind the ties; one line per supply and order, Odoo's own word first."""
    wanted = {tie.order for rows in ties.values() for tie in rows}
    orders = {
        row.odoo_id: row
        for row in Order.objects.filter(connection=connection, odoo_id__in=wanted, open=True)
    }
    going: dict[int, list[Shipment]] = defaultdict(list)
    for shipment in Shipment.objects.filter(
        order__in=[row.pk for row in orders.values()], kind__in=("outgoing", "dropship")
    ).order_by("id"):
        going[shipment.order_id or 0].append(shipment)
    for supply in supplies:
        seen: set[int] = set()
        for tie in ties.get(supply.pk, ()):
            order = orders.get(tie.order)
            if order is None or order.pk in seen:
                continue
            concerned = _concerned(tie, going[order.pk])
            if concerned is not None and concerned.execution_status not in _BEFORE:
                continue  # those goods have left: nothing waits any more
            seen.add(order.pk)
            yield Dependent(supply, order, concerned, tie.how, tie.says, tie.quantity)


def _concerned(tie: _Tie, going: Sequence[Shipment]) -> Shipment | None:
    """The transfer that is tied, else the order's next one to leave."""
    exact = [row for row in going if row.picking_odoo_id == tie.picking]
    waiting = [row for row in going if row.execution_status in _BEFORE]
    return next(iter(exact or waiting or going), None)
