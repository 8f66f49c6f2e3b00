"""The record a command is about: found by our public id, narrowed to what a person may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Model, QuerySet

from apps.accounts.models import User
from apps.approvals.models import Hold
from apps.mirror.models import Invoice, Picking, Production, PurchaseOrder, SaleOrder
from apps.shipments.models import Order, Shipment, Supply

TITLES: Final = {
    "sale.order": "order",
    "stock.picking": "transfer",
    "account.move": "invoice",
    "purchase.order": "purchase order",
    "mrp.production": "production",
}

_MIRROR: Final[dict[str, type[Model]]] = {
    "sale.order": SaleOrder,
    "stock.picking": Picking,
    "account.move": Invoice,
    "purchase.order": PurchaseOrder,
    "mrp.production": Production,
}


@dataclass(frozen=True, slots=True)
class Target:
    """One record of one Odoo, with whose it is. public_id is ours; row is what the mirror says of it."""

    connection: str
    model: str
    odoo_id: int
    name: str
    public_id: str
    company_id: int | None
    warehouse_id: int | None
    customer_id: int | None
    order: Order | None = None
    shipment: Shipment | None = None

    @property
    def title(self) -> str:
        """What the record is called, e.g. `transfer WH/OUT/00012`."""
        return f"{TITLES.get(self.model, self.model)} {self.name}"

    @property
    def row(self) -> Any:
        """The mirror's row, read now; None where the mirror does not have it."""
        rows = _MIRROR[self.model]._default_manager.filter(
            connection=self.connection, odoo_id=self.odoo_id
        )
        return rows.first()

    @property
    def read_at(self) -> datetime | None:
        """When the mirror last read it."""
        return self.row.read_started_at if self.row else None


def find(public_id: str, user: User | None) -> Target | None:
    """The record behind a public id, or None when there is none within the person's scope.

    ord_ is a sale order, shp_ a transfer, inv_ an invoice, sup_ a purchase order or a production.
    """
    prefix = public_id.partition("_")[0]
    finder = {"ord": _order, "shp": _shipment, "inv": _invoice, "sup": _supply}.get(prefix)
    return finder(public_id, user) if finder else None


def _one(rows: QuerySet[Any], public_id: str, user: User | None) -> Any:
    return (user.scope.narrow(rows) if user else rows).filter(public_id=public_id).first()


def _order(public_id: str, user: User | None) -> Target | None:
    row: Order | None = _one(Order.objects.all(), public_id, user)
    if row is None and user is not None:  # an order is seen if any of its shipments is
        seen = user.scope.narrow(Shipment.objects.filter(order__public_id=public_id))
        shipment = seen.select_related("order").first()
        row = shipment.order if shipment else None
    if row is None:
        return None
    scope = (row.company_id, row.warehouse_id, row.customer_id)
    return Target(
        row.connection, "sale.order", row.odoo_id, row.name, row.public_id, *scope, order=row
    )


def _shipment(public_id: str, user: User | None) -> Target | None:
    row = _one(Shipment.objects.select_related("order"), public_id, user)
    return of_shipment(row) if row else None


def of_shipment(row: Shipment) -> Target | None:
    """A shipment's transfer; None for one that Odoo does not know yet."""
    if row.picking_odoo_id is None:
        return None
    return Target(
        row.connection,
        "stock.picking",
        row.picking_odoo_id,
        row.reference,
        row.public_id,
        row.company_id,
        row.warehouse_id,
        row.customer_id,
        order=row.order,
        shipment=row,
    )


def _invoice(public_id: str, user: User | None) -> Target | None:
    row: Invoice | None = _one(Invoice.objects.all(), public_id, user)
    if row is None:
        return None
    scope = (row.company_id, row.warehouse_id, row.customer_id)
    return Target(
        row.connection,
        "account.move",
        row.odoo_id,
        row.name,
        row.public_id,
        *scope,
        order=_order_of(row),
    )


def _order_of(invoice: Invoice) -> Order | None:
    orders = Order.objects.filter(
        connection=invoice.connection, odoo_id__in=invoice.order_odoo_ids
    ).order_by("id")
    return orders.first()


def _supply(public_id: str, user: User | None) -> Target | None:
    row: Supply | None = _one(Supply.objects.all(), public_id, user)
    if row is None:
        return None
    model = "purchase.order" if row.kind == "purchase" else "mrp.production"
    scope = (row.company_id, row.warehouse_id, row.customer_id)
    return Target(row.connection, model, row.odoo_id, row.reference, row.public_id, *scope)


def of_hold(hold: Hold) -> Target:
    """The record that a hold keeps back."""
    row = Invoice.objects.filter(connection=hold.connection, odoo_id=hold.record_odoo_id).first()
    return Target(
        hold.connection,
        hold.model,
        hold.record_odoo_id,
        hold.record_name,
        row.public_id if row else "",
        hold.company_id,
        hold.warehouse_id,
        hold.customer_id,
        order=hold.order,
        shipment=hold.shipment,
    )
