"""Orders as customers meet them: each scene is one state of the world, told through the real pipe."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from apps.accounts.models import Company, Customer, Team
from apps.exceptions.models import ActionRun, Case
from apps.mirror.models import Contact, Move, Product, SaleOrder
from apps.shipments.apply import apply
from apps.shipments.models import Carrier, Document, DocumentBody, Order, Shipment
from apps.shipments.services import rollup
from tests.shipments.factories import Said, make_order, make_package, make_shipment, message

ZONE = "Europe/Brussels"
_numbers = count(1)


def ago(hours: float) -> datetime:
    """So many hours before now, to the minute."""
    return (timezone.now() - timedelta(hours=hours)).replace(second=0, microsecond=0)


def in_days(days: int, zone: str = ZONE) -> date:
    """A day from today in the delivery zone."""
    return timezone.now().astimezone(ZoneInfo(zone)).date() + timedelta(days=days)


def end_of(day: date, zone: str = ZONE) -> datetime:
    """The last second of a day."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def order_of(
    company: Company, name: str = "", customer: Customer | None = None, **fields: Any
) -> Order:
    """A confirmed order with a delivery address in 9000 Gent."""
    given = {"ordered_at": ago(80), "customer": customer, "customer_reference": "PO 4711", **fields}
    order = make_order(company, name, **given)
    home = Contact.objects.create(
        connection="default", odoo_id=1000 + order.odoo_id, content_hash="c", read_started_at=timezone.now(),
        name="Azure Interior", street="Veldstraat 12", zip="9000", city="Gent", country="BE", timezone=ZONE,
    )  # fmt: skip
    SaleOrder.objects.create(
        connection="default", odoo_id=order.odoo_id, content_hash="c", read_started_at=timezone.now(),
        name=order.name, state="sale", shipping_odoo_id=home.odoo_id, company=company,
    )  # fmt: skip
    return order


def shipment_of(order: Order, *items: str, **fields: Any) -> Shipment:
    """An outgoing shipment of an order, with a move per item."""
    assert order.company is not None
    given = {
        "ship_to_timezone": ZONE,
        "ship_to_country": "BE",
        "customer": order.customer,
        "dispatched_at": ago(30),
        **fields,
    }
    shipment = make_shipment(order.company, order, **given)
    for item in items:
        number = next(_numbers)
        common = {"connection": "default", "content_hash": "c", "read_started_at": timezone.now()}
        Product.objects.create(odoo_id=number, name=item, **common)
        Move.objects.create(
            odoo_id=number, picking_odoo_id=shipment.picking_odoo_id, product_odoo_id=number, state="done",
            demanded_qty=Decimal(1), quantity=Decimal(1), **common,
        )  # fmt: skip
    return shipment


def parcel_of(
    shipment: Shipment, *events: tuple[str, datetime, dict[str, Any]], number: str = ""
) -> str:
    """A UPS parcel of a shipment with these events (milestone, when, more), applied as one message."""
    Carrier.objects.get_or_create(slug="ups", defaults={"name": "UPS"})
    number = number or f"1Z999AA1012345{next(_numbers):04}"
    make_package(number, shipment)
    if events:
        apply([message(*(Said(name, number, at, **more) for name, at, more in events))])
    rollup([shipment.pk])
    return number


def case_of(order: Order, kind: str = "delivery_attempted", **fields: Any) -> Case:
    """An open case about an order."""
    team = Team.objects.get_or_create(
        slug="customer-service", defaults={"name": "Customer service"}
    )[0]
    now = timezone.now()
    return Case.objects.create(
        kind=kind, dedupe=f"{kind}:{order.pk}", title="Delivery attempted", order=order, company=order.company,
        team=team, opened_at=now, due_at=now, last_seen_at=now, **fields,
    )  # fmt: skip


def redelivery_of(order: Order, **data: str) -> ActionRun:
    """A new delivery that was asked of the carrier just now."""
    return ActionRun.objects.create(
        case=case_of(order), action="request_redelivery", key=f"run:{order.pk}", data=data, at=timezone.now(),
        state="sent",
    )  # fmt: skip


