"""One order's whole life: lines, shipments, money, holds, cases and the story of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch

from apps.accounts.models import User
from apps.approvals.models import Hold, Request
from apps.approvals.services import why_held
from apps.dashboards.queries import feeding, timeline
from apps.dashboards.queries.orders import visible
from apps.exceptions.models import Case
from apps.exceptions.queries import touching
from apps.mirror.models import Invoice
from apps.shipments.depends import Dependent
from apps.shipments.models import Document, Order, Package, Report, Shipment
from apps.shipments.queries import (
    ReturnStory,
    Transfer,
    internal_transfers,
    order_changes,
    reports_of,
    return_story,
    supplies_of,
)
from apps.shipments.queries.reported import Follows, follows


@dataclass(slots=True)
class Life:
    """One order with everything that belongs to it.

    waits: supplies it waits for; parts: those of them that are of none of its own products; bills: each
    invoice with the name of the one it takes back, if it is a credit note.
    """

    order: Order
    order_lines: list[feeding.OrderLine]
    shipments: Sequence[Shipment]
    packages: list[Package]
    invoices: list[Invoice]
    holds: list[tuple[Hold, dict[str, Any]]]
    requests: list[Request]
    cases: list[Case]
    documents: list[Document]
    waits: list[Dependent]
    steps: list[Transfer]
    returns: ReturnStory
    reported: Follows
    lines: list[timeline.Line] = field(default_factory=list)

    @property
    def going(self) -> list[Shipment]:
        """What goes out to the customer; what comes back stands in the story of returns."""
        return [leg for leg in self.shipments if leg.kind != "return"]

    @property
    def parts(self) -> list[Dependent]:
        """Supplies of parts: not of a product of the order, but of what is made for it."""
        return feeding.behind(self.order_lines, self.waits)

    @property
    def bills(self) -> list[tuple[Invoice, str]]:
        """Invoices and credit notes, each credit note with the invoice it takes back."""
        names = {bill.odoo_id: bill.name for bill in self.invoices}
        return [(bill, names.get(bill.reversed_odoo_id or 0, "")) for bill in self.invoices]

    @property
    def to_pay(self) -> Decimal:
        """What is open on posted invoices of the order's currency, less what credit notes still owe."""
        found = Decimal(0)
        for bill in self.invoices:
            if bill.state == "posted" and bill.currency == self.order.currency:
                found += bill.amount_residual * (-1 if bill.kind == "out_refund" else 1)
        return found

    @property
    def expected_at(self) -> datetime | None:
        """When the last of what has not been delivered is expected to arrive, where somebody said so."""
        on_the_way = [
            leg.eta_at
            for leg in self.going
            if leg.delivered_at is None and leg.execution_status != "cancelled"
        ]
        said = [at for at in on_the_way if at is not None]
        return max(said) if said and len(said) == len(on_the_way) else None

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
            *{wait.supply.pk: wait.supply for wait in self.waits}.values(),
        ]
        rows += [hold for hold, _ in self.holds]
        return " ".join(row.public_id for row in rows)


def life(user: User, public_id: str) -> Life | None:
    """One order's whole life, or None outside the person's scope."""
    order = (
        visible(user)
        .select_related("customer", "company", "warehouse", "owner", "owner_team")
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
    waits = supplies_of(order, user) if order.open else []
    bills = Invoice.objects.filter(
        connection=order.connection, order_odoo_ids__contains=[order.odoo_id], gone_at=None
    ).order_by("invoiced_on", "odoo_id")
    reports = list(reports_of(order))
    found = Life(
        order, feeding.order_lines(order, waits), shipments, packages, list(user.scope.narrow(bills)),
        [(hold, why_held(hold)) for hold in holds],
        list(user.scope.narrow(Request.objects.filter(order=order)).select_related("requested_by", "hold").order_by("-requested_at")[:20]),
        list(touching(user, order)[:20]),
        list(user.scope.narrow(Document.objects.filter(order=order)).select_related("added_by", "accepted_by").order_by("-added_at")[:20]),
        waits, internal_transfers(order), return_story(order, user), follows(order, reports),
    )  # fmt: skip
    found.lines = _story(found, reports)
    return found


def _story(found: Life, reports: Sequence[Report]) -> list[timeline.Line]:
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
        timeline.of_changes(order_changes(found.order)), _given(found.order),
        timeline.of_reports(reports),
        opened, settled, held, freed,
    )  # fmt: skip


def _given(order: Order) -> list[timeline.Line]:
    """The last time a person took the order, handed it over or gave it back; earlier ones stand in the journal."""
    at = feeding.instant(order.owner_why.get("at"))
    if at is None:
        return []
    giver = User.objects.filter(public_id=order.owner_why.get("by", "")).first()
    says = f"{order.accountable or 'Nobody'} answers for it"
    return [timeline.Line(at, says, "ours", by=giver.name if giver else "somebody")]
