"""Purchase orders and productions for screens and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404

from apps.accounts.models import User
from apps.shipments.depends import Dependent, dependents_of, supplies_of_orders
from apps.shipments.models import Order, Shipment, Supply
from apps.shipments.queries.goods import orders


@dataclass(frozen=True, slots=True)
class SupplyFilters:
    """What a list of supplies is narrowed by; empty values narrow nothing. late: slipped by any time at all."""

    kind: str = ""
    status: str = ""
    text: str = ""
    open: bool | None = None
    late: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> SupplyFilters:
        """The filters in a query string; unknown names are left alone."""
        given = {
            name: query.get(name, "").replace("\x00", "").strip()[:80]
            for name in ("kind", "status", "text")
        }
        is_open = {"1": True, "true": True, "0": False, "false": False}.get(query.get("open", ""))
        return cls(**given, open=is_open, late=query.get("late", "") in ("1", "true"))


def supplies(user: User, filters: SupplyFilters = SupplyFilters()) -> QuerySet[Supply]:
    """Supplies in the person's scope with their receipts loaded; newest first.

    A person restricted to customers sees none: a supply belongs to no customer.
    """
    rows = user.scope.narrow(Supply.objects.all())
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.status:
        rows = rows.filter(stage=filters.status)
    if filters.open is not None:
        rows = rows.filter(open=filters.open)
    if filters.late:
        rows = rows.filter(open=True, slip_h__gt=0)
    if filters.text:
        rows = rows.filter(
            Q(reference__istartswith=filters.text) | Q(partner_name__istartswith=filters.text)
        )
    mine = user.scope.narrow(Shipment.objects.order_by("id"))
    return (
        rows.select_related("company", "warehouse")
        .prefetch_related(Prefetch("receipts", queryset=mine))
        .order_by("-id")
    )


def supply(user: User, public_id: str) -> Supply:
    """One supply; Http404 when it is not there or not theirs."""
    found = supplies(user).filter(public_id=public_id).first()
    if found is None:
        raise Http404("Nothing here by this id.")
    return found


def dependents(supply: Supply, user: User | None = None) -> list[Dependent]:
    """Open orders that wait for this supply, with how and why, soonest need first; all, or those a person sees."""
    found = dependents_of([supply])[supply.pk]
    if user is None:
        return found
    seen = set(
        orders(user).filter(pk__in=[one.order.pk for one in found]).values_list("pk", flat=True)
    )
    return [one for one in found if one.order.pk in seen]


def supplies_of(order: Order, user: User | None = None) -> list[Dependent]:
    """Open supplies that this order waits for, the earliest expected first; all, or those a person sees."""
    found = supplies_of_orders([order])[order.pk]
    if user is None:
        return found
    seen = set(
        user.scope.narrow(Supply.objects.filter(pk__in=[one.supply.pk for one in found]))
        .values_list("pk", flat=True)
    )  # fmt: skip
    return [one for one in found if one.supply.pk in seen]
