"""Facts in, deviations out. Level-triggered: what is returned is all that is wrong now, nothing more.

Rules: PRODUCT.md R121 (attempted), R122 (delayed), R127 (no proof), R151 (impossible order), R128 to R136 (trouble).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.exceptions.rules import words
from apps.exceptions.rules.facts import (
    Bundle,
    EventFact,
    InvoiceFact,
    PackageFact,
    ShipmentFact,
    local,
)

LEVEL_KINDS: Final = (
    "delivery_attempted",
    "missing_proof",
    "shipment_delayed",
    "delivery_exception",
    "impossible_sequence",
)
_TROUBLE: Final = ("exception", "lost", "customs_hold", "return_in_transit")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a case stands on. kind: event, message, hold, command, odoo; ref is that thing's public id."""

    kind: str
    ref: str
    says: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation that holds now. Two findings are the same deviation when `dedupe` is equal."""

    kind: str
    dedupe: str
    title: str
    says: str
    reason: str
    shipment_id: int
    package_id: int | None
    evidence: tuple[Evidence, ...]


def findings(bundle: Bundle, now: datetime) -> list[Finding]:
    """Everything that is wrong with an order's goods now, each once, in a stable order."""
    found: dict[str, Finding] = {}
    for shipment in bundle.shipments:
        for package in shipment.packages:
            for finding in _of_package(shipment, package):
                found.setdefault(
                    finding.dedupe, finding
                )  # a consolidated package belongs to several shipments
        for finding in _of_shipment(bundle, shipment, now):
            found.setdefault(finding.dedupe, finding)
    return list(found.values())


def _of_package(shipment: ShipmentFact, package: PackageFact) -> Iterator[Finding]:
    if package.milestone == "delivery_attempted":
        event = package.latest("delivery_attempted")
        reason = (event.reason if event else "") or package.reason
        yield _finding(
            "delivery_attempted",
            package.ref,
            words.attempted(reason),
            f"{package.carrier or 'The carrier'} could not hand over {package.number}"
            f"{f' on {local(event.at, shipment.zone)}' if event else ''}.",
            reason,
            shipment,
            package,
            event,
        )
    elif package.milestone in _TROUBLE:
        event = package.latest(package.milestone)
        reason = (event.reason if event else "") or package.reason
        yield _trouble(shipment, package, event, package.milestone, reason)
    damaged = package.latest("damaged")
    if damaged is not None:
        yield _trouble(shipment, package, damaged, "damaged", damaged.reason)
    if package.anomalies:
        yield _finding(
            "impossible_sequence",
            package.ref,
            "Events that cannot be in this order",
            f"{package.number}: {'; '.join(package.anomalies)}.",
            package.anomalies[0][:60],
            shipment,
            package,
            package.events[-1] if package.events else None,
        )


def _trouble(
    shipment: ShipmentFact,
    package: PackageFact,
    event: EventFact | None,
    milestone: str,
    reason: str,
) -> Finding:
    title = words.trouble(milestone, reason)
    when = f" since {local(event.at, shipment.zone)}" if event else ""
    return _finding(
        "delivery_exception",
        f"{milestone}:{package.ref}",
        title,
        f"{package.carrier or 'The carrier'} reports this for {package.number}{when}.",
        reason or milestone,
        shipment,
        package,
        event,
    )


def _of_shipment(bundle: Bundle, shipment: ShipmentFact, now: datetime) -> Iterator[Finding]:
    if shipment.misses_proof and not settled(bundle.invoices):
        assert shipment.delivered_at is not None
        carrier = shipment.carrier or "The carrier"
        says = (
            f"{carrier} says delivered on {local(shipment.delivered_at, shipment.zone)}, "
            "but sent no signature and no document."
        )
        yield _finding(
            "missing_proof",
            shipment.ref,
            "Delivered without proof",
            " ".join([says, *(invoice_words(invoice) for invoice in bundle.invoices)]),
            "missing_proof",
            shipment,
            None,
            _delivery_event(shipment),
        )
    late = _late(shipment, now)
    if late:
        yield _finding(
            "shipment_delayed", shipment.ref, late[0], late[1], late[2], shipment, None, None
        )


