"""From what Odoo says (the mirror) to orders, shipments and the packages it names.

Called by the feed in the transaction of the upsert, with the Odoo ids that changed, in any order and as
often as it likes: the outcome follows from the mirror alone. Locks: one projection per connection at a
time, then packages, shipments, orders, as everywhere in this room.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Company
from apps.journal.ids import new_id
from apps.journal.services import NewEntry, append_many
from apps.mirror.models import Contact, DeliveryCarrier, Invoice, Picking, SaleOrder
from apps.shipments import folding, linking, rollup, sets
from apps.shipments.held import claim
from apps.shipments.models import CarrierLink, Order, Shipment
from apps.shipments.projected import invoice_row, order_row, shipment_row
from apps.shipments.rules import normalise, split
from apps.shipments.staging import team_ids

_KINDS: Final = ("outgoing", "incoming", "dropship")
_PROJECTION_LOCK: Final = 7303
_ORDER_NEWS: Final[tuple[str, ...]] = (
    "name",
    "customer_name",
    "customer_reference",
    "amount_total",
    "currency",
)
_SHIPMENT_NEWS: Final[tuple[str, ...]] = (
    "reference",
    "carrier_name",
    "customer_name",
    "order_id",
    "value",
    "ship_to_city",
)
_VALUES: Final = """
SELECT m.picking_odoo_id, sum(m.demanded_qty * l.price_subtotal / nullif(l.ordered_qty, 0))
FROM mirror_move m
JOIN mirror_saleorderline l ON l.connection = m.connection AND l.odoo_id = m.order_line_odoo_id
WHERE m.connection = %s AND m.picking_odoo_id = ANY(%s) AND m.state <> 'cancel' GROUP BY 1
"""
_INVOICES_OF: Final = """
SELECT DISTINCT i.id FROM unnest(%s::bigint[]) AS o(id)
JOIN mirror_invoice i ON i.order_odoo_ids @> to_jsonb(o.id) WHERE i.connection = %s
"""


@dataclass(slots=True)
class Said:
    """The mirror's rows that one projection works on, by Odoo's ids."""

    connection: str
    orders: dict[int, SaleOrder] = field(default_factory=dict)
    pickings: dict[int, Picking] = field(default_factory=dict)
    steps: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    invoices: dict[int, list[Invoice]] = field(default_factory=lambda: defaultdict(list))
    contacts: dict[int, Contact] = field(default_factory=dict)
    carriers: dict[int, str] = field(default_factory=dict)
    carrier_ids: dict[int, int] = field(default_factory=dict)
    zones: dict[int, str] = field(default_factory=dict)
    values: dict[int, Decimal] = field(default_factory=dict)


@transaction.atomic
def project(
    connection: str,
    *,
    orders: Collection[int] = (),
    pickings: Collection[int] = (),
    invoices: Collection[int] = (),
    purchases: Collection[int] = (),
    productions: Collection[int] = (),
) -> None:
    """Bring orders, shipments and package links up to what the mirror says of these Odoo ids.

    An order brings its transfers and invoices along, a transfer and an invoice their order, so that
    the parts may arrive in any order. Purchase orders and productions are supplies of orders.
    """
    if not orders and not pickings and not invoices:
        return
    now = timezone.now()
    sets.fetch("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", _PROJECTION_LOCK, connection)
    said = _read(connection, set(orders), set(pickings), set(invoices))
    shipments = {
        row.picking_odoo_id: row
        for row in Shipment.objects.filter(connection=connection, picking_odoo_id__in=said.pickings)
    }
    numbers = {
        normalise(text) for row in said.pickings.values() for text in split(row.tracking_ref)
    }
    held = claim(sorted(numbers | linking.numbers_of([row.id for row in shipments.values()])))
    order_ids, told_orders, entries = _store_orders(said, now)
    shipment_ids, told, created = _store_shipments(said, shipments, order_ids, now)
    linked = linking.name_packages(_named(said, shipment_ids), held, now)
    folded, touched = folding.refold(sorted(linked.numbers), now) if linked.numbers else ([], set())
    for shipment_id in linked.shipments:
        told.setdefault(shipment_id, []).append("packages")
    derived = rollup.recompute(
        {row[0] for row in shipment_ids.values()} | touched | linked.shipments, now, order_ids=order_ids.values(),
        told=told, told_orders=told_orders,
    )  # fmt: skip
    append_many(
        [
            *created,
            *linked.entries,
            *folded,
            *derived,
            *{entry.subject: entry for entry in entries}.values(),
        ]
    )


def _read(connection: str, orders: set[int], pickings: set[int], invoices: set[int]) -> Said:
    said = Said(connection)
    asked = list(Picking.objects.filter(connection=connection, odoo_id__in=pickings))
    bills = list(Invoice.objects.filter(connection=connection, odoo_id__in=invoices))
    wanted = orders | {row.order_odoo_id for row in asked if row.order_odoo_id}
    wanted |= {order_id for bill in bills for order_id in bill.order_odoo_ids}
    said.orders = {
        row.odoo_id: row
        for row in SaleOrder.objects.filter(connection=connection, odoo_id__in=wanted)
    }
    siblings = Picking.objects.filter(connection=connection, order_odoo_id__in=said.orders)
    for row in sorted(
        {row.pk: row for row in [*asked, *siblings]}.values(), key=lambda row: row.odoo_id
    ):
        if row.kind in _KINDS:
            said.pickings[row.odoo_id] = row
        elif row.order_odoo_id and row.gone_at is None:
            said.steps[row.order_odoo_id].append(row.state)
    found = (
        [row[0] for row in sets.fetch(_INVOICES_OF, list(said.orders), connection)]
        if said.orders
        else []
    )
    for bill in Invoice.objects.filter(pk__in=found, gone_at=None).order_by("odoo_id"):
        for order_id in bill.order_odoo_ids:
            said.invoices[order_id].append(bill)
    _read_names(said)
    return said


def _read_names(said: Said) -> None:
    """Contacts, carriers, zones and values of the rows at hand."""
    contacts = {row.contact_odoo_id for row in said.pickings.values()}
    contacts |= {
        pk for row in said.orders.values() for pk in (row.customer_odoo_id, row.shipping_odoo_id)
    }
    said.contacts = {
        row.odoo_id: row
        for row in Contact.objects.filter(
            connection=said.connection, odoo_id__in=[pk for pk in contacts if pk]
        )
    }
    methods = [row.carrier_odoo_id for row in said.pickings.values() if row.carrier_odoo_id]
    if methods:
        of_ours = DeliveryCarrier.objects.filter(connection=said.connection, odoo_id__in=methods)
        said.carriers = dict(of_ours.values_list("odoo_id", "name"))
        links = CarrierLink.objects.filter(
            connection=said.connection, delivery_carrier_odoo_id__in=methods
        )
        said.carrier_ids = dict(links.values_list("delivery_carrier_odoo_id", "carrier_id"))
    companies = {row.company_id for row in said.pickings.values() if row.company_id}
    said.zones = dict(Company.objects.filter(pk__in=companies).values_list("pk", "timezone"))
    if said.pickings:
        found = sets.fetch(_VALUES, said.connection, list(said.pickings))
        said.values = {row[0]: row[1] for row in found if row[1] is not None}


def _store_orders(
    said: Said, now: datetime
) -> tuple[dict[int, int], dict[int, list[str]], list[NewEntry]]:
    """Insert and update orders; returns database ids by Odoo's, changed fields, entries of invoices."""
    known = {
        row.odoo_id: row
        for row in Order.objects.filter(connection=said.connection, odoo_id__in=said.orders)
    }
    fresh: list[sets.Row] = []
    changed: list[sets.Row] = []
    told: dict[int, list[str]] = {}
    entries: list[NewEntry] = []
    team = team_ids()["customer-service"] if len(known) < len(said.orders) else 0
    for odoo_id, source in said.orders.items():
        row = order_row(
            source,
            said.contacts,
            said.steps[odoo_id],
            [invoice_row(b) for b in said.invoices[odoo_id]],
        )
        entries += list(
            _invoice_entries(
                said.invoices[odoo_id], known[odoo_id].invoices if odoo_id in known else []
            )
        )
        if odoo_id not in known:
            fresh.append(
                {
                    **row,
                    "public_id": new_id("ord")[4:],
                    "connection": said.connection,
                    "odoo_id": odoo_id,
                    **_new_order(now, team),
                }
            )
        elif differing := [
            name for name, value in row.items() if getattr(known[odoo_id], name) != value
        ]:
            changed.append({"id": known[odoo_id].id, **row})
            told[known[odoo_id].id] = [name for name in _ORDER_NEWS if name in differing]
    ids = {row.odoo_id: row.id for row in known.values()}
    for row_id, _, odoo_id in sets.insert(Order, fresh, keep="connection,odoo_id"):
        ids[odoo_id] = row_id
    sets.update(Order, sorted(changed, key=lambda row: row["id"]))
    return ids, told, entries


