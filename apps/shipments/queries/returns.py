"""A return on one page: what was sold, what went out, what comes back, and what is credited (R17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q

from apps.accounts.models import User
from apps.shipments.models import Order, Package, Shipment
from apps.shipments.queries.goods import shipments
from apps.shipments.rules.rollup import TITLES


@dataclass(frozen=True, slots=True)
class ReturnLeg:
    """One return: the shipment that went out (if known), the one that comes back, and how far it is.

    label: tracking numbers of the way back; stuck: the step that is missing, "" when nothing is.
    """

    original: Shipment | None
    back: Shipment
    carrier: str
    tracking: list[str]
    state: str
    says: str
    received_at: datetime | None
    stuck: str


@dataclass(frozen=True, slots=True)
class ReturnStory:
    """Everything about what comes back of an order. invoices, credit_notes: as on the order, without Odoo's ids.

    Each credit note names the invoice it takes back under "reverses" (public id, null if unknown).
    """

    order: Order | None
    legs: list[ReturnLeg]
    invoices: list[dict[str, Any]]
    credit_notes: list[dict[str, Any]]


def return_story(of: Shipment | Order, user: User | None = None) -> ReturnStory:
    """The story of an order's returns, or of the order that a shipment (out or back) belongs to.

    user narrows the shipments to what that person may see; None is for rules and tests.
    """
    order = of if isinstance(of, Order) else of.order
    if order is not None:
        wanted = Q(order=order)
    else:
        assert isinstance(of, Shipment)
        wanted = Q(pk=of.pk) | Q(return_of=of.pk) | Q(pk=of.return_of_id)
    rows = shipments(user) if user is not None else _all()
    found = {row.pk: row for row in rows.filter(wanted)}
    invoices, credit_notes = _bills(order)
    legs = [
        _leg(row, found.get(row.return_of_id or 0), bool(credit_notes))
        for _, row in sorted(found.items())
        if row.kind == "return"
    ]
    return ReturnStory(order, legs, invoices, credit_notes)


def _all() -> Any:
    packages = Prefetch(
        "packages", queryset=Package.objects.select_related("carrier").order_by("id")
    )
    return Shipment.objects.select_related("order", "carrier").prefetch_related(packages)


def _leg(row: Shipment, original: Shipment | None, credited: bool) -> ReturnLeg:
    packages = [package for package in row.packages.all() if not package.implicit]
    carriers = {package.carrier.name for package in packages if package.carrier}
    received = row.picking_state == "done"
    return ReturnLeg(
        original=original, back=row,
        carrier=", ".join(sorted(carriers)) or (row.carrier.name if row.carrier else row.carrier_name),
        tracking=[package.tracking_number for package in packages],
        state=row.execution_status, says=TITLES.get(row.execution_status, row.execution_status),
        received_at=row.dispatched_at if received else None,
        stuck=_stuck(row, bool(packages), received, credited),
    )  # fmt: skip


def _stuck(row: Shipment, has_label: bool, received: bool, credited: bool) -> str:
    """The first step that has not happened (R155); a cancelled return waits for nothing."""
    if row.picking_state == "cancel" or row.gone:
        return ""
    if received:
        return "" if credited else "credit note"
    if not has_label:
        return "label"
    return "receipt"


def _bills(order: Order | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    bills = order.invoices if order is not None else []
    ids = {bill["odoo_id"]: bill["id"] for bill in bills}
    shown = [
        {key: value for key, value in bill.items() if key not in ("odoo_id", "reversed_odoo_id")}
        | {"reverses": ids.get(bill.get("reversed_odoo_id"))}
        for bill in bills
    ]
    return (
        [bill for bill in shown if bill["kind"] == "out_invoice"],
        [bill for bill in shown if bill["kind"] == "out_refund"],
    )
