"""What the mirror says of the records at hand, read in a handful of statements."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models.functions import Lower

from apps.accounts.models import Company, User
from apps.accounts.roles import MAY
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


class OrderSaid(NamedTuple):
    """The columns of mirror.SaleOrder that orders follow."""

    odoo_id: int
    name: str
    state: str
    locked: bool
    customer_odoo_id: int | None
    shipping_odoo_id: int | None
    customer_reference: str
    ordered_at: datetime | None
    commitment_at: datetime | None
    currency: str
    amount_total: Decimal
    salesperson: str
    salesperson_login: str
    gone_at: datetime | None
    company_id: int | None
    warehouse_id: int | None
    customer_id: int | None


class TransferSaid(NamedTuple):
    """The columns of mirror.Picking that shipments follow."""

    odoo_id: int
    name: str
    state: str
    kind: str
    order_odoo_id: int | None
    contact_odoo_id: int | None
    carrier_odoo_id: int | None
    tracking_ref: str
    scheduled_at: datetime | None
    deadline_at: datetime | None
    done_at: datetime | None
    backorder_odoo_id: int | None
    return_of_odoo_id: int | None
    gone_at: datetime | None
    company_id: int | None
    warehouse_id: int | None
    customer_id: int | None


class BillSaid(NamedTuple):
    """The columns of mirror.Invoice that orders follow."""

    public_id: str
    odoo_id: int
    name: str
    kind: str
    state: str
    payment_state: str
    order_odoo_ids: list[int]
    reversed_odoo_id: int | None
    due_on: date | None
    currency: str
    amount_total: Decimal
    amount_residual: Decimal
    company_id: int | None
    warehouse_id: int | None
    customer_id: int | None


class ContactSaid(NamedTuple):
    """Whom and where to."""

    odoo_id: int
    name: str
    city: str
    country: str
    timezone: str


@dataclass(slots=True)
class Said:
    """The mirror's rows that one projection works on, by Odoo's ids."""

    connection: str
    orders: dict[int, OrderSaid] = field(default_factory=dict)
    pickings: dict[int, TransferSaid] = field(default_factory=dict)
    steps: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    invoices: dict[int, list[BillSaid]] = field(default_factory=lambda: defaultdict(list))
    contacts: dict[int, ContactSaid] = field(default_factory=dict)
    carriers: dict[int, str] = field(default_factory=dict)
    carrier_ids: dict[int, int] = field(default_factory=dict)
    zones: dict[int, str] = field(default_factory=dict)
    values: dict[int, Decimal] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)  # of the tower, by e-mail in lower case
    supplies: dict[int, int] = field(default_factory=dict)  # ours, by the receipt they belong to


def read(connection: str, orders: set[int], pickings: set[int], invoices: set[int]) -> Said:
    """Read these records, the orders they belong to, and those orders' transfers and invoices.

    Plain tuples of the columns that count: a first load hands over a thousand orders at a time.
    """
    said = Said(connection)
    transfers = Picking.objects.filter(connection=connection).values_list(*TransferSaid._fields)
    asked = [TransferSaid._make(row) for row in transfers.filter(odoo_id__in=pickings)]
    billed = Invoice.objects.filter(connection=connection, odoo_id__in=invoices)
    wanted = orders | {row.order_odoo_id for row in asked if row.order_odoo_id}
    for order_ids in billed.values_list("order_odoo_ids", flat=True) if invoices else ():
        wanted |= set(order_ids)
    rows = SaleOrder.objects.filter(connection=connection, odoo_id__in=wanted)
    for row in rows.values_list(*OrderSaid._fields):
        said.orders[row[0]] = OrderSaid._make(row)
    siblings = {row.odoo_id: row for row in asked}
    for row in transfers.filter(order_odoo_id__in=said.orders) if said.orders else ():
        siblings[row[0]] = TransferSaid._make(row)
    for _, sibling in sorted(siblings.items()):
        if sibling.kind in _KINDS:
            said.pickings[sibling.odoo_id] = sibling
        elif sibling.order_odoo_id and sibling.gone_at is None:
            said.steps[sibling.order_odoo_id].append(sibling.state)
    _read_bills(said)
    _read_names(said)
    return said


def _read_bills(said: Said) -> None:
    if not said.orders:
        return
    found = [row[0] for row in sets.fetch(_INVOICES_OF, list(said.orders), said.connection)]
    ours = Invoice.objects.filter(pk__in=found, gone_at=None, kind__in=_BILLS)
    for row in ours.order_by("odoo_id").values_list(*BillSaid._fields) if found else ():
        bill = BillSaid._make(row)
        for order_id in bill.order_odoo_ids:
            said.invoices[order_id].append(bill)


def _read_names(said: Said) -> None:
    """Contacts, carriers, zones, values and supplies of the rows at hand."""
    contacts = {row.contact_odoo_id for row in said.pickings.values()}
    contacts |= {
        pk for row in said.orders.values() for pk in (row.customer_odoo_id, row.shipping_odoo_id)
    }
    people = Contact.objects.filter(
        connection=said.connection, odoo_id__in=[pk for pk in contacts if pk]
    )
    for row in people.values_list(*ContactSaid._fields):
        said.contacts[row[0]] = ContactSaid._make(row)
    methods = {row.carrier_odoo_id for row in said.pickings.values() if row.carrier_odoo_id}
    if methods:
        of_ours = DeliveryCarrier.objects.filter(connection=said.connection, odoo_id__in=methods)
        said.carriers = dict(of_ours.values_list("odoo_id", "name"))
        links = CarrierLink.objects.filter(
            connection=said.connection, delivery_carrier_odoo_id__in=methods
        )
        said.carrier_ids = dict(links.values_list("delivery_carrier_odoo_id", "carrier_id"))
    companies = {row.company_id for row in said.pickings.values() if row.company_id}
    if companies:
        said.zones = dict(Company.objects.filter(pk__in=companies).values_list("pk", "timezone"))
    if said.pickings:
        found = sets.fetch(_VALUES, said.connection, list(said.pickings))
        said.values = {row[0]: row[1] for row in found if row[1] is not None}
    logins = {row.salesperson_login.lower() for row in said.orders.values()} - {""}
    if logins:
        known = User.objects.annotate(login=Lower("email")).filter(
            login__in=logins, is_service=False, groups__name__in=MAY["orders.own"]
        )
        said.people = dict(known.values_list("login", "pk"))
    received = [pk for pk, row in said.pickings.items() if row.kind in ("incoming", "dropship")]
    if received:
        said.supplies = dict(sets.fetch(_SUPPLIES, said.connection, received))
