"""The tower's board, the list of orders and one order's whole life, narrowed to a person."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db import models
from django.db.models import Count, Exists, F, Min, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.http import QueryDict

from apps.accounts.models import User
from apps.exceptions.models import Case
from apps.shipments.models import Order, Package, Shipment, Stage

LIMIT = 200
# The lane: what stands together for somebody who looks at the whole (PRODUCT.md 24, screen 1).
LANE = (
    ("release", "To release", ("quoted", "confirmed", "on_hold", "awaiting_stock", "allocated")),
    ("pick", "Pick", ("picking", "ready_to_ship")),
    ("pack", "Pack", ("packed", "booked")),
    ("transit", "In transit", ("in_transit",)),
    ("door", "At the door", ("out_for_delivery",)),
    ("delivered", "Delivered", ("delivered", "pod_validated", "invoice_released", "invoiced")),
    ("closed", "Closed", ("paid", "closed")),
)
TILES = {
    "risk": ("At risk today", "promised before midnight, not there yet"),
    "breached": ("Breached", "the promise has passed"),
    "unowned": ("Unowned", "cases nobody has"),
    "blocked": ("Blocked deliveries", "attempted or in trouble"),
    "proof": ("Missing proof", "delivered, nothing signed"),
}
BEFORE_DELIVERY = (
    "confirmed",
    "on_hold",
    "awaiting_stock",
    "allocated",
    "picking",
    "packed",
    "ready_to_ship",
    "booked",
    "in_transit",
    "out_for_delivery",
)
_TROUBLE = ("delivery_attempted", "exception", "delayed", "lost", "damaged", "customs_hold")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address of the tower or of the orders' list says."""

    tile: str = ""
    lane: str = ""
    stage: str = ""
    q: str = ""
    open_only: bool = True

    @classmethod
    def from_query(cls, query: QueryDict, *, open_only: bool = True) -> "Filters":
        """Unknown words are ignored: addresses are pasted and edited by hand."""
        tile, lane, stage = query.get("tile", ""), query.get("lane", ""), query.get("stage", "")
        return cls(
            tile if tile in TILES else "", lane if lane in {slug for slug, _, _ in LANE} else "",
            stage if stage in Stage.values else "", query.get("q", "").strip()[:80], open_only,
        )  # fmt: skip

    def query(self, **other: str) -> str:
        """The address's part behind `?`, with some words exchanged."""
        chosen = replace(self, **other)  # type: ignore[arg-type]
        words = {"tile": chosen.tile, "lane": chosen.lane, "stage": chosen.stage, "q": chosen.q}
        return urlencode({name: word for name, word in words.items() if word})


def visible(user: User) -> "QuerySet[Order]":
    """Orders in the person's scope; one whose shipments are seen is seen too (DESIGN, "Scope")."""
    seen = user.scope.narrow(Shipment.objects.filter(order_id=OuterRef("pk")))
    return Order.objects.filter(user.scope.q() | Q(Exists(seen)))


def board(
    user: User, filters: Filters, now: datetime, ids: Iterable[str] | None = None
) -> list[Order]:
    """Orders in order of their promise, breached and troubled ones first; `ids` keeps only those of them."""
    rows = _fitting(visible(user), filters, now)
    if ids is not None:
        rows = rows.filter(public_id__in=list(ids))
    if not filters.open_only:
        return list(_with_row_parts(rows).order_by("-id")[:LIMIT])
    late = Q(promise_at__lt=now, stage__in=BEFORE_DELIVERY)
    late_first = models.Case(When(late, then=Value(0)), default=Value(1))
    soonest = F("promise_at").asc(nulls_last=True)
    return list(_with_row_parts(rows).order_by(late_first, soonest, "-id")[:LIMIT])


def named(user: User, ids: Iterable[str]) -> list[Order]:
    """Rows by id whether or not a filter shows them."""
    return list(_with_row_parts(visible(user).filter(public_id__in=list(ids))))


def _with_row_parts(rows: "QuerySet[Order]") -> "QuerySet[Order]":
    open_cases = (
        Case.objects.exclude(state="resolved")
        .select_related("owner", "team")
        .order_by("priority", "due_at")
    )
    return rows.select_related("customer").prefetch_related(
        Prefetch(
            "shipments", Shipment.objects.select_related("carrier").order_by("id"), to_attr="legs"
        ),
        Prefetch("cases", open_cases, to_attr="troubles"),
    )


