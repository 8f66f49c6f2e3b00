"""One order's whole life: lines, shipments, money, holds, cases and the story of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch

from apps.accounts.models import User
from apps.approvals.models import Hold, Request
from apps.approvals.services import why_held
from apps.dashboards.queries import timeline
from apps.dashboards.queries.orders import visible
from apps.exceptions.models import Case
from apps.exceptions.queries import touching
from apps.mirror.models import Invoice, SaleOrderLine
from apps.shipments.models import Document, Order, Package, Shipment
from apps.shipments.queries import order_changes


@dataclass(slots=True)
class Life:
    """One order with everything that belongs to it."""

    order: Order
    order_lines: list[SaleOrderLine]
    shipments: Sequence[Shipment]
    packages: list[Package]
    invoices: list[Invoice]
    holds: list[tuple[Hold, dict[str, Any]]]
    requests: list[Request]
    cases: list[Case]
    documents: list[Document]
    lines: list[timeline.Line] = field(default_factory=list)

    @property
    def live_ids(self) -> str:
        """Everything whose change changes this page."""
        rows: list[Any] = [
            self.order,
            *self.shipments,
            *self.packages,
            *self.invoices,
            *self.requests,
            *self.cases,
        ]
        rows += [hold for hold, _ in self.holds]
        return " ".join(row.public_id for row in rows)


def life(user: User, public_id: str) -> Life | None:
    """One order's whole life, or None outside the person's scope."""
    order = (
        visible(user)
        .select_related("customer", "company", "warehouse")
        .filter(public_id=public_id)
        .first()
    )
    if order is None:
        return None
    shipments = list(
        user.scope.narrow(order.shipments.select_related("carrier", "backorder_of"))
        .prefetch_related(
            Prefetch(
                "packages",
                Package.objects.select_related("carrier").order_by("id"),
                to_attr="parcels",
            )
        )
        .order_by("id")
    )
    packages = list({parcel.pk: parcel for leg in shipments for parcel in leg.parcels}.values())
    holds = user.scope.narrow(Hold.objects.filter(order=order)).order_by("-placed_at")[:20]
    found = Life(
        order, list(SaleOrderLine.objects.filter(connection=order.connection, order_odoo_id=order.odoo_id, gone_at=None).order_by("odoo_id")),
        shipments, packages,
        list(user.scope.narrow(Invoice.objects.filter(connection=order.connection, order_odoo_ids__contains=[order.odoo_id], gone_at=None))),
        [(hold, why_held(hold)) for hold in holds],
        list(user.scope.narrow(Request.objects.filter(order=order)).select_related("requested_by", "hold").order_by("-requested_at")[:20]),
        list(touching(user, order)[:20]),
        list(user.scope.narrow(Document.objects.filter(order=order)).select_related("added_by", "accepted_by").order_by("-added_at")[:20]),
    )  # fmt: skip
    found.lines = _story(found)
    return found


def _story(found: Life) -> list[timeline.Line]:
    events = timeline.events_of(parcel.pk for parcel in found.packages)
    opened = [
        timeline.Line(case.opened_at, case.title, "bad", ["case opened"], by="the tower")
        for case in found.cases
    ]
    settled = [
        timeline.Line(
            case.resolved_at,
            f"{case.title}: {case.resolution or 'settled'}",
            "good",
            ["case closed"],
            by=case.resolved_by,
        )
        for case in found.cases
        if case.resolved_at
    ]
    held = [
        timeline.Line(
            hold.placed_at, f"{hold.record_name} held", "bad", [hold.says], by="the tower"
        )
        for hold, _ in found.holds
    ]
    freed = [
        timeline.Line(
            hold.ended_at,
            f"{hold.record_name} {hold.get_state_display().lower()}",
            "ours",
            [hold.ended_why],
            by=hold.ended_by,
        )
        for hold, _ in found.holds
        if hold.ended_at
    ]
    return timeline.newest_first(
        timeline.of_events(events, several=len(found.packages) > 1), timeline.of_odoo(found.shipments),
        timeline.of_changes(order_changes(found.order)),
        opened, settled, held, freed,
    )  # fmt: skip
