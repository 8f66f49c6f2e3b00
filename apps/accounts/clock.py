"""Working time on a team's calendar: pure arithmetic, no database and no clock of its own.

Working intervals are laid out on the team's local days and turned into instants; what lies between two
instants is real elapsed time. So a night shift over the change to summer time is an hour shorter, and a local
time that does not exist or occurs twice is read as in FORMATS.md 0.3 (the first one; the offset before the gap).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MIDNIGHT = time(0)
_HORIZON_DAYS = (
    3660  # ten years: a calendar without any working time must end in an error, not in a loop
)


class NoWorkingTime(ValueError):
    """The calendar has no working time within ten years."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a team works. `hours` maps ISO weekday (1 = Monday) to local (from, to); no hours: around the clock.

    A `to` of midnight means the end of that day. Intervals of one day neither touch nor overlap (`calendar`
    sees to that). Holidays are days off, also around the clock.
    """

    zone: ZoneInfo
    hours: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()


def calendar(
    timezone: str, hours: Mapping[str, Sequence[Sequence[str]]], holidays: Sequence[str]
) -> Calendar:
    """A calendar from a team's columns (`accounts.Team`): "24:00" ends a day, overlaps are joined.

    An unknown zone counts as UTC, because a clock that stands is worse than one an hour off.
    """
    try:
        zone = ZoneInfo(timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    days = {int(day): _joined(spans) for day, spans in hours.items()}
    return Calendar(zone, days, frozenset(date.fromisoformat(day) for day in holidays))


def add(on: Calendar, start: datetime, working: timedelta) -> datetime:
    """The instant `working` time after `start`. Negative or no time answers `start` itself.

    Raises NoWorkingTime when ten years of the calendar do not hold that much.
    """
    left = working
    if left <= timedelta(0):
        return start
    for begins, ends in _intervals(on, start):
        begins = max(begins, start)
        if ends <= begins:
            continue
        if ends - begins >= left:
            return begins + left
        left -= ends - begins
    raise NoWorkingTime(f"no {working} of working time after {start:%Y-%m-%d}")


def between(on: Calendar, start: datetime, end: datetime) -> timedelta:
    """Working time from `start` to `end`; negative when `end` lies before `start`."""
    if end < start:
        return -between(on, end, start)
    total = timedelta(0)
    for begins, ends in _intervals(on, start):
        if begins >= end:
            break
        total += max(timedelta(0), min(ends, end) - max(begins, start))
    return total


def minutes(span: timedelta) -> int:
    """Whole minutes of a span, towards zero."""
    return int(span.total_seconds() / 60)


def _intervals(on: Calendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    day = start.astimezone(on.zone).date() - timedelta(days=1)
    for _ in range(_HORIZON_DAYS):
        if day not in on.holidays:
            for begins, ends in (
                on.hours.get(day.isoweekday(), ()) if on.hours else ((_MIDNIGHT, _MIDNIGHT),)
            ):
                closing = day if ends != _MIDNIGHT else day + timedelta(days=1)
                yield _instant(day, begins, on.zone), _instant(closing, ends, on.zone)
        day += timedelta(days=1)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _joined(spans: Sequence[Sequence[str]]) -> tuple[tuple[time, time], ...]:
    parsed = sorted((_minute(begins), _minute(ends)) for begins, ends in spans)
    joined: list[tuple[int, int]] = []
    for begins, ends in parsed:
        if ends <= begins:
            continue
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ends, joined[-1][1]))
        else:
            joined.append((begins, ends))
    return tuple((_time(begins), _time(ends)) for begins, ends in joined)


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _time(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
