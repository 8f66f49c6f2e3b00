"""Events, messages and shipments as these tests need them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.utils import timezone

from apps.accounts.models import Company
from apps.shipments.apply import Incoming
from apps.shipments.models import Carrier, Order, Package, PackageLink, Shipment
from apps.shipments.rules import normalise

_numbers = count(1)
_odoo_ids = count(1000)


def at(text: str) -> datetime:
    """ "2026-03-02 14:10" in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """One event as a source says it: a Fact for apply(), and an event for the pure rules."""

    milestone: str
    tracking_number: str
    occurred_at: datetime
    exception_reason: str | None = None
    time_basis: str | None = None
    unmapped: bool = False
    flags: tuple[str, ...] = ()
    pod: dict[str, Any] | None = None
    eta: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    voids: str | None = None
    source_event_id: str | None = None
    source_code: str = ""
    location: str = ""
    country: str | None = None
    description: str = ""
    carrier: str | None = None
    references: dict[str, str] = field(default_factory=dict)
    generation_hint: str | None = None
    told_at: datetime | None = None
    subject: tuple[str, str] | None = None
    kind: str = ""
    content: str = ""

    @property
    def identity(self) -> str:
        said = f"{self.carrier}|{normalise(self.tracking_number)}|{self.milestone}|{self.occurred_at}|{self.source_event_id}"
        said += f"|{self.kind}|{self.subject}" if self.kind else ""
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True)
class Scan:
    """An event as the fold sees it: no None where the database has empty texts."""

    milestone: str
    occurred_at: datetime
    ref: str
    identity: str
    exception_reason: str = ""
    pod: dict[str, Any] | None = None
    eta: str = ""
    generation_hint: str = ""
    carrier_id: int | None = None
    fence: str = ""
    told_at: datetime | None = None  # None: at once

    @property
    def received_at(self) -> datetime:
        return self.told_at or self.occurred_at


def scan(milestone: str, when: str | datetime, **more: Any) -> Scan:
    """An event for the pure rules; its reference tells what it is."""
    moment = at(when) if isinstance(when, str) else when
    ref = more.pop("ref", f"{milestone}@{moment:%m-%dT%H:%M}")
    return Scan(milestone, moment, ref, ref, **more)


def said(milestone: str, when: str | datetime, number: str = "1Z999", **more: Any) -> Said:
    """An event as a format would give it."""
    return Said(milestone, number, at(when) if isinstance(when, str) else when, **more)


def message(*events: Said, carrier: str | None = "ups", version: int = 1, **more: Any) -> Incoming:
    """One message of a partner that is granted every company unless company_ids says otherwise."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "message_id": number, "message_ref": f"msg_{number:032x}", "source": carrier or "broker",
        "format": "tpl_generic", "carrier": carrier, "mapping_version": version,
        "received_at": timezone.now(), "correlation_id": f"cor_{number:032x}", "company_ids": (),
    }  # fmt: skip
    return Incoming(**{**fields, **more}, events=list(events))


def make_order(company: Company, name: str = "", **fields: Any) -> Order:
    """A confirmed order."""
    number = next(_numbers)
    given = {
        "odoo_state": "sale",
        "stage": "confirmed",
        "changed_at": timezone.now(),
        "currency": "USD",
        **fields,
    }
    return Order.objects.create(
        connection="default", odoo_id=number, name=name or f"S{number:05}", company=company, **given
    )


def make_shipment(company: Company, order: Order | None = None, **fields: Any) -> Shipment:
    """An outgoing shipment whose transfer is done."""
    number = next(_numbers)
    given = {
        "kind": "outgoing", "reference": f"WH/OUT/{number:05}", "connection": "default",
        "picking_odoo_id": number, "picking_state": "done", "execution_status": "dispatched",
        "customer_status": "on_the_way", "financial_status": "in_delivery", "changed_at": timezone.now(),
        **fields,
    }  # fmt: skip
    return Shipment.objects.create(company=company, order=order, **given)


def make_package(
    number: str, *shipments: Shipment, carrier: str | None = "ups", **fields: Any
) -> Package:
    """A package Odoo has named, linked to shipments."""
    slug = (
        carrier
        and Carrier.objects.get_or_create(slug=carrier, defaults={"name": carrier.upper()})[0]
    )
    first = shipments[0] if shipments else None
    package = Package.objects.create(
        tracking_number=number, number=normalise(number), carrier=slug or None, changed_at=timezone.now(),
        company=first.company if first else None, **fields,
    )  # fmt: skip
    for shipment in shipments:
        PackageLink.objects.create(package=package, shipment=shipment, said_by="odoo")
    return package


def mirrored(model: Any, odoo_id: int | None = None, **fields: Any) -> Any:
    """One row of the mirror."""
    return model.objects.create(
        connection="default",
        odoo_id=odoo_id or next(_odoo_ids),
        content_hash="x",
        read_started_at=timezone.now(),
        **fields,
    )


def change(row: Any, **fields: Any) -> None:
    """Odoo says something else now."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


def states(numbers: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What the stored packages say, without what depends on the moment of storing: for comparison."""
    rows = Package.objects.select_related("carrier", "deciding_event").order_by(
        "number", "carrier__slug", "fence", "generation"
    )
    if numbers:
        rows = rows.filter(number__in=numbers)
    return [
        {
            "number": row.number, "carrier": row.carrier.slug if row.carrier else None, "fence": row.fence,
            "generation": row.generation, "milestone": row.milestone, "status": row.status,
            "reason": row.exception_reason, "terminal": row.terminal, "last": row.last_event_at,
            "delivered": row.delivered_at, "attempts": row.attempts, "eta": row.eta,
            "proven": bool(row.proof and row.proof["valid"]), "ambiguous": row.ambiguous,
            "anomalies": [anomaly["code"] for anomaly in row.anomalies], "events": row.event_count,
            "decided_by": row.deciding_event.identity if row.deciding_event else None,
            "holds": sorted(row.events.values_list("identity", flat=True)),
        }
        for row in rows
        if row.event_count or row.links.exists()
    ]  # fmt: skip


__all__ = [
    "Said", "Scan", "at", "change", "make_order", "make_package", "make_shipment", "message", "mirrored", "replace", "said", "scan", "states",
]  # fmt: skip
