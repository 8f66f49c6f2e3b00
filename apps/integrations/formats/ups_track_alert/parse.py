"""UPS Track Alert: a flat object with one activity. Source of the fields: FORMATS 1."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from apps.integrations.formats import strict_json, ups
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Refused, Source
from apps.integrations.formats.codes import Codes
from apps.integrations.formats.fields import (
    CODE_LENGTH,
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
from apps.integrations.formats.times import Reading, is_suspect

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
    mapped = ups.look_up(codes, scan_code, status_code)
    spot = mapping(document.get("activityLocation"))
    where = place(*(spot.get(name) for name in ("city", "stateProvince", "postalCode", "country")))
    source_code = "/".join(filter(None, (scan_code, status_code)))
    description = text(status.get("description"))
    carrier = source.carrier or ups.CARRIER
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
        identity=ups.identity(carrier, number, scan_code, status_code, when, where),
        content=ups.content(),
        source_code=short(source_code, CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(spot.get("country")),
        description=short(description, DESCRIPTION_LENGTH),
        carrier=carrier,
    )
    return ParseResult([event], [])


def _no_time() -> Refused:
    return missing("/gmtActivityDate", "a date YYYYMMDD, or localActivityDate one")


def _codes(status: Mapping[str, Any]) -> tuple[str, str]:
    """("I:OT", "021")."""
    return (
        ups.scan_code(text(status.get("type")), text(status.get("code"))),
        ups.status_code(text(status.get("descriptionCode"))),
    )


def _when(document: Mapping[str, Any], default_zone: str | None) -> Reading | None:
    """GMT fields; else local time with its offset; else local time in the default zone."""
    return ups.moment(
        (text(document.get("gmtActivityDate")), text(document.get("gmtActivityTime"))),
        (text(document.get("localActivityDate")), text(document.get("localActivityTime"))),
        text(document.get("gmtOffset")),
        default_zone,
    )


def _eta(document: Mapping[str, Any]) -> str | None:
    return ups.day(text(document.get("scheduledDeliveryDate")))


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
