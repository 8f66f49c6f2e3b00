"""Which journal kinds can be heard of outside, by whom, and what must be said of them in docs/outgoing.md."""

from dataclasses import dataclass
from typing import Final

from apps.integrations.models.outgoing import Audience
from apps.shipments.rules.reports import REPORTS

PING: Final = "ping"
VERSION: Final = 1
"""Of every payload. A field may be added within a version; what changes its meaning is a new version."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A kind that may be subscribed to. door: what the owner must be allowed (accounts.roles.MAY).

    facts: which record stands in `data`. keeps: fields of the journal's payload that go out as they are, all of
    them codes, numbers, times and public ids, and what a person asked somebody outside to do. customer: offered to customers too, in their words.
    """

    kind: str
    door: str
    facts: str
    keeps: tuple[str, ...] = ()
    customer: bool = False


_OFFERS: Final = (
    Offer("order.confirmed", "orders.see", "order"),
    Offer("order.changed", "orders.see", "order", ("was", "changed")),
    Offer("order.released", "orders.see", "order", ("checks", "released_at")),
    Offer("shipment.created", "shipments.see", "shipment"),
    Offer("shipment.changed", "shipments.see", "shipment", ("became",), customer=True),
    Offer("shipment.delayed", "shipments.see", "shipment", customer=True),
    Offer("shipment.delivery_attempted", "shipments.see", "shipment", ("reason",), customer=True),
    Offer("shipment.dispatched", "shipments.see", "shipment", customer=True),
    Offer("shipment.delivered", "shipments.see", "shipment", customer=True),
    Offer("shipment.proof_received", "shipments.see", "shipment", ("by",)),
    Offer("package.changed", "shipments.see", "package", ("became", "was")),
    Offer("supply.changed", "supplies.see", "supply", ("became",)),
    Offer("invoice.changed", "orders.see", "invoice", ("state", "payment_state", "was")),
    Offer("document.accepted", "shipments.see", "document"),
    Offer("case.opened", "queue.see", "case"),
    Offer("case.changed", "queue.see", "case", ("became",)),
    Offer("case.resolved", "queue.see", "case"),
    Offer("action.requested", "queue.see", "case", ("action", "run", "data")),
    Offer("hold.placed", "approvals.see", "hold", ("reason", "state")),
    Offer("hold.released", "approvals.see", "hold", ("why", "state")),
    Offer("hold.bypassed", "approvals.see", "hold", ("reason", "state")),
    Offer("approval.requested", "approvals.see", "approval", ("kind", "policy", "state")),
    Offer("approval.granted", "approvals.see", "approval", ("kind", "policy", "state")),
    Offer("approval.rejected", "approvals.see", "approval", ("kind", "policy", "state")),
    Offer("command.changed", "commands.see", "command", ("kind", "state", "reason")),
    Offer("message.rejected", "integrations.manage", "message", ("partner", "reason")),
    Offer("message.conflict", "integrations.manage", "message", ("partner", "first", "events")),
    Offer("message.dead", "integrations.manage", "message", ("partner", "reason")),
    # Business events (PRODUCT.md section 4): what sources say beside where a parcel is, and what they are about once
    # that is known.
    *(Offer(one.journal, "shipments.see", "report") for one in REPORTS.values()),
    Offer("report.linked", "shipments.see", "report"),
)
OFFERS: Final[dict[str, Offer]] = {offer.kind: offer for offer in _OFFERS}

CUSTOMER_NEWS: Final = frozenset({"customer_status", "eta", "delivered_packages"})
"""A `shipment.changed` is told to a customer only when one of these became another."""


def offered(audience: str) -> list[Offer]:
    """What this audience may choose from, in the order of the page."""
    return [offer for offer in _OFFERS if audience == Audience.TOWER or offer.customer]
