"""The carriers' reasons in plain words."""

from __future__ import annotations

from typing import Final

_ATTEMPTED: Final[dict[str, str]] = {
    "recipient_unavailable": "nobody there",
    "recipient_refused": "refused at the door",
    "business_closed": "business closed",
    "access_restricted": "driver could not get in",
    "address_incorrect": "wrong address",
    "address_incomplete": "address incomplete",
    "signature_required": "nobody could sign",
    "payment_due": "payment was due",
    "oversize": "too big to hand over",
    "security": "stopped by security",
}
_REASONS: Final[dict[str, str]] = {
    "address_incorrect": "wrong address",
    "address_incomplete": "address incomplete",
    "recipient_moved": "recipient has moved",
    "recipient_unavailable": "nobody there",
    "recipient_refused": "refused by the recipient",
    "customs_documents_missing": "papers missing",
    "customs_processing": "being processed",
    "customs_inspection": "being inspected",
    "customs_duties_unpaid": "duties not paid",
    "customs_broker": "waiting for the broker",
    "customs_refused": "refused",
    "documents_missing": "papers missing",
    "action_required": "the carrier needs an answer",
    "appointment_required": "needs an appointment",
    "incomplete_shipment": "not complete",
    "missed_pickup": "pickup missed",
    "payment_due": "payment due",
    "prohibited_goods": "goods not allowed",
    "customer_requested_change": "the customer asked for a change",
    "customer_requested_return": "the customer asked for it back",
    "wrong_item": "wrong item",
    "mechanical": "breakdown",
    "transport_late": "transport late",
    "carrier_sorting_error": "sorted wrongly",
    "out_of_stock": "out of stock",
}
_TROUBLE: Final[dict[str, str]] = {
    "exception": "Trouble on the way",
    "lost": "Lost on the way",
    "customs_hold": "Held at customs",
    "damaged": "Damaged",
    "return_in_transit": "On its way back to us",
}


def attempted(reason: str) -> str:
    """A title: "Delivery attempted, nobody there"."""
    words = _ATTEMPTED.get(reason)
    return f"Delivery attempted, {words}" if words else "Delivery attempted"


def trouble(milestone: str, reason: str) -> str:
    """A title: "Held at customs, papers missing"."""
    title = _TROUBLE.get(milestone, "Trouble on the way")
    if (
        not reason
        or reason in ("other", milestone)
        or (milestone, reason) == ("lost", "undeliverable")
    ):
        return title
    return f"{title}, {_REASONS.get(reason, reason.replace('_', ' '))}"
