"""From what Odoo says (the mirror) to orders, shipments and the packages it names.

Called by the feed in the transaction of the upsert, with the Odoo ids that changed, in any order and as
often as it likes: the outcome follows from the mirror alone. Locks: one projection per connection at a
time, then packages, shipments, orders, as everywhere in this room.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from apps.journal.services import append_many
from apps.shipments import folding, linking, rollup, sets
from apps.shipments.held import claim
from apps.shipments.loading import lock_shipments
from apps.shipments.rules import normalise, split
from apps.shipments.said import Said, TransferSaid, read
from apps.shipments.storing import store_orders, store_shipments, stored_shipments
from apps.shipments.supplying import receipts_of, store_supplies

_PROJECTION_LOCK: Final = 7303


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
    the parts may arrive in any order. Purchase orders and productions become supplies; a purchase order
    brings its receipts along.
    """
    if not (orders or pickings or invoices or purchases or productions):
        return
    now = timezone.now()
    sets.fetch("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", _PROJECTION_LOCK, connection)
    supplies = store_supplies(connection, purchases, productions, now)
    receipts = receipts_of(connection, purchases)
    said = read(connection, set(orders), set(pickings) | receipts, set(invoices))
    shipments = stored_shipments(said)
    numbers = {
        normalise(text) for row in said.pickings.values() for text in split(row.tracking_ref)
    }
    known = [row["id"] for row in shipments.values()]
    claimed = sorted(numbers | linking.numbers_of(known))
    held = claim(claimed)
    lock_shipments(known, claimed)
    order_ids, told_orders, entries = store_orders(said, now)
    shipment_ids, told, created = store_shipments(said, shipments, order_ids, now)
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
            *supplies,
            *created,
            *linked.entries,
            *folded,
            *derived,
            *{(entry.kind, entry.subject): entry for entry in entries}.values(),
        ]
    )


def _named(said: Said, ids: Mapping[int, tuple[int, str]]) -> list[linking.Named]:
    return [
        linking.Named(
            ids[pk][0], ids[pk][1], said.carrier_ids.get(row.carrier_odoo_id or 0), split(row.tracking_ref),
            _began(said, row),
            {"company_id": row.company_id, "warehouse_id": row.warehouse_id, "customer_id": row.customer_id},
        )
        for pk, row in said.pickings.items()
    ]  # fmt: skip


def _began(said: Said, row: TransferSaid) -> datetime | None:
    """When its order was confirmed: before that nothing can have been scanned for it.

    A transfer's own dates are plans, and may lie after the delivery: without an order nobody knows.
    """
    order = said.orders.get(row.order_odoo_id or 0)
    return order.ordered_at if order else None
