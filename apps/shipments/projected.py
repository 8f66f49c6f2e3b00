"""One row of Odoo's as a row of ours: pure translations of the projection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from apps.shipments.models import Order, Shipment

if TYPE_CHECKING:
    from apps.shipments.said import BillSaid, ContactSaid, OrderSaid, Said, TransferSaid


def order_row(
    source: OrderSaid,
    contacts: Mapping[int, ContactSaid],
    people: Mapping[str, int],
    steps: Sequence[str],
    invoices: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """An order's columns. One that Odoo deleted counts as cancelled: its story stays."""
    customer = contacts.get(source.customer_odoo_id or 0)
    row = {
        "name": source.name,
        "customer_name": customer.name if customer else "",
        "customer_reference": source.customer_reference,
        "odoo_state": "cancel" if source.gone_at else source.state,
        "gone": source.gone_at is not None,
        "locked": source.locked,
        "salesperson_name": source.salesperson,
        "salesperson_id": people.get(source.salesperson_login.lower()),
        "ordered_at": source.ordered_at,
        "commitment_at": source.commitment_at,
        "amount_total": source.amount_total,
        "currency": source.currency,
        "steps": sorted(steps),
        "invoices": list(invoices),
        "company_id": source.company_id,
        "warehouse_id": source.warehouse_id,
        "customer_id": source.customer_id,
    }
    return _fitting(Order, row)


def invoice_row(bill: BillSaid) -> dict[str, Any]:
    """An invoice inside its order's row; amounts as decimal texts."""
    return {
        "id": bill.public_id,
        "odoo_id": bill.odoo_id,
        "name": "" if bill.name in ("/", "false") else bill.name,
        "kind": bill.kind,
        "reversed_odoo_id": bill.reversed_odoo_id,
        "state": bill.state,
        "payment_state": bill.payment_state,
        "amount_total": str(bill.amount_total),
        "amount_residual": str(bill.amount_residual),
        "currency": bill.currency,
        "due_on": bill.due_on.isoformat() if bill.due_on else None,
    }


def shipment_row(source: TransferSaid, said: Said, order_id: int | None) -> dict[str, Any]:
    """A shipment's columns that come from its transfer; what is derived stays as it is."""
    order = said.orders.get(source.order_odoo_id or 0)
    contact = said.contacts.get(
        source.contact_odoo_id or (order.shipping_odoo_id if order else 0) or 0
    )
    customer = said.contacts.get((order.customer_odoo_id if order else 0) or 0) or contact
    value = said.values.get(source.odoo_id, Decimal(0))
    row = {
        "kind": "return" if source.return_of_odoo_id else source.kind,
        "reference": source.name,
        "picking_state": "cancel" if source.gone_at else source.state,
        "gone": source.gone_at is not None,
        "deadline_at": source.deadline_at,
        "scheduled_at": source.scheduled_at,
        "order_id": order_id,
        "supply_id": said.supplies.get(source.odoo_id),
        "carrier_id": said.carrier_ids.get(source.carrier_odoo_id or 0),
        "carrier_name": said.carriers.get(source.carrier_odoo_id or 0, ""),
        "customer_name": customer.name if customer else "",
        "ship_to_city": contact.city if contact else "",
        "ship_to_country": contact.country if contact else "",
        "ship_to_timezone": (contact.timezone if contact else "")
        or said.zones.get(source.company_id or 0, ""),
        "dispatched_at": source.done_at,
        "value": value.quantize(Decimal("0.0001")),
        "currency": order.currency if order else "",
        "company_id": source.company_id,
        "warehouse_id": source.warehouse_id,
        "customer_id": source.customer_id,
    }
    return _fitting(Shipment, row)


def _fitting(table: type[Model], row: dict[str, Any]) -> dict[str, Any]:
    """Texts cut to what the table holds: these are copies for lists, the whole text stands in the mirror."""
    longest = _longest(table)
    return {
        name: value[: longest[name]] if isinstance(value, str) else value
        for name, value in row.items()
    }


@cache
def _longest(table: type[Model]) -> dict[str, int | None]:
    return {field.attname: field.max_length for field in table._meta.concrete_fields}
