"""Dates and times of DTM segments. Source: FORMATS 13; element 2379."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

from apps.integrations.formats.times import Reading, iso_z, locate, parse_offset

_SHAPES: Final = {
    "101": re.compile(r"(?P<y>..)(?P<m>..)(?P<d>..)"),
    "102": re.compile(r"(?P<y>....)(?P<m>..)(?P<d>..)"),
    "201": re.compile(r"(?P<y>..)(?P<m>..)(?P<d>..)(?P<H>..)(?P<M>..)"),
    "203": re.compile(r"(?P<y>....)(?P<m>..)(?P<d>..)(?P<H>..)(?P<M>..)"),
    "204": re.compile(r"(?P<y>....)(?P<m>..)(?P<d>..)(?P<H>..)(?P<M>..)(?P<S>..)"),
    "205": re.compile(r"(?P<y>....)(?P<m>..)(?P<d>..)(?P<H>..)(?P<M>..)(?P<zone>[+-]\d{4})"),
    "303": re.compile(r"(?P<y>....)(?P<m>..)(?P<d>..)(?P<H>..)(?P<M>..)(?P<zone>.{1,6})"),
    "304": re.compile(r"(?P<y>....)(?P<m>..)(?P<d>..)(?P<H>..)(?P<M>..)(?P<S>..)(?P<zone>.{1,6})"),
}
_NAMED_H: Final = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2,
    "EET": 2, "EEST": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7,
}  # fmt: skip


def moment(value: str, form: str) -> datetime | date | None:
    """A DTM value in one of the formats above; aware only where it names a zone that is known."""
    shape = _SHAPES.get(form)
    match = shape.fullmatch(value) if shape else None
    if match is None:
        return None
    found = match.groupdict()
    place = _zone(found.pop("zone", None))
    if not all(part.isascii() and part.isdigit() for part in found.values()):
        return None
    year = int(found["y"]) + (2000 if len(found["y"]) == 2 else 0)
    try:
        on = date(year, int(found["m"]), int(found["d"]))
        if "H" not in found:
            return on
        at = time(int(found["H"]), int(found["M"]), int(found.get("S", "0")), tzinfo=place)
    except ValueError:
        return None
    return datetime.combine(on, at)


def _zone(name: str | None) -> tzinfo | None:
    """A zone by its usual letters or as an offset; None for what is unknown: then local time."""
    if not name:
        return None
    hours = _NAMED_H.get(name.strip().upper())
    if hours is not None:
        return timezone(timedelta(hours=hours)) if hours else UTC
    return parse_offset(name.strip())


def located(value: str, form: str, default_zone: str | None) -> Reading | None:
    """The instant of a DTM; None when it is no time."""
    return locate(moment(value, form), None, default_zone)


def promised(value: str, form: str, default_zone: str | None) -> str | None:
    """The same as an ETA: an instant, or the date when no time is given."""
    found = moment(value, form)
    if found is not None and not isinstance(found, datetime):
        return found.isoformat()
    reading = locate(found, None, default_zone)
    return iso_z(reading.at) if reading else None
