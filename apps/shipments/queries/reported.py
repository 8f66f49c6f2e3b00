"""Business events as a list of their own, and what follows from those about one shipment or order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.shipments.models import Order, Report, Shipment
from apps.shipments.queries.reports import reports_of
from apps.shipments.rules.reported import (
    Freight,
    Handover,
    Release,
    ReturnCycle,
    Told,
    freight,
    handover,
    release,
    returns,
)

_COLUMNS: Final = {"kind": "kind", "source": "source", "message": "message_ref", "subject": "subject_kind"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Follows:
    """What all reports about one shipment or order say together; None or empty where nobody reported any."""

    handover: Handover | None
    freight: Freight | None
    release: Release | None
    returns: list[ReturnCycle]


def follows(owner: Shipment | Order, reports: Iterable[Report] | None = None) -> Follows:
    """What follows of an order's or a shipment's reports; reports: those of reports_of(owner), read already."""
    told = [
        told_of(row) for row in (reports_of(owner) if reports is None else reports) if counts(row)
    ]
    return Follows(handover(told), freight(told), release(told), returns(told))


def counts(row: Report) -> bool:
    """Whether something follows from a report: it is live, and its source may say it."""
    return row.superseded_at is None and not row.claims


def told_of(row: Report) -> Told:
    """A report as the rules see it."""
    return Told(
        row.public_id, row.kind, row.occurred_at, row.source, row.source_kind, row.subject_ref, row.details
    )  # fmt: skip


def business_events(user: User, query: Mapping[str, str]) -> QuerySet[Report]:
    """Reports in the person's scope; of superseded ones only with `all`.

    query: kind, source, message, subject (order, product, dock, …), reference (what the source calls it), order,
    shipment, supply (public ids), all. One that is linked to nothing, as a product's or a dock's, is seen by who
    sees all of a company its source was granted.
    """
    rows = Report.objects.filter(_seen(user)).select_related("order", "shipment", "supply")
    for name, column in _COLUMNS.items():
        if said := _said(query, name):
            rows = rows.filter(**{column: said})
    if said := _said(query, "reference"):
        rows = rows.filter(subject_ref__iexact=said)
    for name in ("order", "shipment", "supply"):
        if said := _said(query, name):
            rows = rows.filter(**{f"{name}__public_id": said})
    if _said(query, "all") not in ("1", "true"):
        rows = rows.filter(superseded_at=None)
    return rows


def _seen(user: User) -> Q:
    scope = user.scope
    seen = scope.q()
    if scope.companies and scope.warehouses is None and scope.customers is None:
        granted = Q(fence="")
        for company_id in sorted(scope.companies):
            granted |= Q(fence__regex=rf"(^|,){int(company_id)}(,|$)")
        seen |= granted & Q(company=None)
    return seen


def _said(query: Mapping[str, str], name: str) -> str:
    return query.get(name, "").replace("\x00", "").strip()[:200]
