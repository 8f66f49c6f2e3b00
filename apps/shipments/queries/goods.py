"""Shipments, packages, events and orders, narrowed to what a person may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404

from apps.accounts.models import User
from apps.accounts.roles import Role
from apps.shipments.milestones import milestone
from apps.shipments.models import CLAIMED, Event, Order, Package, PackageLink, Shipment
from apps.shipments.rules import normalise
from apps.shipments.rules.truths import CUSTOMER_TITLES

_SEES_UNLINKED: Final = frozenset({Role.INTEGRATION, Role.OPERATIONS, Role.CUSTOMER_SERVICE})


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by; empty values narrow nothing. `order` is an ord_ id or a name."""

    tracking_number: str = ""
    order: str = ""
    status: str = ""
    customer: str = ""
    text: str = ""
    open: bool | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """The filters in a query string; unknown names are left alone."""
        names = ("tracking_number", "order", "status", "customer", "text")
        given = {name: query.get(name, "").replace("\x00", "").strip() for name in names}
        return cls(
            **given,
            open={"1": True, "true": True, "0": False, "false": False}.get(query.get("open", "")),
        )


def shipments(user: User, filters: Filters = Filters()) -> QuerySet[Shipment]:
    """Shipments in the person's scope with order, carrier and packages loaded; newest first."""
    rows = user.scope.narrow(Shipment.objects.all())
    if filters.tracking_number:
        found = PackageLink.objects.filter(
            shipment=OuterRef("pk"), package__number=normalise(filters.tracking_number)
        )
        rows = rows.filter(Exists(found))
    if filters.order:
        rows = rows.filter(_named(filters.order, "order__"))
    if filters.status:
        rows = rows.filter(execution_status=filters.status)
    if filters.customer:
        rows = rows.filter(
            Q(customer__public_id=filters.customer) | Q(customer_name__iexact=filters.customer)
        )
    if filters.text:
        rows = rows.filter(
            Q(reference__istartswith=filters.text)
            | Q(customer_name__istartswith=filters.text)
            | Q(order__name__istartswith=filters.text)
        )
    return _loaded(rows).order_by("-id")


def orders(user: User, filters: Filters = Filters()) -> QuerySet[Order]:
    """Orders in scope, or of which a shipment is; with their shipments loaded, newest first."""
    rows = _order_scope(user)
    if filters.order:
        rows = rows.filter(_named(filters.order))
    if filters.status:
        rows = rows.filter(stage=filters.status)
    if filters.customer:
        rows = rows.filter(
            Q(customer__public_id=filters.customer) | Q(customer_name__iexact=filters.customer)
        )
    if filters.open is not None:
        rows = rows.filter(open=filters.open)
    if filters.text:
        rows = rows.filter(
            Q(name__istartswith=filters.text)
            | Q(customer_name__istartswith=filters.text)
            | Q(customer_reference__istartswith=filters.text)
        )
    if filters.tracking_number:
        found = PackageLink.objects.filter(
            shipment__order=OuterRef("pk"), package__number=normalise(filters.tracking_number)
        )
        rows = rows.filter(Exists(found))
    mine = user.scope.narrow(Shipment.objects.select_related("carrier").order_by("id"))
    return (
        rows.select_related("customer", "company", "warehouse", "owner", "owner_team")
        .prefetch_related(Prefetch("shipments", queryset=mine))
        .order_by("-id")
    )


def order(user: User, public_id: str) -> Order:
    """One order; Http404 when it is not there or not theirs."""
    return _one(orders(user).filter(public_id=public_id))


def shipment(user: User, public_id: str) -> Shipment:
    """One shipment; Http404 when it is not there or not theirs."""
    return _one(shipments(user).filter(public_id=public_id))


def package(user: User, public_id: str) -> Package:
    """One package a person may see, linked or not; Http404 otherwise."""
    return _one(packages(user).filter(public_id=public_id))


