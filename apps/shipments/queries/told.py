"""Events, documents and carriers' invoices as lists of their own, narrowed to what a person may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.accounts.models import User
from apps.shipments.models import Document, Event, Package, PackageLink, Report
from apps.shipments.queries.goods import packages
from apps.shipments.rules import normalise

FREIGHT_INVOICE: Final = "freight.invoice_received"


def packages_asked_for(user: User, query: Mapping[str, str]) -> QuerySet[Package]:
    """Packages a person may see, without the stand-ins of shipments that have no number yet.

    query: tracking_number, shipment (public id), status, linked (1 or 0).
    """
    rows = packages(user).filter(implicit=False)
    if number := _said(query, "tracking_number"):
        rows = rows.filter(number=normalise(number))
    if shipment := _said(query, "shipment"):
        rows = rows.filter(shipments__public_id=shipment)
    if status := _said(query, "status"):
        rows = rows.filter(status=status)
    linked = {"1": True, "true": True, "0": False, "false": False}.get(_said(query, "linked"))
    if linked is not None:
        links = Exists(PackageLink.objects.filter(package=OuterRef("pk")))
        rows = rows.filter(links if linked else ~links)
    return rows


def events(user: User, query: Mapping[str, str]) -> QuerySet[Event]:
    """Events of the packages a person may see; of superseded and voided ones only with `all`.

    query: tracking_number, shipment, package, message (public ids), milestone, source, all.
    """
    visible = packages(user).filter(pk=OuterRef("package_id")).order_by()
    rows = Event.objects.filter(Exists(visible)).select_related("package", "carrier")
    number = _said(query, "tracking_number")
    if number:
        rows = rows.filter(package__number=normalise(number))
    if package := _said(query, "package"):
        rows = rows.filter(package__public_id=package)
    if shipment := _said(query, "shipment"):
        linked = PackageLink.objects.filter(shipment__public_id=shipment)
        rows = rows.filter(package__in=linked.values("package"))
    for name, column in (("milestone", "milestone"), ("source", "source"), ("message", "message_ref")):  # fmt: skip
        if said := _said(query, name):
            rows = rows.filter(**{column: said})
    if _said(query, "all") not in ("1", "true"):
        rows = rows.filter(superseded_at=None, voided_at=None)
    return rows


def documents(user: User, query: Mapping[str, str]) -> QuerySet[Document]:
    """Files of evidence in scope. query: order, shipment (public ids), kind."""
    rows = user.scope.narrow(Document.objects.select_related("order", "shipment", "accepted_by"))
    if order := _said(query, "order"):
        rows = rows.filter(order__public_id=order)
    if shipment := _said(query, "shipment"):
        rows = rows.filter(shipment__public_id=shipment)
    if kind := _said(query, "kind"):
        rows = rows.filter(kind=kind)
    return rows


def freight_invoices(user: User, query: Mapping[str, str]) -> QuerySet[Report]:
    """Carriers' invoices as they came in, the live ones. query: number, order, shipment (public ids), source.

    One that is linked to nothing yet is seen by who sees all of a company its source was granted.
    """
    scope = user.scope
    seen = scope.q()
    if scope.companies and scope.warehouses is None and scope.customers is None:
        granted = Q(fence="")
        for company_id in sorted(scope.companies):
            granted |= Q(fence__regex=rf"(^|,){int(company_id)}(,|$)")
        seen |= granted & Q(company=None)
    rows = Report.objects.filter(seen, kind=FREIGHT_INVOICE, superseded_at=None)
    if number := _said(query, "number"):
        rows = rows.filter(subject_kind="invoice", subject_ref=number)
    if order := _said(query, "order"):
        rows = rows.filter(order__public_id=order)
    if shipment := _said(query, "shipment"):
        rows = rows.filter(shipment__public_id=shipment)
    if source := _said(query, "source"):
        rows = rows.filter(source=source)
    return rows.select_related("order", "shipment")


def _said(query: Mapping[str, str], name: str) -> str:
    return query.get(name, "").replace("\x00", "").strip()[:200]
