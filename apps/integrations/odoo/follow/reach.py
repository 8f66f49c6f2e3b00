"""Which orders, transfers, invoices, purchases and productions a change in the mirror reaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

from django.db.models import Q

from apps.mirror.models import Move, Picking, PurchaseOrder, PurchaseOrderLine, SaleOrder
from apps.mirror.services import Changes
from apps.mirror.specs import BY_MODEL


@dataclass(slots=True)
class Affected:
    """Odoo ids of the documents to look at again."""

    orders: set[int] = field(default_factory=set)
    pickings: set[int] = field(default_factory=set)
    invoices: set[int] = field(default_factory=set)
    purchases: set[int] = field(default_factory=set)
    productions: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return any(getattr(self, part.name) for part in fields(self))


DOCUMENTS: Final = {
    "sale.order": "orders",
    "stock.picking": "pickings",
    "account.move": "invoices",
    "purchase.order": "purchases",
    "mrp.production": "productions",
}
_POINTERS: Final = {
    "sale.order.line": {"order_odoo_id": "orders"},
    "purchase.order.line": {"order_odoo_id": "purchases"},
    "stock.move": {
        "picking_odoo_id": "pickings",
        "production_odoo_id": "productions",
        "raw_production_odoo_id": "productions",
    },
    "stock.move.line": {"picking_odoo_id": "pickings"},
    "mrp.workorder": {"production_odoo_id": "productions"},
}
"""Columns of a child that name the documents it belongs to; where it moved, the one it left is reached too."""


def affected_by(connection: str, all_changes: Sequence[Changes]) -> Affected:
    """The documents whose facts these changes are. New master data reaches nothing: nothing pointed to it yet."""
    found = Affected()
    for changes in all_changes:
        for model, odoo_ids in changes.rescoped.items():
            if model in DOCUMENTS:
                getattr(found, DOCUMENTS[model]).update(odoo_ids)
        if changes.model in DOCUMENTS:
            getattr(found, DOCUMENTS[changes.model]).update(changes.touched)
        elif changes.model in _POINTERS and changes.touched:
            _parents(connection, changes, found)
        elif changes.model == "res.partner" and (changes.changed or changes.gone):
            _contacts(connection, changes.changed + changes.gone, found)
        elif changes.model == "delivery.carrier" and (changes.changed or changes.gone):
            carried = Picking.objects.filter(
                connection=connection, carrier_odoo_id__in=changes.changed + changes.gone
            )
            found.pickings |= _ids(carried.values_list("odoo_id", flat=True))
    _purchased(connection, all_changes, found)
    return found


def _parents(connection: str, changes: Changes, found: Affected) -> None:
    pointers = _POINTERS[changes.model]
    rows = BY_MODEL[changes.model].table._default_manager.filter(
        connection=connection, odoo_id__in=changes.touched
    )
    for row in [*rows.values(*pointers), *changes.before.values()]:
        for name, kind in pointers.items():
            if row[name]:
                getattr(found, kind).add(row[name])


def _purchased(connection: str, all_changes: Sequence[Changes], found: Affected) -> None:
    """What was received changes the purchase it is of."""
    moved = [odoo_id for c in all_changes if c.model == "stock.move" for odoo_id in c.touched]
    if not moved:
        return
    moves = Move.objects.filter(connection=connection, odoo_id__in=moved)
    lines = _ids(moves.values_list("purchase_line_odoo_id", flat=True))
    orders = PurchaseOrderLine.objects.filter(connection=connection, odoo_id__in=lines)
    found.purchases |= _ids(orders.values_list("order_odoo_id", flat=True))


def _contacts(connection: str, contacts: list[int], found: Affected) -> None:
    orders = SaleOrder.objects.filter(connection=connection).filter(
        Q(customer_odoo_id__in=contacts) | Q(shipping_odoo_id__in=contacts)
    )
    found.orders |= _ids(orders.values_list("odoo_id", flat=True))
    pickings = Picking.objects.filter(connection=connection, contact_odoo_id__in=contacts)
    found.pickings |= _ids(pickings.values_list("odoo_id", flat=True))
    supplied = PurchaseOrder.objects.filter(connection=connection, supplier_odoo_id__in=contacts)
    found.purchases |= _ids(supplied.values_list("odoo_id", flat=True))


def _ids(values: Iterable[int | None]) -> set[int]:
    return {value for value in values if value}
