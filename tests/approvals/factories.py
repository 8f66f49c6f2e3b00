"""Orders, shipments and invoices for the rooms above, as the rooms below leave them."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from apps.accounts.models import Company, User
from apps.approvals import services
from apps.approvals.models import Hold, Request
from apps.mirror.models import Invoice
from apps.shipments.models import (
    Carrier,
    Document,
    DocumentBody,
    Event,
    Order,
    Package,
    PackageLink,
    Shipment,
)

_numbers = count(1000)
NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)  # a Monday


def make_order(company: Company, **fields) -> Order:
    number = next(_numbers)
    fields.setdefault("name", f"S{number:05}")
    return Order.objects.create(
        connection="default",
        odoo_id=number,
        company=company,
        customer_name="Azure Interior",
        amount_total=Decimal("4180"),
        currency="EUR",
        changed_at=NOON,
        **fields,
    )


def make_shipment(order: Order | None, company: Company | None = None, **fields) -> Shipment:
    number = next(_numbers)
    ups, _ = Carrier.objects.get_or_create(slug="ups", defaults={"name": "UPS"})
    fields.setdefault("execution_status", "in_transit")
    fields.setdefault("reference", f"WH/OUT/{number:05}")
    fields.setdefault("carrier", ups)
    fields.setdefault("kind", "outgoing")
    return Shipment.objects.create(
        connection="default",
        picking_odoo_id=number,
        order=order,
        picking_state="done",
        company=company or (order.company if order else None),
        warehouse=order.warehouse if order else None,
        customer=order.customer if order else None,
        customer_name="Azure Interior",
        customer_status="on_its_way",
        financial_status="in_delivery",
        changed_at=NOON,
        dispatched_at=NOON - timedelta(days=1),
        **fields,
    )


def make_package(shipment: Shipment | None, **fields) -> Package:
    number = fields.pop("tracking_number", f"1Z{next(_numbers)}")
    package = Package.objects.create(
        carrier=shipment.carrier if shipment else None,
        tracking_number=number,
        number=number,
        changed_at=NOON,
        company=shipment.company if shipment else None,
        **fields,
    )
    if shipment:
        PackageLink.objects.create(package=package, shipment=shipment, said_by="odoo")
    return package


def make_event(package: Package, milestone: str, at: datetime = NOON, **fields) -> Event:
    number = next(_numbers)
    return Event.objects.create(
        package=package,
        identity=f"i{number}",
        content=f"c{number}",
        mapping_version=1,
        source="ups",
        format="ups_track_alert",
        milestone=milestone,
        occurred_at=at,
        received_at=at,
        message_ref=f"msg_{number:032x}",
        correlation_id="cor_test",
        **fields,
    )


def deliver(shipment: Shipment, at: datetime = NOON, *, proof: bool = False) -> Shipment:
    """As the fold and the roll-up leave a delivered shipment."""
    package = shipment.packages.first() or make_package(shipment)
    make_event(package, "delivered", at)
    Package.objects.filter(pk=package.pk).update(
        milestone="delivered", status="delivered", delivered_at=at, terminal=True
    )
    shipment.execution_status, shipment.delivered_at, shipment.has_proof = "delivered", at, proof
    shipment.save()
    return shipment


def make_invoice(order: Order, **fields) -> Invoice:
    number = next(_numbers)
    fields.setdefault("state", "posted")
    fields.setdefault("payment_state", "not_paid")
    return Invoice.objects.create(
        connection="default",
        odoo_id=number,
        content_hash=str(number),
        read_started_at=NOON,
        company=order.company,
        customer=order.customer,
        name=f"INV/2026/{number}",
        kind="out_invoice",
        order_odoo_ids=[order.odoo_id],
        currency="EUR",
        amount_total=Decimal("4180"),
        amount_residual=Decimal("4180"),
        **fields,
    )


def make_hold(order: Order, invoice: Invoice | None = None, **fields) -> Hold:
    invoice = invoice or make_invoice(order)
    fields.setdefault("says", f"Held because {order.name} was delivered without proof of delivery.")
    return services.place_hold(
        invoice,
        reason="missing_proof",
        order=order,
        shipment=order.shipments.first(),
        case_ref="",
        now=NOON,
        rule="missing_proof.1",
        conditions=[
            {
                "code": "proof",
                "says": "A signature or document from UPS arrives",
                "met": False,
                "owner": "UPS",
                "group": "proof",
            },
            {
                "code": "finance_accepts",
                "says": "Finance accepts other evidence",
                "met": False,
                "owner": "Finance",
                "group": "finance",
            },
        ],
        **fields,
    )


def make_document(order: Order, by: User, content: bytes = b"%PDF-1.4 signed") -> Document:
    document = Document.objects.create(
        order=order,
        company=order.company,
        kind="evidence",
        name="signed.pdf",
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        added_by=by,
    )
    DocumentBody.objects.create(document=document, content=content)
    return document


def make_request(
    hold: Hold, by: User, *, documents=(), reason="The customer mailed the signed paper."
) -> Request:
    return services.request_release(hold, by=by, reason=reason, documents=documents, now=NOON)
