"""What one parcel's facts mean at a moment: its words, how far it is, when it comes, whether that is late."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.portal.facts import EventFacts, ParcelFacts
from apps.shipments.milestones import MILESTONES
from apps.shipments.rules import Facts, customer_status, eta_instant
from apps.shipments.rules.fold import status_of
from apps.shipments.rules.rollup import TITLES, advance

HERE: Final = frozenset({"delivered", "goods_received"})
BACK: Final = frozenset({"returned_to_sender"})
CLOSED: Final = HERE | BACK | {"cancelled"}
NOT_SCANNED: Final = frozenset({"ready_to_ship", "dispatched"})
# Reasons of an attempt that say no more than that nobody opened.
NOBODY: Final = frozenset({"", "recipient_unavailable", "business_closed", "unclaimed"})
TROUBLE: Final = frozenset({"exception", "lost", "damaged"})
_HANDED_OVER_RANK: Final = 30


@dataclass(frozen=True, slots=True)
class Reading:
    """One parcel, read at `now`. Days and `now` are local to the delivery address."""

    parcel: ParcelFacts
    status: str
    family: str
    words: str
    step: int | None
    now: datetime
    eta_day: date | None
    eta_clock: str
    eta_at: datetime | None
    late: bool

    @property
    def today(self) -> date:
        return self.now.date()

    def local(self, at: datetime) -> datetime:
        """A moment at the delivery address."""
        return at.astimezone(self.now.tzinfo)

    @property
    def coming(self) -> bool:
        """Whether its expected time still lies ahead."""
        return self.eta_at is not None and self.eta_at >= self.now and self.status not in CLOSED


def read(parcel: ParcelFacts, now: datetime) -> Reading:
    """A parcel at a moment. Late: after its promise, or after the time its carrier named, and still not here."""
    status = _status(parcel)
    told = customer_status(Facts(execution=status))
    local_now = now.astimezone(zone_of(parcel.zone))
    ends = eta_instant(parcel.eta, zone=parcel.zone)
    day, clock = _eta(parcel.eta, ends, local_now)
    passed = any(at is not None and at < now for at in (parcel.promise_at, ends))
    late = status not in CLOSED and (parcel.late or passed or status == "delayed")
    return Reading(
        parcel, status, told.value, told.says, told.more["step"], local_now, day, clock, ends, late
    )


def lead_of(readings: list[Reading]) -> Reading:
    """The parcel the page speaks of first: one that needs its customer, one in trouble, else the next to come."""
    return min(readings, key=_urgency)


def last_event(parcel: ParcelFacts, *milestones: str) -> EventFacts | None:
    """The newest event of these milestones."""
    return max(
        (e for e in parcel.events if e.milestone in milestones), key=lambda e: e.at, default=None
    )


def scanned(parcel: ParcelFacts) -> bool:
    """Whether the carrier has had it in its hands."""
    return any(
        MILESTONES[e.milestone].rank >= _HANDED_OVER_RANK
        for e in parcel.events
        if e.milestone in MILESTONES
    )


def zone_of(name: str) -> ZoneInfo:
    """An IANA zone; one nobody knows is UTC."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _status(parcel: ParcelFacts) -> str:
    """An execution status with words of its own; what moves nothing leaves the order as it was received."""
    step = MILESTONES.get(parcel.status)
    status = status_of(step) if step is not None and step.moves_state else parcel.status
    if parcel.returning:
        return _RETURNING.get(status, "return_in_transit")
    return status if status in TITLES else "awaiting_stock"


# A return's own steps, said from the customer's side. Odoo's transfer is done when the goods are back.
_RETURNING: Final = {
    "dispatched": "returned_to_sender", "delivered": "returned_to_sender", "goods_received": "returned_to_sender",
    "returned_to_sender": "returned_to_sender", "cancelled": "cancelled",
}  # fmt: skip


def _urgency(reading: Reading) -> tuple[int, int]:
    if reading.status in ("delivery_attempted", "available_for_pickup"):
        return 0, 0
    if reading.status in TROUBLE:
        return 1, 0
    if reading.status in CLOSED:
        return 3 + ["delivered", "returning", "cancelled"].index(reading.family), 0
    return 2, -advance(reading.status)


def _eta(eta: str, ends: datetime | None, now: datetime) -> tuple[date | None, str]:
    """The local day an ETA names, and its hour; a day's first or last minute stands for the day alone."""
    if ends is None:
        return None, ""
    if len(eta) == 10:
        return date.fromisoformat(eta), ""
    local = ends.astimezone(now.tzinfo)
    clock = f"{local:%H:%M}"
    return local.date(), "" if clock in ("00:00", "23:59") else clock
