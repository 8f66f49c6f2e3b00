"""What a person read in a carrier's portal becomes an event: with its source, marked low trust, audited (R31).

It goes the way of every other word: a message of an internal partner `manual` that nobody can sign as, applied by
the inbox, judged by the ownership matrix as a person's word. It overrides nobody who owns the fact.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from uuid6 import uuid7

from apps.accounts.models import Company, User, Warehouse
from apps.integrations import partners, store
from apps.integrations.errors import BadRecord
from apps.integrations.formats.codes import EXCEPTION_REASONS
from apps.integrations.models import Partner
from apps.journal.correlation import current
from apps.journal.services import NewEntry, append
from apps.journal.wake import wake
from apps.shipments import documents
from apps.shipments.errors import BadDocument
from apps.shipments.models import Document, Package, Shipment
from apps.shipments.models import Source as SourceKind
from apps.shipments.models.events import MANUAL
from apps.shipments.queries import packages, shipments
from apps.shipments.rules.matching import granted, granted_warehouses

MILESTONES: Final = (
    "label_created", "booked", "picked_up", "departed_facility", "arrived_at_facility", "in_transit",
    "customs_hold", "customs_cleared", "arrived_at_destination", "out_for_delivery",
    "delivery_attempted", "available_for_pickup", "delivered", "exception", "delayed", "damaged", "lost",
    "return_in_transit", "returned_to_sender", "cancelled", "info_only",
)  # fmt: skip
"""What a carrier's portal may say of a parcel, in the order of a journey."""

REASONS: Final = tuple(sorted(EXCEPTION_REASONS))
_NOTE: Final = 500
_PLACE: Final = 120
_OLDEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a person saw: milestone, when (aware), where, and the note that says where it was read.

    token makes one sending of the form one record, however often it is posted.
    """

    milestone: str
    occurred_at: datetime
    source_note: str
    token: str
    place: str = ""
    reason: str = ""


@transaction.atomic
def record(
    package: Package,
    reading: Reading,
    *,
    by: User,
    now: datetime,
    screenshot: tuple[str, bytes] | None = None,
) -> str:
    """Store the reading as a message and wake the inbox; returns the message's public id.

    screenshot is (name, bytes), kept as evidence of the package's shipment. The same token is one record. Raises
    BadRecord with a sentence for the person; PermissionError without the right or outside the scope.
    """
    if not by.may("events.record") or not packages(by).filter(pk=package.pk).exists():
        raise PermissionError("Your role or scope does not cover this parcel.")
    _check(package, reading, now)
    partner = _partner(package)
    key = f"manual:{by.public_id}-{reading.token}"
    known = store.find(partner.pk, key)
    if known is not None:
        return known.public_id
    document = _keep(package, screenshot, by, now)
    message = _message(partner, key, package, reading, document, by, now)
    if store.insert(message) is None:
        raise BadRecord("This was recorded a moment ago.")
    public_id = f"msg_{message.public_id.hex}"
    append(
        NewEntry(
            "event.recorded",
            package.public_id,
            {
                "message": public_id,
                "milestone": reading.milestone,
                "document": document.public_id if document else None,
            },
            company_id=package.company_id,
            warehouse_id=package.warehouse_id,
            customer_id=package.customer_id,
            actor=by.public_id,
            correlation_id=message.correlation_id,
        )
    )
    transaction.on_commit(lambda: wake("inbox.drain"))
    return public_id


def _check(package: Package, reading: Reading, now: datetime) -> None:
    if package.implicit:
        raise BadRecord("This shipment has no tracking number yet, so no portal can know it.")
    if reading.milestone not in MILESTONES:
        raise BadRecord("Choose what the portal says.")
    if reading.reason and reading.reason not in EXCEPTION_REASONS:
        raise BadRecord("Choose one of the reasons.")
    if not reading.source_note.strip() or len(reading.source_note) > _NOTE:
        raise BadRecord(f"Say where you read it, in up to {_NOTE} characters.")
    if len(reading.place) > _PLACE:
        raise BadRecord(f"A place has up to {_PLACE} characters.")
    if not now - _OLDEST <= reading.occurred_at <= now + timedelta(minutes=5):
        raise BadRecord("It must have happened, and within the last year.")


def _partner(package: Package) -> Partner:
    """The internal partner that speaks for exactly the companies and warehouses the package's sources were granted.

    It has no secret, so nothing that is posted in its name is ever taken.
    """
    ids, places = granted(package.fence), granted_warehouses(package.fence)
    named = hashlib.sha256(package.fence.encode()).hexdigest()[:10]
    slug = f"{MANUAL}-{named}" if package.fence else MANUAL
    partner, is_new = Partner.objects.get_or_create(
        slug=slug, defaults={"name": "By hand (manual, low trust)", "format": "canonical"}
    )
    if is_new:
        partner.companies.set(Company.objects.filter(pk__in=ids))
        partner.warehouses.set(Warehouse.objects.filter(pk__in=places))
        SourceKind.objects.get_or_create(slug=slug, defaults={"kind": "person"})
        partners.forget(slug)
        told = {"partner": slug, "format": "canonical"}
        append(NewEntry("partner.added", partner.public_id, told, actor="system"))
    return partner


def _keep(
    package: Package, screenshot: tuple[str, bytes] | None, by: User, now: datetime
) -> Document | None:
    if screenshot is None:
        return None
    shipment = _shipment(package, by)
    if shipment is None:
        raise BadRecord(
            "This parcel belongs to no shipment yet, so there is nowhere to keep a picture."
        )
    name, content = screenshot
    try:
        return documents.add(
            content=content, name=name, kind="evidence", by=by, now=now, shipment=shipment
        )
    except BadDocument as error:
        raise BadRecord(str(error)) from error


def _shipment(package: Package, by: User) -> Shipment | None:
    return shipments(by).filter(packages=package).order_by("pk").first()


def _message(
    partner: Partner, key: str, package: Package, reading: Reading, document: Document | None, by: User,
    now: datetime,
) -> store.NewMessage:  # fmt: skip
    raw = json.dumps(_event(key, package, reading, document, by), ensure_ascii=False).encode()
    return store.NewMessage(
        public_id=uuid7(),
        partner_id=partner.pk,
        key=key,
        digest=hashlib.sha256(raw).hexdigest(),
        received_at=now,
        correlation_id=current(),
        media_type="application/json",
        headers=json.dumps({"x-recorded-by": by.public_id}),
        raw=raw,
    )


def _event(
    key: str, package: Package, reading: Reading, document: Document | None, by: User
) -> Mapping[str, Any]:
    """The reading as a canonical event (docs/canonical.md)."""
    note = reading.source_note.strip()
    event: dict[str, Any] = {
        "id": key.partition(":")[2],
        "type": reading.milestone,
        "version": "2",
        "source": MANUAL,
        "occurred_at": reading.occurred_at.isoformat(),
        "subject": {"tracking_number": package.tracking_number},
        "description": note,
        "details": {"trust": "low", "by": by.public_id, "source_note": note},
    }
    if package.carrier is not None:
        event["carrier"] = package.carrier.slug
    if reading.reason:
        event["reason"] = reading.reason
    if reading.place.strip():
        event["location"] = {"name": reading.place.strip()}
    if document is not None:
        event["details"]["document"] = document.public_id
    return event


def local(text: str, zone: str) -> datetime:
    """What a form's date and time mean in a zone (IANA). Raises BadRecord in words.

    A time with an offset of its own is that instant.
    """
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise BadRecord("Say when, and in which time zone (such as Europe/Brussels).") from error
