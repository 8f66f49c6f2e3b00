"""The frame around every page: the rail's counts, the viewer's places, the age of what Odoo said."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.utils import timezone

from apps.accounts.models import Company, User, Warehouse
from apps.approvals.models import Request
from apps.exceptions.models import Case
from apps.mirror.feeds import Trouble
from apps.mirror.models import Feed

_ODOO_STALE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class OdooAge:
    """When Odoo last answered; `stale` after two minutes, `failing` while one is away or refuses our login."""

    at: datetime | None
    stale: bool
    failing: bool


def odoo_age(user: User | None, now: datetime) -> OdooAge:
    """The youngest answer of the Odoos that a person's companies are in, and whether one fails now.

    One that brought no company yet is everybody's, as on the screen of connections.
    """
    mirrored = Company.objects.values("connection")
    theirs = mirrored.filter(id__in=user.scope.companies if user else ())
    seen = Q(connection__in=theirs) | ~Q(connection__in=mirrored)
    found = Feed.objects.filter(seen, absent=False).aggregate(
        at=Max("ok_at"),
        failing=Count("id", filter=Q(trouble__in=[Trouble.AWAY, Trouble.LOGIN])),
    )
    at = found["at"]
    return OdooAge(at, stale=at is None or now - at > _ODOO_STALE, failing=bool(found["failing"]))


def places(user: User) -> str:
    """`Northwind Trading · Gent, Lyon`: companies, and warehouses where they restrict."""
    scope = user.scope
    companies = ", ".join(
        Company.objects.filter(id__in=scope.companies)
        .order_by("name")
        .values_list("name", flat=True)
    )
    if scope.warehouses is None:
        return companies
    houses = ", ".join(
        Warehouse.objects.filter(id__in=scope.warehouses)
        .order_by("name")
        .values_list("name", flat=True)
    )
    return f"{companies} · {houses}"


def rail_counts(user: User) -> dict[str, int]:
    """What waits in each room and each ready-made view of the queue, in two statements."""
    counts: dict[str, int] = {}
    if user.may("queue.see"):
        soon = timezone.now() + timedelta(hours=1)
        counts |= (
            Case.objects.visible_to(user)
            .exclude(state="resolved")
            .aggregate(
                queue=Count("id"),
                mine=Count("id", filter=Q(owner=user)),
                unassigned=Count("id", filter=Q(owner=None)),
                breaching=Count("id", filter=Q(state="open", due_at__lte=soon)),
                carrier=Count("id", filter=Q(waiting_on="carrier")),
                customer=Count("id", filter=Q(waiting_on="customer")),
            )
        )
    if user.may("approvals.see"):
        counts["approvals"] = user.scope.narrow(Request.objects.filter(state="pending")).count()
    return counts