def _fitting(rows: "QuerySet[Order]", filters: Filters, now: datetime) -> "QuerySet[Order]":
    if filters.open_only and filters.lane != "closed" and not filters.stage:
        rows = rows.filter(open=True).exclude(stage="quoted")
    if filters.lane:
        rows = rows.filter(
            stage__in=next(stages for slug, _, stages in LANE if slug == filters.lane)
        )
    if filters.stage:
        rows = rows.filter(stage=filters.stage)
    if filters.tile:
        rows = rows.filter(_tile(filters.tile, now))
    if filters.q:
        number = filters.q.replace(" ", "").upper()
        rows = rows.filter(
            Q(name__icontains=filters.q) | Q(customer_name__icontains=filters.q)
            | Q(customer_reference__icontains=filters.q)
            | Q(Exists(Package.objects.filter(shipments__order_id=OuterRef("pk"), number__startswith=number)))
        )  # fmt: skip
    return rows


def _tile(tile: str, now: datetime) -> Q:
    open_cases = Case.objects.filter(order_id=OuterRef("pk")).exclude(state="resolved")
    legs = Shipment.objects.filter(order_id=OuterRef("pk"))
    return {
        "risk": Q(stage__in=BEFORE_DELIVERY, promise_at__gte=now, promise_at__lt=_midnight(now)),
        "breached": Q(stage__in=BEFORE_DELIVERY, promise_at__lt=now),
        "unowned": Q(Exists(open_cases.filter(owner=None))),
        "blocked": Q(Exists(legs.filter(execution_status__in=_TROUBLE))),
        "proof": Q(Exists(open_cases.filter(kind="missing_proof"))),
    }[tile]


def _midnight(now: datetime) -> datetime:
    from django.utils import timezone

    local = timezone.localtime(now)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that is a filter."""

    slug: str
    label: str
    value: str
    note: str
    current: bool = False
    zero: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One stretch of the way from quote to cash."""

    slug: str
    label: str
    count: int
    oldest: datetime | None
    current: bool


def tiles(user: User, filters: Filters, now: datetime) -> list[Tile]:
    """The six tiles; amounts are named for each currency, never added across them."""
    from apps.dashboards.queries.frame import odoo_age
    from apps.dashboards.wording import ago

    rows = visible(user).filter(open=True)
    counts = rows.aggregate(**{slug: Count("id", filter=_tile(slug, now)) for slug in TILES})
    sums = _sums(rows.filter(_tile("risk", now)))
    notes = {slug: note for slug, (_, note) in TILES.items()}
    notes["risk"] = f"{sums} promised" if sums else "nothing due before midnight"
    found = [
        Tile(slug, label, str(counts[slug]), notes[slug], filters.tile == slug, not counts[slug])
        for slug, (label, _) in TILES.items()
    ]
    odoo = odoo_age(user, now)
    down = (
        Case.objects.visible_to(user)
        .filter(kind="integration_down")
        .exclude(state="resolved")
        .count()
    )
    says = (
        "Odoo does not answer"
        if odoo.failing
        else f"Odoo read {ago(odoo.at, now)} ago".replace("now ago", "just now")
        if odoo.at
        else "Odoo not read yet"
    )
    degraded = down + int(odoo.failing)
    return [*found, Tile("pipes", "Integrations degraded", str(degraded), says, zero=not degraded)]


def _sums(rows: "QuerySet[Order]") -> str:
    from django.db.models import Sum

    from apps.dashboards.wording import money

    found = rows.order_by().values("currency").annotate(total=Sum("amount_total"))
    return " + ".join(money(row["total"] or Decimal(0), row["currency"]) for row in found)


def lanes(user: User, filters: Filters) -> list[Lane]:
    """How many orders stand in each stretch, and since when the oldest does."""
    recent = Q(open=True) | Q(stage__in=("paid", "closed"))
    rows = visible(user).filter(recent).exclude(stage="quoted").order_by()
    by_stage = {
        row["stage"]: row
        for row in rows.values("stage").annotate(count=Count("id"), oldest=Min("changed_at"))
    }
    found = []
    for slug, label, stages in LANE:
        here = [by_stage[stage] for stage in stages if stage in by_stage]
        oldest = min((row["oldest"] for row in here), default=None)
        found.append(
            Lane(slug, label, sum(row["count"] for row in here), oldest, filters.lane == slug)
        )
    return found
