"""Dates, times and zone codes of X12 elements. Source: FORMATS 10; element 623."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

from apps.integrations.formats.times import Reading, iso_z, locate, zone

_PLACES: Final = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "AT": "America/Anchorage",
    "HT": "Pacific/Honolulu",
    "NT": "America/St_Johns",
    "TT": "America/Halifax",
}
_FIXED_H: Final = {
    "UT": 0, "GM": 0,
    "ES": -5, "CS": -6, "MS": -7, "PS": -8, "AS": -9, "HS": -10, "TS": -4, "NS": -3.5,
    "ED": -4, "CD": -5, "MD": -6, "PD": -7, "AD": -8, "HD": -9, "TD": -3, "ND": -2.5,
}  # fmt: skip
_CLOCK: Final = re.compile(r"[0-9]{4}|[0-9]{6,8}")
_DAY: Final = re.compile(r"[0-9]{8}")


def zone_of(code: str) -> tzinfo | None:
    """The zone of an element 623; None for local time (LT), for nothing and for what is unknown.

    Standard and daylight codes are fixed offsets, "time" codes have their place's summer time.
    01 to 12 are hours east of UTC, 13 to 24 are UTC-12 to UTC-1.
    """
    code = code.upper()
    if code in _PLACES:
        return zone(_PLACES[code])
    if code in _FIXED_H:
        hours = _FIXED_H[code]
        return timezone(timedelta(hours=hours)) if hours else UTC
    if re.fullmatch(r"[0-9]{2}", code) and 1 <= int(code) <= 24:
        east = int(code) if int(code) <= 12 else int(code) - 25
        return timezone(timedelta(hours=east))
    return None


def moment(day: str, clock: str) -> datetime | date | None:
    """CCYYMMDD with HHMM, HHMMSS or longer (tenths, hundredths); no clock gives the date."""
    if not _DAY.fullmatch(day) or (clock and not _CLOCK.fullmatch(clock)):
        return None
    try:
        on = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        if not clock:
            return on
        micros = int(clock[6:].ljust(6, "0")) if len(clock) > 6 else 0
        at = time(int(clock[:2]), int(clock[2:4]), int(clock[4:6] or 0), micros)
    except ValueError:
        return None
    return datetime.combine(on, at)


def located(day: str, clock: str, code: str, default_zone: str | None) -> Reading | None:
    """The instant of a date, a time and a zone code; None when they are no time."""
    found = moment(day, clock)
    place = zone_of(code)
    if found is None or place is None:
        return locate(found, None, default_zone)
    if not isinstance(found, datetime):
        midnight = locate(datetime.combine(found, time(), place), None, None)
        return Reading(midnight.at, "date_only") if midnight else None
    return locate(found.replace(tzinfo=place), None, None)


def promised(day: str, clock: str, code: str, default_zone: str | None) -> str | None:
    """The same as an ETA: an instant, or the date when no time is given."""
    found = moment(day, clock)
    if found is None:
        return None
    if not isinstance(found, datetime):
        return found.isoformat()
    reading = located(day, clock, code, default_zone)
    return None if reading is None else iso_z(reading.at)
