"""Purchases and productions: their lines, what brings them in and what they go into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from apps.mirror.models import Move, Picking, PurchaseOrderLine, WorkOrder


def purchase_lines(connection: str, purchase_ids: Collection[int]) -> list[PurchaseOrderLine]:
    """The lines of these purchase orders (Odoo's ids), in Odoo's order."""
    rows = PurchaseOrderLine.objects.filter(
        connection=connection, order_odoo_id__in=purchase_ids, gone_at=None
    )
    return list(rows.order_by("order_odoo_id", "odoo_id"))


def receipts_of(connection: str, purchase_ids: Collection[int]) -> dict[int, list[Picking]]:
    """The transfers that bring what was bought, by purchase order (Odoo's ids), the earliest first.

    A transfer's own link to its purchase is not stored in Odoo: the moves of the lines tell (FACTS 5). Goods
    that went back to the supplier are among them, as outgoing ones.
    """
    of_line = {
        line.odoo_id: line.order_odoo_id for line in purchase_lines(connection, purchase_ids)
    }
    moved = Move.objects.filter(
        connection=connection, purchase_line_odoo_id__in=of_line, gone_at=None
    ).values_list("picking_odoo_id", "purchase_line_odoo_id")
    wanted: dict[int, set[int]] = defaultdict(set)
    for picking, line in moved:
        if picking and line:
            wanted[picking].add(of_line[line])
    found: dict[int, list[Picking]] = {order: [] for order in purchase_ids}
    rows = Picking.objects.filter(connection=connection, odoo_id__in=wanted, gone_at=None)
    for row in rows.order_by("scheduled_at", "odoo_id"):
        for order in sorted(wanted[row.odoo_id]):
            found[order].append(row)
    return found


def components(connection: str, production_ids: Collection[int]) -> dict[int, list[Move]]:
    """What these productions (Odoo's ids) use up: demanded, and reserved or used so far, by production."""
    found: dict[int, list[Move]] = {production: [] for production in production_ids}
    rows = Move.objects.filter(
        connection=connection, raw_production_odoo_id__in=production_ids, gone_at=None
    ).exclude(state="cancel")
    for row in rows.order_by("odoo_id"):
        found[row.raw_production_odoo_id or 0].append(row)
    return found


def work_orders(connection: str, production_ids: Collection[int]) -> dict[int, list[WorkOrder]]:
    """The operations of these productions (Odoo's ids), the earliest first, those without a date last."""
    found: dict[int, list[WorkOrder]] = {production: [] for production in production_ids}
    rows = WorkOrder.objects.filter(
        connection=connection, production_odoo_id__in=production_ids, gone_at=None
    )
    for row in rows.order_by("start_at", "odoo_id"):
        found[row.production_odoo_id].append(row)
    return found


def fed_by(connection: str, move_ids: Iterable[int]) -> dict[int, list[Move]]:
    """The moves whose goods go on with these ones (Odoo's ids): a receipt, a production, an earlier step."""
    wanted = set(move_ids)
    found: dict[int, list[Move]] = {move: [] for move in wanted}
    own = Move.objects.filter(connection=connection, odoo_id__in=wanted)
    before = dict(own.values_list("odoo_id", "orig_odoo_ids"))
    sources = {
        row.odoo_id: row
        for row in Move.objects.filter(
            connection=connection,
            odoo_id__in={origin for origins in before.values() for origin in origins},
            gone_at=None,
        )
    }
    for move, origins in before.items():
        found[move] = [sources[origin] for origin in origins if origin in sources]
    return found
