"""The list of shipments and one shipment, narrowed to a person."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import QueryDict

from apps.accounts.models import User
from apps.accounts.roles import Role
from apps.approvals.models import Hold
from apps.approvals.services import why_held
from apps.dashboards.queries import feeding, timeline
from apps.exceptions.models import Case
from apps.mirror.models import Move, Product
from apps.mirror.queries import Box, boxes
from apps.shipments.models import Document, Event, Package, Shipment
from apps.shipments.queries import (
    Standing,
    Truths,
    own_estimate,
    reports_of,
    shipment_changes,
    standings,
    supplies_of,
    truths,
)
from apps.shipments.queries.reported import Follows, follows
from apps.shipments.rules.rollup import TITLES
from apps.shipments.rules.usual import Estimate

LIMIT = 200
STATUSES = TITLES
_SEE_UNLINKED = frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE, Role.INTEGRATION})


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address says."""

    status: str = ""
    q: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "Filters":
        """Unknown words are ignored: addresses are pasted and edited by hand."""
        status = query.get("status", "")
        return cls(status if status in STATUSES else "", query.get("q", "").strip()[:80])

    def query(self) -> str:
        """The address's part behind `?`."""
        return urlencode(
            {name: word for name, word in (("status", self.status), ("q", self.q)) if word}
        )


def listed(user: User, filters: Filters, ids: Iterable[str] | None = None) -> list[Shipment]:
    """Newest first, at most LIMIT; `ids` keeps only those of them."""
    rows = _fitting(user.scope.narrow(Shipment.objects.all()), filters)
    if ids is not None:
        rows = rows.filter(public_id__in=list(ids))
    return list(_with_row_parts(rows).order_by("-id")[:LIMIT])


def named(user: User, ids: Iterable[str]) -> list[Shipment]:
    """Rows by id whether or not a filter shows them."""
    return list(
        _with_row_parts(user.scope.narrow(Shipment.objects.filter(public_id__in=list(ids))))
    )


def _with_row_parts(rows: "QuerySet[Shipment]") -> "QuerySet[Shipment]":
    return rows.select_related("order", "carrier").prefetch_related(
        Prefetch("packages", Package.objects.order_by("id"), to_attr="parcels")
    )


def _fitting(rows: "QuerySet[Shipment]", filters: Filters) -> "QuerySet[Shipment]":
    if filters.status:
        rows = rows.filter(execution_status=filters.status)
    if filters.q:
        number = filters.q.replace(" ", "").upper()
        rows = rows.filter(
            Q(reference__icontains=filters.q) | Q(order__name__icontains=filters.q)
            | Q(customer_name__icontains=filters.q)
            | Q(Exists(Package.objects.filter(shipments=OuterRef("pk"), number__startswith=number)))
        )  # fmt: skip
    return rows


@dataclass(slots=True)
class Goods:
    """One product of a shipment. short: asked for and neither reserved nor moved; feeds: what brings it."""

    move: Move
    product: str
    short: Decimal
    feeds: list[feeding.Fed] = field(default_factory=list)


@dataclass(slots=True)
class Detail:
    """One shipment with all that its page shows."""

    shipment: Shipment
    truths: Truths
    packages: list[Package]
    goods: list[Goods]
    boxes: list[Box]
    lines: list[timeline.Line]
    cases: list[Case]
    documents: list[Document]
    holds: list[tuple[Hold, dict[str, Any]]]
    standings: list[Standing]
    estimate: Estimate | None
    reported: Follows

    @property
    def several(self) -> bool:
        """Whether a table of parcels must say which one a line is about."""
        return len(self.packages) > 1

    @property
    def live_ids(self) -> str:
        """Everything whose change changes this page."""
        rows: list[Any] = [self.shipment, self.shipment.order, *self.packages, *self.cases]
        rows += [hold for hold, _ in self.holds]
        rows += [fed.wait.supply for one in self.goods for fed in one.feeds]
        ids = dict.fromkeys(row.public_id for row in rows if row is not None)
        return " ".join(ids)

    @property
    def left(self) -> bool:
        """Whether the goods have left: what Odoo counts is then moved, before that it is reserved."""
        return self.shipment.picking_state == "done"

    @property
    def torn(self) -> dict[str, bool]:
        """Which of the three lanes take part in a disagreement, by their keys."""
        return {key: True for one in self.truths.disagreements for key in one.between}

    @property
    def claims(self) -> int:
        """How many things were said by somebody who does not own them."""
        return sum(line.claim for line in self.lines)


