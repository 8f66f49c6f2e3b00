"""One shipment's three lanes, for its page."""

from __future__ import annotations

from dataclasses import dataclass

from apps.shipments.models import Shipment
from apps.shipments.rules.lanes import Disagreement, Lane, LaneFacts, disagreements, lanes


@dataclass(frozen=True, slots=True)
class Truths:
    """Who executes, what Odoo says, what finance accepts; and where they disagree, in words."""

    execution: Lane
    odoo: Lane
    finance: Lane
    disagreements: list[Disagreement]


def truths(row: Shipment) -> Truths:
    """The lanes of a shipment that came from `queries.shipment` (packages and order loaded)."""
    packages = [package for package in row.packages.all() if package.status]
    reported = row.execution_status if packages and row.execution_why.get("facts") else ""
    heard = any(fact.get("kind") == "package" for fact in row.execution_why.get("facts", ()))
    if (
        packages and not heard
    ):  # Odoo's word decided; what the least advanced parcel says all the same
        reported = min(packages, key=lambda package: (package.milestone, package.pk)).status
    carriers = {package.carrier.name for package in packages if package.carrier}
    carrier = carriers.pop() if len(carriers) == 1 else (row.carrier.name if row.carrier else "")
    facts = LaneFacts(
        execution=row.execution_status, execution_why=row.execution_why, reported=reported,
        carrier=carrier or row.carrier_name, heard_at=row.heard_at, delivered_at=row.delivered_at,
        kind=row.kind, reference=row.reference, picking_state=row.picking_state, gone=row.gone,
        dispatched_at=row.dispatched_at, financial=row.financial_status, financial_why=row.financial_why,
        proven=row.has_proof, invoices=row.order.invoices if row.order else (), others_left=_others_left(row),
    )  # fmt: skip
    execution, odoo, finance = lanes(facts)
    return Truths(execution, odoo, finance, disagreements(facts))


def _others_left(row: Shipment) -> bool:
    """Whether goods of the same order left in another shipment; asked only where this one never will."""
    if row.execution_status != "cancelled" or row.order_id is None:
        return False
    others = Shipment.objects.filter(order_id=row.order_id, kind__in=("outgoing", "dropship"))
    return others.exclude(pk=row.pk).exclude(dispatched_at=None).exists()
