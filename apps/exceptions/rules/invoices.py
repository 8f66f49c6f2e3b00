"""What a missing proof of delivery means for an order's invoices (DESIGN "Invoice hold", PRODUCT.md R103, R145)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from apps.exceptions.rules.facts import Bundle, InvoiceFact, ShipmentFact, local

REASON: Final = "missing_proof"
RULE: Final = "missing_proof.1"


class Verdict(StrEnum):
    """What to do about one invoice."""

    NOTHING = "nothing"
    HOLD = "hold"
    RELEASE = "release"
    END = "end"
    BYPASSED = "bypassed"


@dataclass(frozen=True, slots=True)
class HoldPlan:
    """One invoice's verdict; a HOLD carries its sentence and what would release it."""

    invoice_id: int
    verdict: Verdict
    says: str = ""
    shipment_id: int | None = None
    conditions: list[dict[str, Any]] = field(default_factory=list)


def plan_holds(bundle: Bundle) -> list[HoldPlan]:
    """What must become of each invoice of the order, from the facts as they are."""
    missing = [shipment for shipment in bundle.shipments if shipment.misses_proof]
    return [_plan(bundle, invoice, missing) for invoice in bundle.invoices]


def _plan(bundle: Bundle, invoice: InvoiceFact, missing: Sequence[ShipmentFact]) -> HoldPlan:
    placed = invoice.hold == "placed"
    if placed and invoice.payment_state not in ("not_paid", "blocked", ""):
        if invoice.hold_applied:
            says = f"{invoice.name} was paid in Odoo while it was held."
            return HoldPlan(invoice.id, Verdict.BYPASSED, says)
        says = f"Invoice {invoice.name} was paid before it was held."
        return HoldPlan(invoice.id, Verdict.END, says)
    if placed and invoice.state != "posted":
        return HoldPlan(invoice.id, Verdict.END, f"Invoice {invoice.name} is no longer posted.")
    doubted = [shipment for shipment in bundle.shipments if shipment.quality]
    if placed and not missing and doubted:
        return HoldPlan(
            invoice.id, Verdict.HOLD, _says_doubted(doubted), doubted[0].id, _doubts(doubted)
        )
    if not missing:
        return (
            HoldPlan(invoice.id, Verdict.RELEASE, _why_released(bundle))
            if placed
            else HoldPlan(invoice.id, Verdict.NOTHING)
        )
    holdable = (
        invoice.state == "posted"
        and invoice.payment_state == "not_paid"
        and invoice.hold in ("", "released", "moot")
    )
    if not placed and not holdable:
        return HoldPlan(invoice.id, Verdict.NOTHING)
    return HoldPlan(
        invoice.id, Verdict.HOLD, _says(bundle, missing), missing[0].id, _conditions(missing)
    )


def _says_doubted(doubted: Sequence[ShipmentFact]) -> str:
    first = doubted[0]
    return f"Still held: the proof is there, but Quality has “{first.quality[0]}” open on {first.reference}."


def _doubts(doubted: Sequence[ShipmentFact]) -> list[dict[str, Any]]:
    """What a proof alone does not release: Quality settles it in Odoo, or finance approves (R8)."""
    conditions: list[dict[str, Any]] = [
        {
            "code": "quality",
            "says": f"Quality settles “{what}” on {shipment.reference}",
            "met": False,
            "owner": "Quality",
            "group": "proof",
            "shipment": shipment.ref,
        }
        for shipment in doubted
        for what in shipment.quality
    ]
    return [*conditions, _finance()]


def _finance() -> dict[str, Any]:
    return {
        "code": "finance_accepts",
        "says": "Finance accepts other evidence",
        "met": False,
        "owner": "Finance",
        "group": "finance",
    }


def _says(bundle: Bundle, missing: Sequence[ShipmentFact]) -> str:
    first = missing[0]
    assert first.delivered_at is not None
    what = bundle.order_name or first.reference
    if len(missing) > 1:
        what = f"{len(missing)} shipments of {what}"
        return f"Held because {what} were delivered without proof of delivery, the first on {local(first.delivered_at, first.zone)}."
    return f"Held because {what} was delivered on {local(first.delivered_at, first.zone)} without proof of delivery."


def _conditions(missing: Sequence[ShipmentFact]) -> list[dict[str, Any]]:
    conditions: list[dict[str, Any]] = []
    for shipment in missing:
        carrier = shipment.carrier or "the carrier"
        which = f" for {shipment.reference}" if len(missing) > 1 else ""
        conditions.append(
            {
                "code": "proof",
                "says": f"A signature or document from {carrier} arrives{which}",
                "met": False,
                "owner": shipment.carrier or "Carrier",
                "group": "proof",
                "shipment": shipment.ref,
            }
        )
    conditions.append(_finance())
    return conditions


def _why_released(bundle: Bundle) -> str:
    if any(shipment.has_proof for shipment in bundle.shipments):
        return "Proof of delivery arrived."
    return "The delivery was taken back by its source, so there is nothing to prove."
