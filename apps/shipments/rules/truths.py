"""The second and third truth: what the customer is told, and whether finance may invoice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.shipments.milestones import MILESTONES
from apps.shipments.rules.facts import Why, fact, invoice_fact, when
from apps.shipments.rules.rollup import DELIVERED, RETURNED, TITLES

CUSTOMER_RULE: Final = "customer.1"
FINANCIAL_RULE: Final = "financial.1"

CUSTOMER_TITLES: Final = {
    "ordered": "We have your order",
    "preparing": "Packing your order",
    "on_the_way": "On its way",
    "arriving": "Arriving",
    "needs_attention": "We are looking into it",
    "delivered": "Delivered",
    "returning": "On its way back",
    "cancelled": "Cancelled",
}
FINANCIAL_TITLES: Final = {
    "not_shipped": "Not shipped",
    "in_delivery": "In delivery",
    "awaiting_proof": "Awaiting proof of delivery",
    "held": "Held",
    "releasable": "May be invoiced",
    "invoiced": "Invoiced",
    "paid": "Paid",
    "cancelled": "Cancelled",
}
# Statuses of ours that no milestone names: the milestone whose words the customer reads.
_WORDS_OF: Final = {
    "awaiting_stock": "order_received",
    "unknown": "order_received",
    "ready_to_ship": "label_created",
    "picking": "picked",
    "dispatched": "picked_up",
}
_FAMILY: Final = {
    "order_received": "ordered", "label_created": "preparing", "booked": "preparing",
    "picked": "preparing", "packed": "preparing",
    "picked_up": "on_the_way", "departed_facility": "on_the_way", "arrived_at_facility": "on_the_way",
    "in_transit": "on_the_way", "customs_hold": "on_the_way", "customs_cleared": "on_the_way",
    "delayed": "needs_attention", "exception": "needs_attention", "lost": "needs_attention",
    "arrived_at_destination": "arriving", "out_for_delivery": "arriving",
    "available_for_pickup": "arriving", "delivery_attempted": "needs_attention",
    "delivered": "delivered", "goods_received": "delivered", "pod_received": "delivered",
    "damaged": "needs_attention", "return_in_transit": "returning", "returned_to_sender": "returning",
    "cancelled": "cancelled",
}  # fmt: skip
_NOT_LEFT: Final = frozenset({"unknown", "awaiting_stock", "ready_to_ship", "picking", "packed"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the truths of one shipment stand on. `held` and `invoices` are its order's."""

    execution: str
    kind: str = "outgoing"
    proven: bool = False
    proof_ref: str = ""
    delivered_at: datetime | None = None
    delivered_packages: int = 0
    package_count: int = 0
    held: Sequence[dict[str, Any]] = ()
    invoices: Sequence[dict[str, Any]] = ()
    cause: tuple[dict[str, str], ...] = ()


def customer_status(facts: Facts) -> Why:
    """One of eight families, with the customer's own words and the portal step (milestones.csv)."""
    step = MILESTONES[_WORDS_OF.get(facts.execution, facts.execution)]
    words = step.customer_words
    if 0 < facts.delivered_packages < facts.package_count and facts.execution not in DELIVERED:
        words = f"{words}; {facts.delivered_packages} of {facts.package_count} parcels delivered"
    more = {"words": words, "step": step.portal_step}
    return Why(_FAMILY[step.name], CUSTOMER_RULE, words, facts.cause, more)


def financial_status(facts: Facts) -> Why:
    """May it be invoiced, is it held, why. Rule: DESIGN, "Three truths"; the reason is one sentence."""
    bills = [
        bill
        for bill in facts.invoices
        if bill["kind"] == "out_invoice" and bill["state"] == "posted"
    ]
    about = tuple(invoice_fact(bill) for bill in bills)
    if facts.execution == "cancelled" and not bills:
        return Why("cancelled", FINANCIAL_RULE, "The shipment is cancelled", facts.cause)
    if facts.held:
        holds = tuple(fact("hold", hold["id"], hold["says"]) for hold in facts.held)
        return Why("held", FINANCIAL_RULE, facts.held[0]["says"], holds)
    if bills and all(bill["payment_state"] in ("paid", "in_payment", "reversed") for bill in bills):
        return Why("paid", FINANCIAL_RULE, f"{_names(bills)} paid", about)
    blocked = [bill for bill in bills if bill["payment_state"] == "blocked"]
    if blocked:
        return Why("held", FINANCIAL_RULE, f"{_names(blocked)} is blocked in Odoo", about)
    if facts.execution in DELIVERED and not facts.proven and facts.kind != "incoming":
        says = f"Delivered {when(facts.delivered_at)}, without proof of delivery"
        return Why("awaiting_proof", FINANCIAL_RULE, says, facts.cause + about)
    if bills:
        return Why("invoiced", FINANCIAL_RULE, f"{_names(bills)} posted", about)
    return _before_invoice(facts)


def _before_invoice(facts: Facts) -> Why:
    if facts.execution in _NOT_LEFT:
        return Why("not_shipped", FINANCIAL_RULE, "The goods have not left yet", facts.cause)
    if facts.execution in RETURNED:
        return Why(
            "cancelled", FINANCIAL_RULE, "The goods came back: nothing to invoice", facts.cause
        )
    if facts.execution in DELIVERED:
        proof = (fact("proof", facts.proof_ref, "Proof of delivery"),) if facts.proof_ref else ()
        return Why(
            "releasable", FINANCIAL_RULE, "Delivered, with proof of delivery", facts.cause + proof
        )
    title = TITLES.get(facts.execution, facts.execution)
    return Why("in_delivery", FINANCIAL_RULE, f"{title}: not delivered yet", facts.cause)


def _names(bills: Sequence[dict[str, Any]]) -> str:
    return ", ".join(bill["name"] or "Draft" for bill in bills)
