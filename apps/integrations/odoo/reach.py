"""Which orders, transfers and invoices a change in the mirror reaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from apps.mirror.models import Move, Picking, SaleOrder, SaleOrderLine
from apps.mirror.services import Changes


@dataclass(slots=True)
class Affected:
    """Odoo ids of the documents to look at again."""

    orders: set[int] = field(default_factory=set)
    pickings: set[int] = field(default_factory=set)
    invoices: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.orders or self.pickings or self.invoices)


def affected_by(connection: str, all_changes: Sequence[Changes]) -> Affected:
    """The documents whose facts these changes are. New master data reaches nothing: nothing pointed to it yet."""
    found = Affected()
    for changes in all_changes:
        if changes.model == "sale.order":
            found.orders.update(changes.touched)
        elif changes.model == "stock.picking":
            found.pickings.update(changes.touched)
        elif changes.model == "account.move":
            found.invoices.update(changes.touched)
        elif changes.model == "sale.order.line":
            lines = SaleOrderLine.objects.filter(connection=connection, odoo_id__in=changes.touched)
            found.orders |= _ids(lines.values_list("order_odoo_id", flat=True))
            found.orders |= _before(changes, "order_odoo_id")
        elif changes.model == "stock.move":
            moves = Move.objects.filter(connection=connection, odoo_id__in=changes.touched)
            found.pickings |= _ids(moves.values_list("picking_odoo_id", flat=True))
            found.pickings |= _before(changes, "picking_odoo_id")
        elif changes.model == "res.partner" and changes.changed:
            _contacts(connection, changes.changed, found)
        elif changes.model == "delivery.carrier" and changes.changed:
            carried = Picking.objects.filter(
                connection=connection, carrier_odoo_id__in=changes.changed
            )
            found.pickings |= _ids(carried.values_list("odoo_id", flat=True))
    return found


def _contacts(connection: str, contacts: list[int], found: Affected) -> None:
    orders = SaleOrder.objects.filter(connection=connection).filter(
        Q(customer_odoo_id__in=contacts) | Q(shipping_odoo_id__in=contacts)
    )
    found.orders |= _ids(orders.values_list("odoo_id", flat=True))
    pickings = Picking.objects.filter(connection=connection, contact_odoo_id__in=contacts)
    found.pickings |= _ids(pickings.values_list("odoo_id", flat=True))


def _before(changes: Changes, pointer: str) -> set[int]:
    return _ids(row.get(pointer) for row in changes.before.values())


def _ids(values: Iterable[int | None]) -> set[int]:
    return {value for value in values if value}