def packages(user: User) -> QuerySet[Package]:
    """Packages of shipments in scope, and unlinked ones for the desks that clear them up."""
    mine = user.scope.narrow(PackageLink.objects.filter(package=OuterRef("pk")), "shipment__")
    allowed = Q(Exists(mine))
    if not user.roles.isdisjoint(_SEES_UNLINKED) and user.is_active and user.scope.companies:
        allowed |= unlinked_q(user)
    return Package.objects.filter(allowed).select_related("carrier", "deciding_event")


def unlinked_q(user: User) -> Q:
    """Unlinked packages whose source was granted a company the person sees (or every company).

    A person restricted to warehouses or customers sees none: nobody knows yet whose they are.
    """
    if user.scope.warehouses is not None or user.scope.customers is not None:
        return Q(pk__in=())
    foreign = Q(fence="")
    for company_id in sorted(user.scope.companies):
        foreign |= Q(fence__regex=rf"(^|,){int(company_id)}(,|$)")
    linked = PackageLink.objects.filter(package=OuterRef("pk"))
    heard = Event.objects.filter(foreign, package=OuterRef("pk"))
    return Q(~Exists(linked), Exists(heard), implicit=False)


def by_tracking_number(user: User, number: str) -> list[Package]:
    """Every package with this number that the person may see: newest generation first."""
    rows = packages(user).filter(number=normalise(number), implicit=False)
    return list(rows.prefetch_related(_linked(user)).order_by("-generation", "-id"))


def unlinked(user: User, number: str) -> list[Package]:
    """The unlinked packages with this number, for the shipments list."""
    return [row for row in by_tracking_number(user, number) if not row.shipments.all()]


def timeline(owner: Shipment | Package, *, everything: bool = False) -> QuerySet[Event]:
    """The events of a shipment's packages or of one package, in order of time.

    Live ones only, unless `everything`: then the superseded and the voided too.
    """
    rows = Event.objects.select_related("package", "carrier")
    if isinstance(owner, Shipment):
        rows = rows.filter(package__in=PackageLink.objects.filter(shipment=owner).values("package"))
    else:
        rows = rows.filter(package=owner)
    if not everything:
        rows = rows.filter(superseded_at=None, voided_at=None)
    return rows.order_by("occurred_at", "id")


def customer_words(row: Shipment) -> str:
    """What the customer reads about a shipment: never a word of ours."""
    return str(
        row.customer_why.get("words")
        or CUSTOMER_TITLES.get(row.customer_status, "We have your order")
    )


def customer_story(row: Shipment) -> list[tuple[Event, str]]:
    """The timeline in the customer's words: one line per change of words, oldest first."""
    story: list[tuple[Event, str]] = []
    for event in timeline(row).exclude(CLAIMED):
        words = milestone(event.milestone).customer_words
        if words and (not story or story[-1][1] != words):
            story.append((event, words))
    return story


def _order_scope(user: User) -> QuerySet[Order]:
    mine = user.scope.narrow(Shipment.objects.filter(order=OuterRef("pk")))
    return Order.objects.filter(user.scope.q() | Q(Exists(mine)))


def _loaded(rows: QuerySet[Shipment]) -> QuerySet[Shipment]:
    return rows.select_related(
        "order", "carrier", "customer", "company", "warehouse", "return_of", "supply"
    ).prefetch_related(
        Prefetch("packages", queryset=Package.objects.select_related("carrier").order_by("id"))
    )


def _linked(user: User) -> Prefetch[Any]:
    return Prefetch("shipments", queryset=Shipment.objects.order_by("id"))


def _named(text: str, prefix: str = "") -> Q:
    return Q(**{f"{prefix}public_id": text}) | Q(**{f"{prefix}name": text})


def _one(rows: QuerySet[Any]) -> Any:
    found = rows.first()
    if found is None:
        raise Http404("Nothing here by this id.")
    return found
