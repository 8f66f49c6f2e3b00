"""Subscriptions and the things that happen, for the tests of outgoing events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.models import Customer, User
from apps.integrations.models.outgoing import Delivery, Subscription
from apps.integrations.outgoing import services
from apps.integrations.outgoing.services import Wanted
from apps.journal.services import NewEntry, append
from apps.shipments.models import Shipment
from tests.shipments.factories import make_order, make_shipment


def subscribe(owner: User, url: str, **fields: Any) -> tuple[Subscription, str]:
    """A subscription of this owner, and its secret. Made a while ago: a test's entries bear its transaction's time."""
    wanted = Wanted(**{"name": "CRM", "url": url, **fields})
    row, secret = services.add(wanted, owner=owner, now=timezone.now())
    row.created_at = timezone.now() - timedelta(hours=2)
    row.save()
    return row, secret


def happens(what: str, shipment: Shipment, **payload: Any) -> None:
    """A journal entry about a shipment, with the shipment's scope."""
    append(
        NewEntry(
            what,
            shipment.public_id,
            {"version": shipment.version, **payload},
            company_id=shipment.company_id,
            warehouse_id=shipment.warehouse_id,
            customer_id=shipment.customer_id,
        )
    )


def goods_of(customer: Customer | None, company: Any, **fields: Any) -> Shipment:
    """A shipment of a customer's order."""
    order = make_order(company, customer=customer, customer_reference="PO-77")
    return make_shipment(
        company,
        order,
        customer=customer,
        customer_why={"words": "On its way", "step": 3},
        financial_why={"says": "secret"},
        **fields,
    )


def due_again(row: Subscription) -> None:
    """As if the rests after a failure were over."""
    now = timezone.now()
    Delivery.objects.filter(subscription=row, state="waiting").update(next_at=now)
    Subscription.objects.filter(pk=row.pk).update(rest_until=None, worked_until=None)
