"""Reads for the screens and the API of subscriptions, narrowed to who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.accounts.models import Company, Customer, User, Warehouse
from apps.exceptions.models import Case
from apps.integrations.models.outgoing import (
    Delivery,
    DeliveryState,
    Outcome,
    Subscription,
    SubscriptionState,
)
from apps.integrations.outgoing import stuck
from apps.integrations.outgoing.catalog import OFFERS, PING, offered
from apps.integrations.outgoing.sight import allowed_kinds
from apps.journal import kinds as journal_kinds

PAGE: Final = 50


def subscriptions_of(user: User) -> QuerySet[Subscription]:
    """A person's own, and for who may see the screens those that tell of their companies only.

    Deliveries show what the subscriber may see; so who is restricted to warehouses or customers sees their own only.
    """
    scope = user.scope
    seen = Q(owner=user)
    if (
        user.may("subscriptions.see")
        and scope.companies
        and scope.warehouses is None
        and scope.customers is None
    ):
        told = Company.objects.filter(subscription_told=OuterRef("pk"))
        outside = told.exclude(pk__in=scope.companies)
        seen = seen | Q(~Exists(outside))
    return Subscription.objects.filter(seen).order_by("name", "pk")


def deliveries_of(user: User, row: Subscription) -> QuerySet[Delivery]:
    """What was made for a subscription: all of it for its owner, else what the person has a right to read."""
    rows = Delivery.objects.filter(subscription=row)
    if row.owner_id == user.pk:
        return rows
    return rows.filter(kind__in=[*allowed_kinds(user, "tower"), PING])


def one(user: User, public_id: str) -> Subscription | None:
    """The subscription of this id, or None for who may not see it."""
    rows = subscriptions_of(user).select_related("owner", "client")
    return (
        rows.prefetch_related("companies", "warehouses", "customers")
        .filter(public_id=public_id)
        .first()
    )


@dataclass(frozen=True, slots=True)
class Card:
    """A subscription on the list. lag_s: age of the oldest event that waits, in seconds."""

    row: Subscription
    waiting: int
    dead: int
    lag_s: float
    oldest_at: datetime | None


def cards(user: User) -> list[Card]:
    """All a person may see, those that need a person first; two queries and two for the scopes."""
    now = timezone.now()
    rows = list(
        subscriptions_of(user).select_related("owner").prefetch_related("companies", "customers")
    )
    counts = {row["subscription"]: row for row in _counts([row.pk for row in rows])}
    found = []
    for row in rows:
        count = counts.get(row.pk, {})
        oldest = count.get("oldest")
        lag_s = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
        found.append(Card(row, count.get("waiting", 0), count.get("dead", 0), lag_s, oldest))
    order = {SubscriptionState.DISABLED: 0, SubscriptionState.FAILING: 1}

    def place(card: Card) -> tuple[int, str]:
        silent = 1 if card.row.silent_at else 2
        return min(order.get(SubscriptionState(card.row.state), 2), silent), card.row.name

    return sorted(found, key=place)


def _counts(pks: list[int]) -> Any:
    unsent = Delivery.objects.filter(subscription_id__in=pks, state__in=("waiting", "dead"))
    return (
        unsent.exclude(kind="ping")
        .values("subscription")
        .annotate(
            waiting=Count("pk", filter=Q(state="waiting")),
            dead=Count("pk", filter=Q(state="dead")),
            oldest=Min("occurred_at", filter=Q(state="waiting")),
        )
    )


@dataclass(frozen=True, slots=True)
class DeliveryFilters:
    """What the list of deliveries is narrowed to; `before` is the last one of the page before."""

    state: str = ""
    kind: str = ""
    before: str = ""

    @classmethod
    def from_query(cls, query: Any) -> DeliveryFilters:
        """Read from the address; what is not known filters nothing."""
        state, kind = query.get("state", ""), query.get("kind", "")
        return cls(
            state if state in DeliveryState.values else "",
            kind if kind in OFFERS or kind == "ping" else "",
            query.get("before", "")[:40],
        )


def deliveries(user: User, row: Subscription, filters: DeliveryFilters) -> list[Delivery]:
    """One page of deliveries, newest event first, and one more when there is a next page."""
    rows = deliveries_of(user, row)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    last = rows.filter(public_id=filters.before).first() if filters.before else None
    if last is not None:
        rows = rows.filter(
            Q(occurred_at__lt=last.occurred_at) | Q(occurred_at=last.occurred_at, pk__lt=last.pk)
        )
    return list(rows.order_by("-occurred_at", "-pk")[: PAGE + 1])


def delivery(user: User, row: Subscription, public_id: str) -> Delivery | None:
    """One delivery of this subscription with its tries, oldest first."""
    return (
        deliveries_of(user, row)
        .filter(public_id=public_id)
        .select_related("subscription")
        .prefetch_related("tries")
        .first()
    )


def leased(row: Subscription, now: datetime) -> int:
    """How many deliveries an agent has in its hands."""
    waiting = Delivery.objects.filter(
        subscription=row, state=DeliveryState.WAITING, next_at__gt=now
    )
    return waiting.filter(tries__outcome=Outcome.LEASED, tries__number=F("attempts")).count()


def case_of(row: Subscription) -> Case | None:
    """The open case of an address that is no longer called, or of an agent that no longer asks."""
    return (
        Case.objects.filter(
            dedupe__in=[f"subscription_disabled:{row.public_id}", stuck.silence_of(row)]
        )
        .exclude(state="resolved")
        .first()
    )


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A kind one may choose, and what it says."""

    kind: str
    says: str
    customer: bool

    @property
    def is_reported(self) -> bool:
        """A business event: the form folds these together."""
        return OFFERS[self.kind].facts == "report"


def kind_choices(user: User, audience: str) -> list[KindChoice]:
    """The kinds this person may subscribe to, in the order of the page."""
    mine = allowed_kinds(user, audience)
    return [
        KindChoice(offer.kind, journal_kinds.get(offer.kind).says, offer.customer)
        for offer in offered(audience)
        if offer.kind in mine
    ]


def scope_choices(user: User) -> dict[str, Any]:
    """Companies, warehouses and customers a person may choose from; customers are asked for by name."""
    scope = user.scope
    warehouses = Warehouse.objects.filter(company_id__in=scope.companies).order_by("name")
    if scope.warehouses is not None:
        warehouses = warehouses.filter(pk__in=scope.warehouses)
    return {
        "companies": list(Company.objects.filter(pk__in=scope.companies).order_by("name")),
        "warehouses": list(warehouses),
    }


def customers_of(user: User) -> QuerySet[Customer]:
    """Customers a person may name in a subscription."""
    scope = user.scope
    rows = Customer.objects.filter(Q(company_id__in=scope.companies) | Q(company=None), parent=None)
    return rows if scope.customers is None else Customer.objects.filter(pk__in=scope.customers)
