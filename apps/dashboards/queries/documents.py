"""Files of evidence, narrowed to a person."""

from collections.abc import Iterable

from django.db.models import Q

from apps.accounts.models import User
from apps.shipments.models import Document, DocumentBody


def named(
    user: User, ids: Iterable[str], *, order_id: int | None, shipment_id: int | None
) -> list[Document]:
    """The chosen documents that the person sees and that are about this order or shipment."""
    about = Q(pk=None)
    if order_id:
        about |= Q(order_id=order_id)
    if shipment_id:
        about |= Q(shipment_id=shipment_id)
    return list(user.scope.narrow(Document.objects.filter(about, public_id__in=list(ids))))


def with_body(user: User, public_id: str) -> tuple[Document, bytes] | None:
    """One document with its bytes, or None outside the person's scope."""
    document = user.scope.narrow(Document.objects.filter(public_id=public_id)).first()
    if document is None:
        return None
    return document, bytes(DocumentBody.objects.get(document=document).content)
