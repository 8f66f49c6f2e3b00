"""UPS Track Alert: a flat object with one activity. Source of the fields: FORMATS 1."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Refused, Source
from apps.integrations.formats.codes import Codes, Mapped
from apps.integrations.formats.fields import (
    DESCRIPTION_LENGTH,
    PLACE_LENGTH,
    country,
    mapping,
    missing,
    place,
    required_text,
    short,
    text,
)
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import (
    Reading,
    is_suspect,
    locate,
    parse_digits,
    parse_offset,
    to_utc,
)

CARRIER: Final = "ups"
_ETA_CODES: Final = frozenset({"U:UP", "U:UT"})
_PROOF_CODE: Final = "U:PX"


def check(raw: bytes) -> Checked:
    """Strict JSON with a tracking number, a status and a usable time; UPS gives a message no id.

    An unusable time refuses the message, because its one activity would be skipped (FORMATS 0.3.6).
    """
    document = strict_json.loads(raw)
    required_text(document, "trackingNumber", "/trackingNumber")
    status = document.get("activityStatus")
    if not isinstance(status, dict):
        raise missing("/activityStatus", "an object")
    if not text(status.get("type")) and not text(status.get("descriptionCode")):
        raise missing("/activityStatus/type", "a text")
    if _when(document, None) is None:
        raise _no_time()
    return Checked(document, None)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """The one event of a Track Alert. Raises Refused for what check refuses."""
    document = check(raw).document
    when = _when(document, source.timezone)
    if when is None:
        raise _no_time()
    status = mapping(document.get("activityStatus"))
    number = text(document.get("trackingNumber"))
    scan_code, status_code = _codes(status)
    mapped = _look_up(codes, scan_code, status_code)
    spot = mapping(document.get("activityLocation"))
    where = place(*(spot.get(name) for name in ("city", "stateProvince", "postalCode", "country")))
    source_code = "/".join(filter(None, (scan_code, status_code)))
    description = text(status.get("description"))
    carrier = source.carrier or CARRIER
    event = ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        pod=_proof(document, scan_code),
        eta=_eta(document) if scan_code in _ETA_CODES else None,
        identity=fingerprint("ups_track_alert", carrier, number, source_code, when.at, where),
        content=content_digest(description),
        source_code=short(source_code, PLACE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(spot.get("country")),
        description=short(description, DESCRIPTION_LENGTH),
        carrier=carrier,
    )
    return ParseResult([event], [])


def _no_time() -> Refused:
    return missing("/gmtActivityDate", "a date YYYYMMDD, or localActivityDate one")


def _codes(status: Mapping[str, Any]) -> tuple[str, str]:
    """("I:OT", "021"): the type is part of the scan code because codes repeat between types."""
    kind, code = text(status.get("type")).upper(), text(status.get("code")).upper()
    number = text(status.get("descriptionCode"))
    return (f"{kind}:{code}" if kind else ""), (number.zfill(3) if number else "")


def _look_up(codes: Codes, scan_code: str, status_code: str) -> Mapped:
    """Type and code, then the three-digit status, then the type alone."""
    kind = scan_code.partition(":")[0]
    return codes.resolve(
        ("ups_track", scan_code), ("ups_track_status", status_code), ("ups_track", f"{kind}:*")
    )


def _when(document: Mapping[str, Any], default_zone: str | None) -> Reading | None:
    """GMT fields; else local time with its offset; else local time in the default zone."""
    gmt = _digits(document, "gmtActivityDate", "gmtActivityTime")
    if isinstance(gmt, datetime):
        return locate(gmt.replace(tzinfo=UTC), None, None)
    local = _digits(document, "localActivityDate", "localActivityTime")
    offset = parse_offset(text(document.get("gmtOffset")))
    if offset is not None and local is not None:
        if isinstance(local, datetime):
            return locate(local.replace(tzinfo=offset), None, None)
        midnight = to_utc(datetime(local.year, local.month, local.day, tzinfo=offset))
        return Reading(midnight, "date_only") if midnight else None
    if local is not None:
        return locate(local, None, default_zone)
    return locate(gmt, None, "UTC")


def _digits(document: Mapping[str, Any], day: str, clock: str) -> datetime | date | None:
    return parse_digits(text(document.get(day)), text(document.get(clock)))


def _eta(document: Mapping[str, Any]) -> str | None:
    day = parse_digits(text(document.get("scheduledDeliveryDate")), "")
    return day.isoformat() if day else None


def _proof(document: Mapping[str, Any], scan_code: str) -> dict[str, Any] | None:
    """Who took it, and whether UPS has a photo; the photo itself stays in the stored message only.

    A Track Alert carries no signature, so has_signature is never true.
    """
    received_by = text(document.get("receivedBy"))
    photo = scan_code == _PROOF_CODE or bool(text(document.get("deliveryPhoto")))
    if not received_by and not photo:
        return None
    return {
        "received_by": short(received_by, PLACE_LENGTH) or None,
        "signed_at": None,
        "has_signature": False,
        "document_available": photo,
        "document_url": None,
    }
