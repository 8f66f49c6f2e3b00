"""What was reported of an order, a shipment or a supply."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from apps.shipments.models import Order, Report, Shipment, Supply


def reports_of(*owners: Order | Shipment | Supply) -> QuerySet[Report]:
    """Reports of these records, in order of time; an order's include those of its shipments, a purchase's those of its receipts.

    Superseded ones too: the story keeps them. Claims too: they say so. Scope is that of the records, which the caller
    has narrowed.
    """
    about = Q(pk__in=())
    for owner in owners:
        if isinstance(owner, Order):
            about |= Q(order=owner) | Q(shipment__order=owner)
        elif isinstance(owner, Shipment):
            about |= Q(shipment=owner)
            if owner.order_id and _only_leg(owner):
                about |= Q(order=owner.order_id, shipment=None)
        else:
            about |= Q(supply=owner) | Q(shipment__supply=owner)
    return Report.objects.filter(about).order_by("occurred_at", "id")


def _only_leg(shipment: Shipment) -> bool:
    """Whether what is said of the order is said of this shipment: it has no other."""
    others = Shipment.objects.filter(order_id=shipment.order_id or 0).exclude(pk=shipment.pk)
    return not others.exists()
