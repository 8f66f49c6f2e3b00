"""The public facts of the records that events are about: one query for each sort of record, whatever the batch.

Only what stands here by name goes out. Ids are public ones; each fact carries the scope its row has now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db.models import Prefetch

from apps.accounts.scope import Scope
from apps.approvals.models import Hold, Request
from apps.exceptions.models import Case
from apps.integrations.models import Command, Message
from apps.integrations.outgoing.report_details import said_in
from apps.mirror.models import Invoice
from apps.shipments.models import Document, Order, Package, Report, Shipment, Supply
from apps.shipments.rules.reports import REPORTS

Data = dict[str, Any]
_OWN_KINDS: Final = ("outgoing", "dropship", "return")
_NOT_YET_BACK: Final = ("awaiting_stock", "ready_to_ship", "cancelled")


@dataclass(frozen=True, slots=True)
class Fact:
    """What may be said of one record. scope: (company, warehouse, customer) as the row has them now.

    customer: the same in a customer's words, None where the portal would not show it either. within: what
    depends on who asks, for records that belong to several (a package of two customers' shipments).
    """

    data: Data
    scope: tuple[int | None, int | None, int | None]
    customer: Data | None = None
    within: Callable[[Scope], Data] | None = None


def facts_of(sort: str, refs: Iterable[str]) -> dict[str, Fact]:
    """The facts of these records by public id; one that no longer exists is left out."""
    wanted = sorted(set(refs))
    return _READERS[sort](wanted) if wanted else {}


def _scope(row: Any) -> tuple[int | None, int | None, int | None]:
    return (row.company_id, row.warehouse_id, row.customer_id)


def _ref(row: Any, *names: str) -> Data | None:
    return {"id": row.public_id, **{name: getattr(row, name) for name in names}} if row else None


def plain(value: Any) -> Any:
    """A value as JSON says it: ISO 8601 in UTC, decimals as text."""
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value


def shipment_facts(rows: Iterable[Shipment]) -> dict[str, Fact]:
    """Facts of shipments with company, warehouse, customer, order, carrier and packages loaded."""
    return {
        row.public_id: Fact(_shipment(row), _scope(row), customer_shipment(row)) for row in rows
    }


SHIPMENT_ROWS: Final = ("company", "warehouse", "customer", "order", "carrier")
NUMBERED: Final = Prefetch(
    "packages",
    Package.objects.filter(implicit=False)
    .select_related("carrier")
    .only("pk", "tracking_number", "carrier__name")
    .order_by("pk"),
    to_attr="numbered",
)


def _shipments(refs: list[str]) -> dict[str, Fact]:
    rows = Shipment.objects.filter(public_id__in=refs).select_related(*SHIPMENT_ROWS)
    return shipment_facts(rows.prefetch_related(NUMBERED))


def _numbers(row: Shipment) -> list[Data]:
    return [
        {"number": one.tracking_number, "carrier": one.carrier.name if one.carrier else ""}
        for one in row.numbered  # type: ignore[attr-defined]
    ]


def _shipment(row: Shipment) -> Data:
    return {
        "id": row.public_id,
        "reference": row.reference,
        "kind": row.kind,
        "order": _ref(row.order, "name", "customer_reference"),
        "company": _ref(row.company, "name"),
        "warehouse": _ref(row.warehouse, "code", "name"),
        "customer": _ref(row.customer, "name"),
        "tracking": _numbers(row),
        "execution_status": row.execution_status,
        "customer_status": row.customer_status,
        "customer_words": row.customer_why.get("words", ""),
        "financial_status": row.financial_status,
        "exception_reason": row.exception_reason,
        "eta": row.eta,
        "promise_at": plain(row.promise_at),
        "late": row.late,
        "dispatched_at": plain(row.dispatched_at),
        "delivered_at": plain(row.delivered_at),
        "has_proof": row.has_proof,
        "attempts": row.attempts,
        "packages": {"count": row.package_count, "delivered": row.delivered_packages},
        "version": row.version,
    }


def customer_shipment(row: Shipment) -> Data | None:
    """A shipment as its customer is told of it, or None for one that is not theirs to follow.

    The words are those of milestones.csv; statuses of finance, reasons, holds and warehouses stay inside.
    """
    if row.kind not in _OWN_KINDS:
        return None
    if row.kind == "return" and row.execution_status in _NOT_YET_BACK:
        return None
    order = row.order
    return {
        "id": row.public_id,
        "order": {"name": order.name, "customer_reference": order.customer_reference}
        if order
        else None,
        "returning": row.kind == "return",
        "tracking": _numbers(row),
        "status": row.customer_status,
        "words": row.customer_why.get("words", ""),
        "step": row.customer_why.get("step"),
        "eta": row.eta,
        "promise_at": plain(row.promise_at),
        "delivered_at": plain(row.delivered_at),
        "packages": {"count": row.package_count, "delivered": row.delivered_packages},
        "version": row.version,
    }


def _orders(refs: list[str]) -> dict[str, Fact]:
    rows = Order.objects.filter(public_id__in=refs).select_related("company", "customer")
    return {
        row.public_id: Fact(
            {
                "id": row.public_id,
                "name": row.name,
                "customer_reference": row.customer_reference,
                "company": _ref(row.company, "name"),
                "customer": _ref(row.customer, "name"),
                "stage": row.stage,
                "on_hold": bool(row.held),
                "ordered_at": plain(row.ordered_at),
                "promise_at": plain(row.promise_at),
                "amount_total": plain(row.amount_total),
                "currency": row.currency,
                "version": row.version,
            },
            _scope(row),
        )
        for row in rows
    }


def _packages(refs: list[str]) -> dict[str, Fact]:
    rows = (
        Package.objects.filter(public_id__in=refs)
        .select_related("carrier")
        .prefetch_related(Prefetch("shipments", Shipment.objects.order_by("pk")))
    )
    return {row.public_id: _package(row) for row in rows}


def _package(row: Package) -> Fact:
    shipments = list(row.shipments.all())

    def within(scope: Scope) -> Data:
        return {
            "shipments": [
                {"id": one.public_id, "reference": one.reference}
                for one in shipments
                if scope.covers(*_scope(one))
            ]
        }

    data = {
        "id": row.public_id,
        "tracking_number": "" if row.implicit else row.tracking_number,
        "carrier": row.carrier.name if row.carrier else "",
        "milestone": row.milestone,
        "status": row.status,
        "exception_reason": row.exception_reason,
        "eta": row.eta,
        "delivered_at": plain(row.delivered_at),
        "last_event_at": plain(row.last_event_at),
        "attempts": row.attempts,
        "has_proof": bool(row.proof),
        "version": row.version,
    }
    return Fact(data, _scope(row), within=within)


def _supplies(refs: list[str]) -> dict[str, Fact]:
    rows = Supply.objects.filter(public_id__in=refs).select_related("company", "warehouse")
    return {
        row.public_id: Fact(
            {
                "id": row.public_id,
                "kind": row.kind,
                "reference": row.reference,
                "company": _ref(row.company, "name"),
                "warehouse": _ref(row.warehouse, "code", "name"),
                "supplier": row.partner_name,
                "stage": row.stage,
                "expected_at": plain(row.expected_at),
                "first_expected_at": plain(row.first_expected_at),
                "version": row.version,
            },
            _scope(row),
        )
        for row in rows
    }


def _invoices(refs: list[str]) -> dict[str, Fact]:
    return {
        row.public_id: Fact(
            {
                "id": row.public_id,
                "name": row.name,
                "type": row.kind,
                "due_on": plain(row.due_on),
                "amount_total": plain(row.amount_total),
                "amount_residual": plain(row.amount_residual),
                "currency": row.currency,
            },
            _scope(row),
        )
        for row in Invoice.objects.filter(public_id__in=refs)
    }


def _about(row: Any) -> Data:
    return {"order": _ref(row.order, "name"), "shipment": _ref(row.shipment, "reference")}


def _cases(refs: list[str]) -> dict[str, Fact]:
    rows = Case.objects.filter(public_id__in=refs)
    return {
        row.public_id: Fact(
            {
                "id": row.public_id,
                "kind": row.kind,
                "title": row.title,
                "reason": row.reason,
                "state": row.state,
                "priority": row.priority,
                "team": row.team.slug,
                **_about(row),
                "next_step": row.next_step,
                "opened_at": plain(row.opened_at),
                "due_at": plain(row.due_at),
                "resolved_at": plain(row.resolved_at),
                "count": row.count,
                "url": f"{settings.PUBLIC_URL.rstrip('/')}/queue/{row.public_id}/",
                "version": row.version,
            },
            _scope(row),
        )
        for row in rows.select_related("team", "order", "shipment")
    }


def _holds(refs: list[str]) -> dict[str, Fact]:
    return {
        row.public_id: Fact(
            {
                "id": row.public_id,
                "kind": row.kind,
                "record": row.record_name,
                "says": row.says,
                "amount": plain(row.amount),
                "currency": row.currency,
                **_about(row),
            },
            _scope(row),
        )
        for row in Hold.objects.filter(public_id__in=refs).select_related("order", "shipment")
    }


def _requests(refs: list[str]) -> dict[str, Fact]:
    return {
        row.public_id: Fact({"id": row.public_id, **_about(row)}, _scope(row))
        for row in Request.objects.filter(public_id__in=refs).select_related("order", "shipment")
    }


def _documents(refs: list[str]) -> dict[str, Fact]:
    return {
        row.public_id: Fact(
            {
                "id": row.public_id,
                "kind": row.kind,
                "media_type": row.media_type,
                "sha256": row.sha256,
                "accepted_at": plain(row.accepted_at),
                **_about(row),
            },
            _scope(row),
        )
        for row in Document.objects.filter(public_id__in=refs).select_related("order", "shipment")
    }


def _reports(refs: list[str]) -> dict[str, Fact]:
    rows = Report.objects.filter(public_id__in=refs)
    return {
        row.public_id: Fact(
            {
                "id": row.public_id,
                "kind": row.kind,
                "title": REPORTS[row.kind].title if row.kind in REPORTS else row.kind,
                "about": {"kind": row.subject_kind, "reference": row.subject_ref},
                **_about(row),
                "supply": _ref(row.supply, "reference"),
                "occurred_at": plain(row.occurred_at),
                "expected_at": plain(row.expected_at),
                "source": row.source,
                "source_code": row.source_code,
                "claim": bool(row.claims),
                "details": said_in(row.details),
            },
            _scope(row),
        )
        for row in rows.select_related("order", "shipment", "supply")
    }


def _commands(refs: list[str]) -> dict[str, Fact]:
    return {
        row.public_id: Fact(
            {
                "id": row.public_id,
                "record": {"id": row.record_ref, "name": row.record_name},
                "mode": row.mode,
                "applied_at": plain(row.applied_at),
                "version": row.version,
            },
            _scope(row),
        )
        for row in Command.objects.filter(public_id__in=refs)
    }


def _messages(refs: list[str]) -> dict[str, Fact]:
    """Messages have no scope of their own: whose they are, the partner says (sight.Listener.hears)."""
    return {
        row.public_id: Fact(
            {
                "id": row.public_id,
                "status": row.status,
                "received_at": plain(row.received_at),
                "url": f"{settings.PUBLIC_URL.rstrip('/')}/integrations/messages/{row.public_id}/",
            },
            (None, None, None),
        )
        for row in Message.objects.filter(public_id__in=refs)
    }


_READERS: Final[dict[str, Callable[[list[str]], dict[str, Fact]]]] = {
    "shipment": _shipments,
    "order": _orders,
    "package": _packages,
    "supply": _supplies,
    "invoice": _invoices,
    "case": _cases,
    "hold": _holds,
    "approval": _requests,
    "document": _documents,
    "command": _commands,
    "message": _messages,
    "report": _reports,
}


def read(subjects: Iterable[tuple[str, str]]) -> dict[str, Fact]:
    """Facts by public id for (sort, public id) pairs of a batch: at most one query for each sort."""
    by_sort: dict[str, set[str]] = defaultdict(set)
    for sort, ref in subjects:
        by_sort[sort].add(ref)
    found: dict[str, Fact] = {}
    for sort, refs in by_sort.items():
        found |= facts_of(sort, refs)
    return found
