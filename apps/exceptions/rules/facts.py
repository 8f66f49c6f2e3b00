"""What the detectors look at: plain values of one order, its shipments, packages and invoices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DELIVERED = frozenset({"delivered", "goods_received", "pod_received"})
_OVER = _DELIVERED | {"cancelled", "returned", "returned_to_sender"}


@dataclass(frozen=True, slots=True)
class EventFact:
    """One live event that may be evidence."""

    ref: str
    message_ref: str
    milestone: str
    reason: str
    at: datetime
    source: str
    source_code: str


@dataclass(frozen=True, slots=True)
class PackageFact:
    """One package: the fold's state, and the events of interest in order of time."""

    id: int
    ref: str
    number: str
    carrier: str
    milestone: str
    reason: str
    anomalies: tuple[str, ...] = ()
    events: tuple[EventFact, ...] = ()

    def latest(self, *milestones: str) -> EventFact | None:
        """The newest event of one of these milestones."""
        return next(
            (event for event in reversed(self.events) if event.milestone in milestones), None
        )


@dataclass(frozen=True, slots=True)
class ShipmentFact:
    """One shipment as derived one floor below. Times are aware; `zone` is the delivery address's."""

    id: int
    ref: str
    reference: str
    kind: str
    execution: str
    carrier: str
    zone: str = ""
    delivered_at: datetime | None = None
    dispatched_at: datetime | None = None
    has_proof: bool = False
    promise_at: datetime | None = None
    eta_at: datetime | None = None
    packages: tuple[PackageFact, ...] = ()
    quality: tuple[str, ...] = ()  # what Odoo's Quality has open against its transfer (R8)

    @property
    def delivered(self) -> bool:
        """All of it has arrived."""
        return self.execution in _DELIVERED and self.delivered_at is not None

    @property
    def over(self) -> bool:
        """Nothing more is expected to move."""
        return self.execution in _OVER

    @property
    def misses_proof(self) -> bool:
        """Delivered to a customer without valid proof (DESIGN, "Valid proof of delivery")."""
        return self.kind in ("outgoing", "dropship") and self.delivered and not self.has_proof


@dataclass(frozen=True, slots=True)
class InvoiceFact:
    """One customer invoice of the order, and what became of our hold on it.

    hold: "" never held, placed, decided (released by a person), released (by the facts), bypassed, moot.
    """

    id: int
    ref: str
    name: str
    state: str
    payment_state: str
    hold: str = ""
    hold_applied: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything the detectors weigh together: an order with all its goods, or one shipment without an order."""

    order_id: int | None
    order_ref: str
    order_name: str
    shipments: tuple[ShipmentFact, ...]
    invoices: tuple[InvoiceFact, ...] = ()


def local(at: datetime, zone: str) -> str:
    """A time for a sentence, on the clock of the delivery address: "21 Nov 14:02" (UTC when unknown)."""
    try:
        there = at.astimezone(ZoneInfo(zone)) if zone else at.astimezone(UTC)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        there = at.astimezone(UTC)
    return f"{there.day} {there:%b %H:%M}"