def settled(invoices: tuple[InvoiceFact, ...]) -> bool:
    """Finance has accepted other evidence for every posted invoice that could be held."""
    posted = [invoice for invoice in invoices if invoice.state == "posted"]
    return any(invoice.hold == "decided" for invoice in posted) and all(
        invoice.hold == "decided" or invoice.payment_state not in ("not_paid", "blocked")
        for invoice in posted
    )


def invoice_words(invoice: InvoiceFact) -> str:
    """What the missing proof means for one invoice, as a sentence."""
    if invoice.state == "draft":
        return f"Invoice {invoice.name or 'in draft'} is a draft and is held once it is posted."
    if invoice.state != "posted":
        return f"Invoice {invoice.name} is cancelled."
    if invoice.hold == "placed":
        return f"Invoice {invoice.name} is held."
    if invoice.hold == "decided":
        return f"Finance has released invoice {invoice.name}."
    if invoice.hold == "bypassed":
        return f"The hold on invoice {invoice.name} was lifted in Odoo by hand."
    if invoice.payment_state in ("paid", "in_payment", "partial"):
        return f"Invoice {invoice.name} is already paid, so nothing can be held."
    if invoice.payment_state == "blocked":
        return f"Invoice {invoice.name} is blocked in Odoo."
    return f"Invoice {invoice.name} is held."


def _delivery_event(shipment: ShipmentFact) -> EventFact | None:
    events = [
        event
        for package in shipment.packages
        if (event := package.latest("delivered", "goods_received"))
    ]
    return max(events, key=lambda event: event.at, default=None)


def _late(shipment: ShipmentFact, now: datetime) -> tuple[str, str, str] | None:
    if shipment.over or shipment.promise_at is None or shipment.kind == "return":
        return None
    promised = local(shipment.promise_at, shipment.zone)
    if shipment.eta_at is not None and shipment.eta_at > shipment.promise_at:
        expected = local(shipment.eta_at, shipment.zone)
        return (
            f"Expected {expected[:-6]}, promised {promised[:-6]}",
            f"{shipment.carrier or 'The carrier'} now expects {expected}; we promised {promised}.",
            "eta_after_promise",
        )
    if shipment.dispatched_at is not None and shipment.promise_at < now:
        return (
            "Promise has passed, not delivered",
            f"We promised {promised} and it is still on its way.",
            "promise_passed",
        )
    return None


def _finding(
    kind: str,
    key: str,
    title: str,
    says: str,
    reason: str,
    shipment: ShipmentFact,
    package: PackageFact | None,
    event: EventFact | None,
) -> Finding:
    return Finding(
        kind=kind,
        dedupe=f"{kind}:{key}",
        title=title[:200],
        says=says,
        reason=reason[:60],
        shipment_id=shipment.id,
        package_id=package.id if package else None,
        evidence=_evidence(event),
    )


def _evidence(event: EventFact | None) -> tuple[Evidence, ...]:
    if event is None:
        return ()
    says = f"{event.source} {event.source_code}".strip()
    found = [Evidence("event", event.ref, says, event.at)]
    if event.message_ref:
        found.append(
            Evidence("message", event.message_ref, f"Raw message from {event.source}", event.at)
        )
    return tuple(found)


def cleared(kind: str, bundle: Bundle, shipment_id: int | None) -> str:
    """Why a case of this kind is over, as a sentence (R169)."""
    shipment = next((row for row in bundle.shipments if row.id == shipment_id), None)
    if shipment is None:
        return "The condition no longer holds."
    if kind == "missing_proof":
        if shipment.has_proof:
            return "Proof of delivery arrived."
        if shipment.misses_proof:
            return "Finance accepted other evidence."
    if shipment.delivered:
        assert shipment.delivered_at is not None
        return f"Delivered on {local(shipment.delivered_at, shipment.zone)}."
    if shipment.execution == "cancelled":
        return "The shipment was cancelled."
    if kind == "shipment_delayed":
        return "It is expected in time again."
    if kind == "impossible_sequence":
        return "The events make sense now."
    return f"It moves on: {shipment.execution.replace('_', ' ')}."