def detail(user: User, public_id: str) -> Detail | None:
    """One shipment, or None outside the person's scope."""
    rows = user.scope.narrow(
        Shipment.objects.select_related(
            "order", "carrier", "warehouse", "customer", "backorder_of", "return_of", "supply"
        ).prefetch_related(
            Prefetch(
                "packages",
                Package.objects.select_related("carrier", "deciding_event").order_by("id"),
            )
        )
    )
    shipment = rows.filter(public_id=public_id).first()
    if shipment is None:
        return None
    packages = list(shipment.packages.all())
    events = timeline.events_of(package.pk for package in packages)
    about = Q(shipment=shipment) | (
        Q(order=shipment.order, order__isnull=False) if shipment.order_id else Q(pk=None)
    )
    holds = user.scope.narrow(Hold.objects.filter(about)).order_by("-placed_at")[:10]
    reports = list(reports_of(shipment))
    return Detail(
        shipment, truths(shipment), packages, _goods(user, shipment),
        boxes(shipment.connection, [shipment.picking_odoo_id]) if shipment.picking_odoo_id else [],
        timeline.newest_first(timeline.of_events(events, several=len(packages) > 1), timeline.of_odoo([shipment]),
                              timeline.of_reports(reports),
                              timeline.of_changes(shipment_changes(shipment))),
        list(Case.objects.visible_to(user).filter(shipment=shipment).select_related("owner", "team").order_by("-opened_at")[:20]),
        list(user.scope.narrow(Document.objects.filter(about)).select_related("added_by", "accepted_by").order_by("-added_at")[:20]),
        [(hold, why_held(hold)) for hold in holds],
        [
            one
            for package in packages
            for one in standings(package, [row for row in events if row.package_id == package.pk])
        ],
        own_estimate(shipment, packages), follows(shipment, reports),
    )  # fmt: skip


def _goods(user: User, shipment: Shipment) -> list[Goods]:
    if shipment.picking_odoo_id is None:
        return []
    moves = list(
        Move.objects.filter(connection=shipment.connection, picking_odoo_id=shipment.picking_odoo_id, gone_at=None)
        .exclude(state="cancel").order_by("odoo_id")
    )  # fmt: skip
    names = dict(
        Product.objects.filter(connection=shipment.connection, odoo_id__in=[move.product_odoo_id for move in moves])
        .values_list("odoo_id", "name")
    )  # fmt: skip
    found = [
        Goods(
            move,
            names.get(move.product_odoo_id or 0, "Unknown product"),
            max(move.demanded_qty - move.quantity, Decimal(0)),
        )
        for move in moves
    ]
    waiting = any(one.short and one.move.state != "done" for one in found)
    if waiting and shipment.order is not None and shipment.kind in ("outgoing", "dropship"):
        waits = supplies_of(shipment.order, user)
        for one in found:
            if one.short:
                one.feeds = feeding.feeds_of(one.move.product_odoo_id, waits)
    return found


def event(user: User, public_id: str) -> Event | None:
    """One event of a package that the person sees; unlinked packages are seen by the desk."""
    linked = user.scope.narrow(Shipment.objects.filter(packages=OuterRef("package_id")))
    nobodys = Q(package__company=None) if user.roles & _SEE_UNLINKED else Q(pk=None)
    rows = Event.objects.filter(public_id=public_id).filter(Q(Exists(linked)) | nobodys)
    return rows.select_related("package").first()