def _new_order(now: datetime, team_id: int) -> dict[str, Any]:
    """Derived right after; the team is what the database asks of an open order."""
    return {
        "stage": "", "stage_why": {}, "promise_basis": "", "held": [], "open": True, "version": 0,
        "owner_team_id": team_id,
        "created_at": now, "changed_at": now,
    }  # fmt: skip


def _invoice_entries(bills: Iterable[Invoice], before: list[dict[str, Any]]) -> Iterable[NewEntry]:
    known = {bill["id"]: bill for bill in before}
    for bill in bills:
        was = known.get(bill.public_id, {})
        if (was.get("state"), was.get("payment_state")) == (bill.state, bill.payment_state):
            continue
        yield NewEntry(
            "invoice.changed",
            bill.public_id,
            {
                "invoice": bill.public_id, "state": bill.state, "payment_state": bill.payment_state,
                "was": {name: was[name] for name in ("state", "payment_state") if name in was},
            },
            company_id=bill.company_id, warehouse_id=bill.warehouse_id, customer_id=bill.customer_id,
        )  # fmt: skip


def _store_shipments(
    said: Said, known: Mapping[int | None, Shipment], order_ids: Mapping[int, int], now: datetime
) -> tuple[dict[int, tuple[int, str]], dict[int, list[str]], list[NewEntry]]:
    """Insert and update shipments; returns (database id, public id) by picking, changes, entries."""
    fresh: list[sets.Row] = []
    changed: list[sets.Row] = []
    told: dict[int, list[str]] = {}
    for odoo_id, source in said.pickings.items():
        row = shipment_row(source, said, order_ids.get(source.order_odoo_id or 0))
        if odoo_id not in known:
            fresh.append(
                {
                    **row,
                    "public_id": new_id("shp")[4:],
                    "connection": said.connection,
                    "picking_odoo_id": odoo_id,
                    **_new_shipment(now),
                }
            )
        elif differing := [
            name for name, value in row.items() if getattr(known[odoo_id], name) != value
        ]:
            changed.append({"id": known[odoo_id].id, **row})
            told[known[odoo_id].id] = [name for name in _SHIPMENT_NEWS if name in differing]
    made = [row[0] for row in sets.insert(Shipment, fresh)]
    sets.update(Shipment, sorted(changed, key=lambda row: row["id"]))
    ids = {pk: (row.id, row.public_id) for pk, row in known.items() if pk is not None}
    created = []
    for new in Shipment.objects.filter(pk__in=made).select_related("order").order_by("id"):
        ids[new.picking_odoo_id or 0] = (new.id, new.public_id)
        payload = {
            "version": 1,
            "kind": new.kind,
            "order": new.order.public_id if new.order else None,
        }
        scope = (new.company_id, new.warehouse_id, new.customer_id)
        created.append(NewEntry("shipment.created", new.public_id, payload, *scope))
    _join_backorders(said, ids)
    return ids, told, created


