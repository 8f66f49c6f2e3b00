"""What a customer's story stands on: plain values, read once (queries.py), judged by the rules."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EventFacts:
    """One live event. `date_only`: its source knew the day and no hour."""

    milestone: str
    at: datetime
    reason: str = ""
    place: str = ""
    eta: str = ""
    date_only: bool = False


@dataclass(frozen=True, slots=True)
class ProofFacts:
    """What a carrier told of a proof of delivery. `received_by` is a full name: it never leaves the rules."""

    received_by: str = ""
    signed: bool = False
    document: bool = False


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """One package of the order, or the implicit one of a shipment without numbers.

    `status` is an execution status or a milestone; `eta` a date "YYYY-MM-DD" or an instant, as the source gave
    it; `zone` and `country` are the delivery address's. `items` are (name, quantity) when only this parcel holds them.
    """

    ref: str
    status: str
    number: str = ""
    carrier: str = ""
    carrier_slug: str = ""
    reason: str = ""
    eta: str = ""
    promise_at: datetime | None = None
    late: bool = False
    zone: str = "UTC"
    country: str = ""
    dispatched_at: datetime | None = None
    delivered_at: datetime | None = None
    proof: ProofFacts | None = None
    events: tuple[EventFacts, ...] = ()
    items: tuple[tuple[str, str], ...] = ()
    returning: bool = False


@dataclass(frozen=True, slots=True)
class Redelivery:
    """A new delivery somebody asked the carrier for: the day "YYYY-MM-DD" and hours "HH:MM", each may be empty."""

    at: datetime
    day: str = ""
    begins: str = ""
    ends: str = ""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One order with its parcels. `watched`: empty, open (a case is in the queue) or taken (somebody has it)."""

    name: str
    company: str
    reference: str = ""
    zone: str = "UTC"
    ordered_at: datetime | None = None
    promise_at: datetime | None = None
    cancelled: bool = False
    parcels: tuple[ParcelFacts, ...] = ()
    items: tuple[tuple[str, str], ...] = ()
    redelivery: Redelivery | None = None
    watched: str = ""
    documents: int = 0
