"""What the mirror says of the records at hand, read in a handful of statements."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from apps.accounts.models import Company
from apps.mirror.models import Contact, DeliveryCarrier, Invoice, Picking, SaleOrder
from apps.shipments import sets
from apps.shipments.models import CarrierLink

_KINDS: Final = ("outgoing", "incoming", "dropship")
_BILLS: Final = ("out_invoice", "out_refund")  # a supplier's bill is no invoice of an order
_VALUES: Final = """
SELECT m.picking_odoo_id, sum(m.demanded_qty * l.price_subtotal / nullif(l.ordered_qty, 0))
FROM mirror_move m
JOIN mirror_saleorderline l ON l.connection = m.connection AND l.odoo_id = m.order_line_odoo_id
WHERE m.connection = %s AND m.picking_odoo_id = ANY(%s) AND m.state <> 'cancel' GROUP BY 1
"""
_SUPPLIES: Final = """
SELECT m.picking_odoo_id, min(s.id) FROM mirror_move m
JOIN mirror_purchaseorderline l ON l.connection = m.connection AND l.odoo_id = m.purchase_line_odoo_id
JOIN shipments_supply s ON s.connection = l.connection AND s.kind = 'purchase' AND s.odoo_id = l.order_odoo_id
WHERE m.connection = %s AND m.picking_odoo_id = ANY(%s) GROUP BY 1
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
    supplies: dict[int, int] = field(default_factory=dict)  # ours, by the receipt they belong to


def read(connection: str, orders: set[int], pickings: set[int], invoices: set[int]) -> Said:
    """Read these records, the orders they belong to, and those orders' transfers and invoices."""
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
    ours = Invoice.objects.filter(pk__in=found, gone_at=None, kind__in=_BILLS)
    for bill in ours.order_by("odoo_id"):
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
    received = [pk for pk, row in said.pickings.items() if row.kind in ("incoming", "dropship")]
    if received:
        said.supplies = dict(sets.fetch(_SUPPLIES, said.connection, received))