def paper_of(shipment: Shipment, **fields: Any) -> Document:
    """A signed delivery note that finance accepted."""
    given = {
        "kind": "pod",
        "name": "internal name.pdf",
        "media_type": "application/pdf",
        "accepted_at": timezone.now(),
    }
    document = Document.objects.create(
        shipment=shipment,
        order=shipment.order,
        company=shipment.company,
        size=9,
        sha256="0" * 64,
        **{**given, **fields},
    )
    DocumentBody.objects.create(document=document, content=b"%PDF-1.7\n")
    return document


_TOUR: tuple[tuple[str, float, str], ...] = (
    ("label_created", 31, ""), ("picked_up", 28, "GENT, BE"), ("departed_facility", 22, "GENT, BE"),
    ("arrived_at_facility", 12, "Machelen, BE"),
)  # fmt: skip


def tour(**last: Any) -> list[tuple[str, datetime, dict[str, Any]]]:
    """Label, pickup and two sorting centres; `last` goes to the last of them."""
    events = [(name, ago(hours), {"location": place}) for name, hours, place in _TOUR]
    events[-1][2].update(last)
    return events


def label_only(company: Company, **fields: Any) -> Order:
    order = order_of(company, **fields)
    shipment = shipment_of(order, "Large desk, walnut", "Desk lamp", dispatched_at=ago(3))
    parcel_of(shipment, ("label_created", ago(4), {}))
    return order


def on_its_way(company: Company, **fields: Any) -> Order:
    order = order_of(
        company, promise_at=end_of(in_days(2)), commitment_at=end_of(in_days(2)), **fields
    )
    parcel_of(
        shipment_of(order, "Large desk, walnut", "Desk lamp"), *tour(eta=in_days(1).isoformat())
    )
    return order


def late(company: Company, **fields: Any) -> Order:
    order = order_of(
        company, promise_at=end_of(in_days(-1)), commitment_at=end_of(in_days(-1)), **fields
    )
    more = (
        "delayed",
        ago(2),
        {"exception_reason": "weather", "location": "Machelen, BE", "eta": in_days(2).isoformat()},
    )
    parcel_of(shipment_of(order, "Large desk, walnut"), *tour(), more)
    case_of(order, "shipment_delayed")
    return order


def missed(company: Company, **fields: Any) -> Order:
    order = order_of(company, **fields)
    events = (
        ("out_for_delivery", ago(6), {"location": "Gent, BE"}),
        ("delivery_attempted", ago(1), {"exception_reason": "recipient_unavailable"}),
    )
    parcel_of(shipment_of(order, "Large desk, walnut", "Desk lamp"), *tour(), *events)
    return order


def partly(company: Company, **fields: Any) -> Order:
    order = order_of(
        company, promise_at=end_of(in_days(2)), commitment_at=end_of(in_days(2)), **fields
    )
    parcel_of(
        shipment_of(order, "Desk lamp"), *tour(), ("delivered", ago(5), {"location": "Gent, BE"})
    )
    parcel_of(shipment_of(order, "Large desk, walnut"), *tour(eta=in_days(1).isoformat()))
    return order


def delivered(company: Company, **fields: Any) -> Order:
    order = order_of(company, **fields)
    shipment = shipment_of(order, "Large desk, walnut", "Desk lamp")
    pod = {
        "received_by": "Annelies Kortrijk",
        "has_signature": True,
        "signed_at": ago(2).isoformat(),
    }
    parcel_of(shipment, *tour(), ("delivered", ago(2), {"location": "Gent, BE", "pod": pod}))
    paper_of(shipment)
    return order


def returned(company: Company, **fields: Any) -> Order:
    order = order_of(company, **fields)
    events = (
        ("delivery_attempted", ago(9), {"exception_reason": "recipient_refused"}),
        ("return_in_transit", ago(8), {"exception_reason": "recipient_refused"}),
        ("returned_to_sender", ago(2), {"exception_reason": "recipient_refused"}),
    )
    parcel_of(shipment_of(order, "Large desk, walnut"), *tour(), *events)
    return order


SCENES = {
    scene.__name__: scene
    for scene in (label_only, on_its_way, late, missed, partly, delivered, returned)
}
