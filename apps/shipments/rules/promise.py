"""What was promised, and when a date means too late."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

RULE: Final = "promise.1"


@dataclass(frozen=True, slots=True)
class Promise:
    """The promised instant (UTC) and what it comes from: commitment, deadline or none."""

    at: datetime | None = None
    basis: str = "none"


def promise(
    commitment: datetime | date | None, deadline: datetime | date | None, *, zone: str = ""
) -> Promise:
    """The order's commitment date, else the picking's deadline.

    A date alone means the end of that day in `zone`, the delivery address's (the company's if
    unknown). Rule: DESIGN, "Promise".
    """
    for given, basis in ((commitment, "commitment"), (deadline, "deadline")):
        if given is not None:
            return Promise(given if isinstance(given, datetime) else end_of_day(given, zone), basis)
    return Promise()


def eta_instant(eta: str, *, zone: str = "") -> datetime | None:
    """The instant an ETA means: itself, or the end of its day in the delivery zone. None for no ETA."""
    if not eta:
        return None
    try:
        if len(eta) == 10:
            return end_of_day(date.fromisoformat(eta), zone)
        at = datetime.fromisoformat(eta)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def end_of_day(day: date, zone: str = "") -> datetime:
    """The last second of a day in an IANA zone, as UTC; an unknown zone is UTC."""
    try:
        place = ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        place = UTC
    return datetime.combine(day, time(23, 59, 59), place).astimezone(UTC)
