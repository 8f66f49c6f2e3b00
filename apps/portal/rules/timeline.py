"""What happened, by local day, newest first, in the customer's words."""

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from apps.portal.facts import EventFacts, OrderFacts, ParcelFacts
from apps.portal.rules.reading import NOBODY, Reading, scanned
from apps.portal.shapes import Day, Scan
from apps.portal.wording import HAPPENED, NEW_DAY, day_words, heading, place_words, say, when_words
from apps.shipments.milestones import MILESTONES

MOST: Final = 60  # a page must stay below 100 kB on the way
_RISK: Final = frozenset({"delayed", "exception", "lost", "delivery_attempted", "damaged"})
_ROAD_RANK: Final = 30  # before that a place is a warehouse of ours and tells a customer nothing


def timeline(
    facts: OrderFacts, readings: list[Reading], labels: dict[str, str], lead: Reading
) -> list[Scan]:
    """Everything a customer may know, newest first; the same words at the same minute are said once."""
    found: dict[tuple[datetime, str, str], Scan] = {}
    if facts.ordered_at:
        scan = scan_of(EventFacts("order_received", facts.ordered_at), lead, "")
        if scan:
            found[(scan.at, scan.words, "")] = scan
    for reading in readings:
        for event in _events(reading.parcel):
            scan = scan_of(event, reading, labels.get(reading.parcel.ref, ""))
            if scan:
                found.setdefault(
                    (scan.at.replace(second=0, microsecond=0), scan.words, scan.parcel), scan
                )
    return sorted(found.values(), key=lambda scan: scan.at, reverse=True)[:MOST]


def by_day(scans: list[Scan], today: date, parcels: int) -> tuple[Day, ...]:
    """The scans under the day they happened on; what several parcels did in one minute is said once."""
    days: dict[date, list[Scan]] = {}
    for scan in _together(scans, parcels):
        days.setdefault(scan.at.date(), []).append(scan)
    return tuple(Day(heading(day, today), day, tuple(rows)) for day, rows in days.items())


def _together(scans: list[Scan], parcels: int) -> list[Scan]:
    """Scans alike but for their parcel as one; where it was all of them, none is named."""
    alike: dict[tuple[datetime, str], list[Scan]] = {}
    for scan in scans:
        alike.setdefault((scan.at.replace(second=0, microsecond=0), scan.words), []).append(scan)
    return [
        replace(
            group[0],
            parcel="" if len(group) >= parcels else ", ".join(sorted(s.parcel for s in group)),
        )
        for group in alike.values()
    ]


def scan_of(event: EventFacts, reading: Reading, label: str) -> Scan | None:
    """One event in the customer's words, or None when it tells a customer nothing."""
    step = MILESTONES.get(event.milestone)
    at = reading.local(event.at)
    if event.milestone == "eta_updated":
        words, place = _new_day(event, reading), ""
    else:
        road = step is not None and step.rank >= _ROAD_RANK
        place = place_words(event.place, reading.parcel.country) if road else ""
        words = _happened(event, place, reading.parcel)
    if not words:
        return None
    return Scan(
        words=words,
        place=place,
        at=at,
        clock="" if event.date_only else f"{at:%H:%M}",
        when=when_words(at, reading.today, date_only=event.date_only),
        tone="risk"
        if event.milestone in _RISK
        else "done"
        if step and step.portal_step == 5
        else "",
        parcel=label,
    )


def _events(parcel: ParcelFacts) -> list[EventFacts]:
    """The carrier's events, and our own word of the departure until the carrier has said it."""
    events = list(parcel.events)
    if parcel.dispatched_at and not parcel.returning and not scanned(parcel):
        events.append(EventFacts("dispatched", parcel.dispatched_at))
    return events


def _happened(event: EventFacts, place: str, parcel: ParcelFacts) -> str:
    if event.milestone not in HAPPENED:
        return ""
    if event.milestone == "delivery_attempted" and event.reason not in NOBODY:
        return say("not_delivered")
    with_place, without = HAPPENED[event.milestone]
    carrier = parcel.carrier or "the carrier"
    return (
        with_place.format(place=place, carrier=carrier)
        if place
        else without.format(carrier=carrier)
    )


def _new_day(event: EventFacts, reading: Reading) -> str:
    if len(event.eta) < 10:
        return ""
    try:
        named = datetime.fromisoformat(event.eta)
    except ValueError:
        return ""
    day = reading.local(named).date() if named.tzinfo else named.date()
    return NEW_DAY.format(day=day_words(day, reading.today))
