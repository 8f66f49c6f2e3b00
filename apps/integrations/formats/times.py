"""Times as sources write them, turned into UTC. Rules: FORMATS 0.3."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

SUSPECT_AFTER: Final = timedelta(hours=24)

_ISO: Final = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,](?P<fraction>[0-9]{1,12}))?"
    r" ?(?P<offset>[Zz]|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})?)?"
)
# What most sources write, and what datetime.fromisoformat reads alike in every Python.
_PLAIN: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{3}|\.[0-9]{6})?"
    r"(?:Z|[+-][01][0-9]:[0-5][0-9])?"
)
_OFFSET: Final = re.compile(r"([+-])([0-9]{1,2})(?:[:.]?([0-9]{2}))?")
_DAY: Final = re.compile(r"[0-9]{8}")
_CLOCK: Final = re.compile(r"[0-9]{0,6}|[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_LONGEST: Final = 64
# These names follow the machine the tower runs on, or stand for no place at all.
_NO_PLACES: Final = frozenset({"localtime", "posixrules", "Factory"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A time in UTC and how it was found: basis is None for a real instant, else as in
    ParsedEvent.time_basis.
    """

    at: datetime
    basis: str | None = None


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACES


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    # Names come from outside: only known ones reach ZoneInfo, which would open files by that name.
    return ZoneInfo(name) if name in _zone_names() else None


def zone(name: str | None) -> tzinfo | None:
    """The IANA zone of that name, or None when there is none."""
    if not name or len(name) > _LONGEST:
        return None
    return _zone(name.strip())


def to_utc(moment: datetime, place: tzinfo | None = None) -> datetime | None:
    """The instant in UTC, cut to milliseconds; a naive moment is read as local time in place (UTC
    when None).

    A local time that occurs twice takes the first one; one that does not exist takes the offset
    valid before the change (0.3.5). None when the instant lies outside the years 1 to 9999.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=place or UTC, fold=0)
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        return None
    over = utc.microsecond % 1000
    return utc.replace(microsecond=utc.microsecond - over) if over else utc


@lru_cache(maxsize=1024)
def parse_offset(text: str) -> timezone | None:
    """An offset from UTC: Z, +01:00, -0500, +01; also with a dot (-04.00) as UPS writes it. None
    if it is not one.
    """
    if text in {"Z", "z"}:
        return UTC
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 23 or minutes > 59:
        return None
    distance = timedelta(hours=hours, minutes=minutes)
    return timezone(-distance if match[1] == "-" else distance)


def parse_iso(text: str) -> datetime | date | None:
    """An ISO 8601 moment (aware or naive), a bare date, or None. Calendar form only; seconds may
    be left out.
    """
    if not 0 < len(text) <= _LONGEST:
        return None
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return _plain(text)
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["date"])
        if match["clock"] is None:
            return day
        # Not time.fromisoformat: newer Pythons take 24:00 there and lose the day.
        clock, fraction = match["clock"], match["fraction"]
        hour, minute, second = int(clock[:2]), int(clock[3:5]), int(clock[6:] or 0)
        micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
        moment = datetime.combine(day, time(hour, minute, second, micros))
    except ValueError:
        return None
    if match["offset"] is None:
        return moment
    offset = parse_offset(match["offset"])
    return None if offset is None else moment.replace(tzinfo=offset)


def _plain(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # the 30th of February, the 61st minute, an offset of a day and more
        return None


def parse_digits(day: str, clock: str) -> datetime | date | None:
    """YYYYMMDD with HHMMSS, HH:MM:SS or HH:MM, without a zone; leading zeros of HHMMSS may be
    missing.

    An empty clock gives the date; anything that is no calendar day or time of day gives None.
    """
    day, clock = day.strip(), clock.strip()
    if not _DAY.fullmatch(day) or not _CLOCK.fullmatch(clock):
        return None
    try:
        on = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        if not clock:
            return on
        digits = clock.replace(":", "").ljust(6, "0") if ":" in clock else clock.zfill(6)
        return datetime.combine(on, time(int(digits[:2]), int(digits[2:4]), int(digits[4:])))
    except ValueError:
        return None


def locate(
    moment: datetime | date | None, location_zone: str | None, default_zone: str | None
) -> Reading | None:
    """Put a parsed moment on the time line: rules 0.3.1 to 0.3.4.

    location_zone is the zone the record itself names, default_zone the one of the source's
    settings (UTC when it is not set). A zone that does not exist counts as not given. None when
    there is no usable time.
    """
    if moment is None:
        return None
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return _read(moment, None, None)
    here = zone(location_zone)
    if not isinstance(moment, datetime):
        return _read(datetime.combine(moment, time()), here or zone(default_zone), "date_only")
    if here is not None:
        return _read(moment, here, "location_zone")
    return _read(moment, zone(default_zone), "assumed_zone")


def _read(moment: datetime, place: tzinfo | None, basis: str | None) -> Reading | None:
    at = to_utc(moment, place)
    return None if at is None else Reading(at, basis)


def is_suspect(occurred_at: datetime, received_at: datetime) -> bool:
    """More than 24 h after it was received: kept, but flagged (0.3.7)."""
    return occurred_at - received_at > SUSPECT_AFTER


def iso_z(moment: datetime) -> str:
    """An aware time as ISO 8601 in UTC with Z; milliseconds only when they are not zero."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    written = utc.isoformat(timespec="milliseconds" if utc.microsecond >= 1000 else "seconds")
    return written[:-6] + "Z"
