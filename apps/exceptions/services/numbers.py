"""One tracking number on shipments of two customers: somebody typed the wrong one (R73)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from apps.exceptions.models import Case
from apps.exceptions.rules import Evidence
from apps.exceptions.services.cases import clear_case, open_case
from apps.journal.correlation import bound
from apps.shipments.models import Package, PackageLink, Shipment

_OVER: Final = ("delivered", "goods_received", "pod_received", "cancelled", "returned_to_sender")


def evaluate_numbers(causes: Mapping[str, str], *, now: datetime) -> None:
    """Open and clear the cases of the packages of these shipments.

    causes: the shipments' public ids, each with the correlation id of what made us look at it again (R237).
    Several shipments of one customer in a package are a consolidation, and right. The case belongs to no customer:
    it names two.
    """
    known = Case.objects.filter(kind="duplicate_number").exclude(state="resolved")
    # A shipment that gave a number up is linked to it no longer: its case names it as evidence.
    told = known.filter(evidence__kind="shipment", evidence__ref__in=causes)
    by_ref = dict(told.values_list("subject", "evidence__ref"))
    gone = Package.objects.filter(public_id__in=by_ref).values_list("pk", "public_id")
    keys = {pk: (ref, causes[by_ref[ref]]) for pk, ref in gone}
    links = PackageLink.objects.filter(shipment__public_id__in=causes).order_by("pk")
    for pk, ref, of in links.values_list("package_id", "package__public_id", "shipment__public_id"):
        keys[pk] = ref, causes[of]
    open_now = set(
        known.filter(subject__in=[ref for ref, _ in keys.values()]).values_list(
            "subject", flat=True
        )
    )
    for pk, (ref, cause) in sorted(keys.items()):
        ships = list(
            Shipment.objects.filter(links__package=pk, gone=False)
            .exclude(execution_status__in=_OVER)
            .order_by("pk")
        )
        whose = {row.customer_id or f"order {row.order_id or row.public_id}" for row in ships}
        with bound(cause):
            if len(whose) > 1:
                _open(Package.objects.get(pk=pk), ships, now)
            elif ref in open_now:
                clear_case(
                    f"duplicate_number:{ref}", says="It is one customer's number now.", now=now
                )


def _open(package: Package, ships: Collection[Shipment], now: datetime) -> None:
    names = ", ".join(row.reference for row in ships)
    open_case(
        "duplicate_number",
        f"duplicate_number:{package.public_id}",
        now=now,
        title=f"{package.tracking_number} is on {len(ships)} customers' shipments"[:200],
        says=f"{names} carry the same tracking number {package.tracking_number}, and belong to different customers.",
        reason="duplicate_number",
        subject=package.public_id,
        company_id=next((row.company_id for row in ships if row.company_id), None),
        evidence=[Evidence("shipment", row.public_id, row.reference, now) for row in ships],
    )
