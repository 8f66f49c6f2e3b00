"""Who had a hand in what: the memory behind segregation of duties."""

from __future__ import annotations

from datetime import datetime

from apps.accounts.models import User
from apps.approvals.models import Involvement
from apps.shipments.models import Order, Shipment


def note_involvement(
    *, order: Order | None, shipment: Shipment | None, user: User, did: str, now: datetime
) -> None:
    """Remember that a person acted on an order or shipment; `did` completes "You … for this order".

    Rule: PRODUCT.md R197: who executes a shipment does not approve its invoice.
    """
    Involvement.objects.bulk_create(
        [Involvement(order=order, shipment=shipment, user=user, did=did, at=now)],
        ignore_conflicts=True,
    )
