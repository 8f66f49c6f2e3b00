"""Files as evidence: taken by what their bytes are, kept apart from their heads, accepted by a person."""

import hashlib
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.journal.services import NewEntry, append, append_many
from apps.shipments import rollup
from apps.shipments.errors import BadDocument
from apps.shipments.models import Document, DocumentBody, Order, Shipment

_MAGIC: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_KINDS: Final = frozenset({"pod", "evidence"})
_NAME_LENGTH: Final = 200


@transaction.atomic
def add(
    *, content: bytes, name: str, kind: str, by: User | None, now: datetime,
    shipment: Shipment | None = None, order: Order | None = None,
) -> Document:  # fmt: skip
    """Keep a file as evidence of a shipment or an order (at least one of them).

    PDF, PNG or JPEG by its first bytes, up to settings.MAX_DOCUMENT_BYTES; raises BadDocument with a
    sentence for the person otherwise. `kind` is pod or evidence.
    """
    owner = shipment or order
    if owner is None or kind not in _KINDS:
        raise BadDocument(
            "Say which shipment or order this file is about, and whether it is proof of delivery."
        )
    document = Document.objects.create(
        shipment=shipment, order=order or (shipment.order if shipment else None), kind=kind,
        name=_clean(name), media_type=_media_type(content), size=len(content),
        sha256=hashlib.sha256(content).hexdigest(), added_by=by, company_id=owner.company_id,
        warehouse_id=owner.warehouse_id, customer_id=owner.customer_id,
    )  # fmt: skip
    DocumentBody.objects.create(document=document, content=content)
    append(_entry("document.added", document, by, {"kind": kind, "sha256": document.sha256}))
    return document


@transaction.atomic
def accept(document: Document, *, by: User, now: datetime) -> Document:
    """A person with that right (proof.accept) takes this file for a valid proof of delivery.

    Accepting it again changes nothing. Raises PermissionError for anybody else.
    """
    if not by.may("proof.accept"):
        raise PermissionError("Accepting a proof of delivery needs the finance role.")
    document = (
        Document.objects.select_for_update(of=("self",))
        .select_related("shipment", "order")
        .get(pk=document.pk)
    )
    if document.accepted_at is not None:
        return document
    document.accepted_by, document.accepted_at = by, now
    document.save(update_fields=["accepted_by", "accepted_at"])
    append(_entry("document.accepted", document, by, {"by": by.public_id}))
    ids = [document.shipment_id] if document.shipment_id else _shipments_of(document.order)
    append_many(rollup.recompute(ids, now))
    return document


def _shipments_of(order: Order | None) -> list[int]:
    return list(order.shipments.values_list("id", flat=True)) if order else []


def _media_type(content: bytes) -> str:
    limit = settings.MAX_DOCUMENT_BYTES
    if not content:
        raise BadDocument("The file is empty.")
    if len(content) > limit:
        raise BadDocument(f"The file is larger than {limit // (1024 * 1024)} MB.")
    for magic, media_type in _MAGIC:
        if content.startswith(magic):
            return media_type
    raise BadDocument("Only PDF, PNG and JPEG files can be evidence.")


def _clean(name: str) -> str:
    """The last part of the name without what a header or a file system would trip over."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(char for char in last if char.isprintable() and char not in '"<>:|?*')
    return kept[-_NAME_LENGTH:] or "document"


def _entry(kind: str, document: Document, by: User | None, more: dict[str, str]) -> NewEntry:
    payload = {
        "shipment": document.shipment.public_id if document.shipment else None,
        "order": document.order.public_id if document.order else None,
        **more,
    }
    return NewEntry(
        kind, document.public_id, payload, company_id=document.company_id, warehouse_id=document.warehouse_id,
        customer_id=document.customer_id, actor=by.public_id if by else "system",
    )  # fmt: skip