def _new_shipment(now: datetime) -> dict[str, Any]:
    return {
        "execution_status": "", "customer_status": "", "financial_status": "", "execution_why": {},
        "customer_why": {}, "financial_why": {}, "partial": False, "delivered_packages": 0, "package_count": 0,
        "exception_reason": "", "promise_basis": "", "eta": "", "attempts": 0, "late": False,
        "has_proof": False, "version": 0, "created_at": now, "changed_at": now,
    }  # fmt: skip


def _join_backorders(said: Said, ids: Mapping[int, tuple[int, str]]) -> None:
    first = {
        row.backorder_odoo_id for row in said.pickings.values() if row.backorder_odoo_id
    } - set(ids)
    known = dict(
        Shipment.objects.filter(connection=said.connection, picking_odoo_id__in=first).values_list(
            "picking_odoo_id", "id"
        )
    ) | {pk: row[0] for pk, row in ids.items()}
    rows = [
        {"id": ids[pk][0], "backorder_of_id": known[row.backorder_odoo_id]}
        for pk, row in said.pickings.items()
        if row.backorder_odoo_id in known
    ]
    sets.update(Shipment, rows)


def _named(said: Said, ids: Mapping[int, tuple[int, str]]) -> list[linking.Named]:
    return [
        linking.Named(
            ids[pk][0], ids[pk][1], said.carrier_ids.get(row.carrier_odoo_id or 0), split(row.tracking_ref),
            _began(said, row),
            {"company_id": row.company_id, "warehouse_id": row.warehouse_id, "customer_id": row.customer_id},
        )
        for pk, row in said.pickings.items()
    ]  # fmt: skip


def _began(said: Said, row: Picking) -> datetime | None:
    """When its order was confirmed: before that nothing can have been scanned for it.

    A transfer's own dates are plans, and may lie after the delivery: without an order nobody knows.
    """
    order = said.orders.get(row.order_odoo_id or 0)
    return order.ordered_at if order else None
