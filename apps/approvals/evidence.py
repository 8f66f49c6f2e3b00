"""Files that come with a request: stored ones by id, new ones by their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from django.db.models import Q

from apps.accounts.models import User
from apps.approvals.errors import BadEvidence, NotAllowed
from apps.shipments import documents
from apps.shipments.errors import BadDocument
from apps.shipments.models import Document, Order, Shipment


class Upload(Protocol):
    """What Django hands over for an uploaded file."""

    name: str | None

    def read(self) -> bytes: ...


def gather(
    by: User,
    *,
    shipment: Shipment | None,
    order: Order | None,
    ids: Sequence[str],
    files: Iterable[Upload],
    now: datetime,
) -> list[Document]:
    """The documents of a request: those named by public id, within the person's scope, and the uploaded ones.

    Only what is about this shipment or order counts: another customer's paper proves nothing here, and would be
    attached to this one's invoice in Odoo. Raises BadEvidence for an unknown id or a file that cannot be taken,
    NotAllowed without the right to add.
    """
    about = Q(pk=None)
    if shipment is not None:
        about |= Q(shipment=shipment)
    if order is not None:
        about |= Q(order=order) | Q(shipment__order=order)
    named = Document.objects.filter(about, public_id__in=ids)
    known = list(by.scope.narrow(named).order_by("id")) if ids else []
    if len(known) != len(set(ids)):
        raise BadEvidence("unknown_document", "One of these documents is not there.")
    added = []
    for file in files:
        if not by.may("evidence.add"):
            raise NotAllowed("role", "Your role cannot add evidence.")
        try:
            added.append(
                documents.add(
                    content=file.read(),
                    name=file.name or "document",
                    kind="evidence",
                    by=by,
                    shipment=shipment,
                    order=order,
                    now=now,
                )
            )
        except BadDocument as error:
            raise BadEvidence("bad_document", str(error)) from error
    return [*known, *added]
