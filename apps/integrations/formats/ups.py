"""What UPS's answers and its pushes have in common: codes, times and when two scans are one.

Source: FORMATS 1. Track (poll) and Track Alert (push) tell the same scans in two shapes.
"""

from datetime import UTC, date, datetime
from typing import Final

from apps.integrations.formats.codes import Codes, Mapped
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import Reading, locate, parse_digits, parse_offset, to_utc

CARRIER: Final = "ups"
TABLES: Final = ("ups_track", "ups_track_status")


def scan_code(kind: str, code: str) -> str:
    """ "I:OT": the type is part of the code because codes repeat between types."""
    return f"{kind}:{code}".upper() if kind else ""


def status_code(number: str) -> str:
    """The three-digit status, "21" being "021"."""
    return number.zfill(3) if number else ""


def look_up(codes: Codes, scan: str, status: str) -> Mapped:
    """Type and code, then the three-digit status, then the type alone."""
    kind = scan.partition(":")[0]
    return codes.resolve(
        ("ups_track", scan), ("ups_track_status", status), ("ups_track", f"{kind}:*")
    )


def identity(carrier: str, number: str, scan: str, status: str, when: Reading, where: str) -> str:
    """The identity of a scan, the same in a push and in an answer (R30).

    FORMATS 0.4 would have the place and the status take part. Track Alert often leaves them blank where Track
    has them, so one scan would be two events; and one package has one scan of a code in one second. Where only the
    day is known that does not hold: two depots may depart it on one day, and the place takes part.
    """
    spot = where if when.basis == "date_only" else ""
    return fingerprint("ups", carrier, number, scan or status, when.at, spot)


def content() -> str:
    """Nothing of what UPS says beside the identity is written alike in a push and in an answer:
    the wording of a description is no conflict.
    """
    return content_digest("ups")


def moment(
    gmt: tuple[str, str], local: tuple[str, str], offset: str, default_zone: str | None
) -> Reading | None:
    """When it was: GMT fields; else local time with its offset; else local time in the default
    zone; else the day of the GMT fields. Each pair is a day YYYYMMDD and a time of day.
    """
    utc = parse_digits(*gmt)
    if isinstance(utc, datetime):
        return locate(utc.replace(tzinfo=UTC), None, None)
    here, distance = parse_digits(*local), parse_offset(offset)
    if here is None:
        return locate(utc, None, "UTC")
    if distance is None:
        return locate(here, None, default_zone)
    if isinstance(here, datetime):
        return locate(here.replace(tzinfo=distance), None, None)
    midnight = to_utc(datetime(here.year, here.month, here.day, tzinfo=distance))
    return Reading(midnight, "date_only") if midnight else None


def day(text: str) -> str | None:
    """YYYYMMDD as YYYY-MM-DD, or None."""
    found: date | None = parse_digits(text, "")
    return found.isoformat() if found else None
