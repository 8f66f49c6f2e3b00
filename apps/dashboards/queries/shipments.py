"""The list of shipments and one shipment, narrowed to a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import QueryDict

from apps.accounts.models import User
from apps.accounts.roles import Role
from apps.approvals.models import Hold
from apps.approvals.services import why_held
from apps.dashboards.queries import timeline
from apps.exceptions.models import Case
from apps.mirror.models import Move, Product
from apps.shipments.models import Document, Event, Package, Shipment
from apps.shipments.rules.rollup import TITLES

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
class Detail:
    """One shipment with all that its page shows."""

    shipment: Shipment
    packages: list[Package]
    moves: list[tuple[Move, str]]
    lines: list[timeline.Line]
    cases: list[Case]
    documents: list[Document]
    holds: list[tuple[Hold, dict[str, Any]]]

    @property
    def live_ids(self) -> str:
        """Everything whose change changes this page."""
        rows: list[Any] = [self.shipment, self.shipment.order, *self.packages, *self.cases]
        rows += [hold for hold, _ in self.holds]
        return " ".join(row.public_id for row in rows if row is not None)


def detail(user: User, public_id: str) -> Detail | None:
    """One shipment, or None outside the person's scope."""
    rows = user.scope.narrow(
        Shipment.objects.select_related("order", "carrier", "warehouse", "customer", "backorder_of")
    )
    shipment = rows.filter(public_id=public_id).first()
    if shipment is None:
        return None
    packages = list(
        Package.objects.filter(links__shipment=shipment)
        .select_related("carrier", "deciding_event")
        .order_by("id")
    )
    events = timeline.events_of(package.pk for package in packages)
    about = Q(shipment=shipment) | (
        Q(order=shipment.order, order__isnull=False) if shipment.order_id else Q(pk=None)
    )
    holds = user.scope.narrow(Hold.objects.filter(about)).order_by("-placed_at")[:10]
    return Detail(
        shipment, packages, _moves(shipment),
        timeline.newest_first(timeline.of_events(events, several=len(packages) > 1), timeline.of_odoo([shipment])),
        list(Case.objects.visible_to(user).filter(shipment=shipment).select_related("owner", "team").order_by("-opened_at")[:20]),
        list(user.scope.narrow(Document.objects.filter(about)).select_related("added_by", "accepted_by").order_by("-added_at")[:20]),
        [(hold, why_held(hold)) for hold in holds],
    )  # fmt: skip


def _moves(shipment: Shipment) -> list[tuple[Move, str]]:
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
    return [(move, names.get(move.product_odoo_id or 0, "Unknown product")) for move in moves]


def event(user: User, public_id: str) -> Event | None:
    """One event of a package that the person sees; unlinked packages are seen by the desk."""
    linked = user.scope.narrow(Shipment.objects.filter(packages=OuterRef("package_id")))
    nobodys = Q(package__company=None) if user.roles & _SEE_UNLINKED else Q(pk=None)
    rows = Event.objects.filter(public_id=public_id).filter(Q(Exists(linked)) | nobodys)
    return rows.select_related("package").first()
