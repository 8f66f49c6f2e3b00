"""USPS Tracking 3: one number and its events, newest first. Source: FORMATS 4."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Source
from apps.integrations.formats.codes import Codes, Mapped
from apps.integrations.formats.fields import (
    CODE_LENGTH,
    DESCRIPTION_LENGTH,
    NUMBER_LENGTH,
    PLACE_LENGTH,
    country,
    listed,
    place,
    plain,
    required_list,
    required_text,
    short,
    text,
)
from apps.integrations.formats.history import Harvest, add_promise, promised
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import (
    Reading,
    is_suspect,
    locate,
    parse_iso,
    parse_offset,
)

CARRIER: Final = "usps"


def check(raw: bytes) -> Checked:
    """Strict JSON with a trackingNumber; events may be absent, which is a number without scans."""
    document = strict_json.loads(raw)
    required_text(document, "trackingNumber", "/trackingNumber")
    if document.get("trackingEvents") is not None:
        required_list(document["trackingEvents"], "/trackingEvents")
    return Checked(document, None)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each entry, oldest first. Raises Refused for what check refuses.

    The status category of the whole answer speaks for the newest event only, and only where that
    one has no code.
    """
    document = check(raw).document
    entries = listed(document.get("trackingEvents"))
    latest = _latest(entries, source.timezone)
    read = partial(_event, document, latest, codes, source, received_at)
    harvest = Harvest()
    events = harvest.history(entries, read, newest_first=True)
    add_promise(events, _eta(document))
    return ParseResult(events, harvest.skipped)


def _latest(entries: list[Any], zone: str | None) -> Mapping[str, Any] | None:
    """The newest entry; of equal times the first, as the source lists them."""
    timed = [
        (when.at, -index)
        for index, entry in enumerate(entries)
        if isinstance(entry, dict) and (when := _when(entry, zone))
    ]
    return entries[-max(timed)[1]] if timed else None


def _when(entry: Mapping[str, Any], zone: str | None) -> Reading | None:
    """GMTTimestamp; else the local time with GMTOffset; else the local time in the default zone."""
    gmt = parse_iso(text(entry.get("GMTTimestamp")))
    if isinstance(gmt, datetime):
        return locate(gmt if gmt.tzinfo else gmt.replace(tzinfo=UTC), None, None)
    local = parse_iso(text(entry.get("eventTimestamp")))
    offset = parse_offset(text(entry.get("GMTOffset")))
    if isinstance(local, datetime) and local.tzinfo is None and offset is not None:
        return locate(local.replace(tzinfo=offset), None, None)
    return locate(local, None, zone)


def _event(
    document: Mapping[str, Any],
    latest: Mapping[str, Any] | None,
    codes: Codes,
    source: Source,
    received_at: datetime,
    entry: Mapping[str, Any],
) -> ParsedEvent | str:
    """The event of one entry, or why there is none."""
    when = _when(entry, source.timezone)
    if when is None:
        return "no usable time"
    number, code = text(document.get("trackingNumber")), text(entry.get("eventCode"))
    category = text(document.get("statusCategory")) if entry is latest and not code else ""
    mapped = _look_up(codes, code, category)
    said = plain(entry.get("eventType"), DESCRIPTION_LENGTH)
    where = place(
        *(entry.get(name) for name in ("eventCity", "eventState", "eventZIP", "eventCountry"))
    )
    carrier = source.carrier or CARRIER
    suspect = mapped.milestone != "eta_updated" and is_suspect(when.at, received_at)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if suspect else (),
        # Without the category: it goes over to the next scan, and the same scan must stay the same.
        identity=fingerprint("usps_tracking", carrier, number, code or said, when.at, where),
        content=content_digest(said),
        source_code=short(code or category, CODE_LENGTH),
        location=short(plain(where, PLACE_LENGTH), PLACE_LENGTH),
        country=country(entry.get("eventCountry")),
        description=said,
        carrier=carrier,
        generation_hint=short(text(document.get("uniqueMailPieceID")), NUMBER_LENGTH) or None,
    )


def _look_up(codes: Codes, code: str, category: str) -> Mapped:
    """By event code; a code that is not listed stays unmapped."""
    if code:
        return codes.resolve(("usps_tracking", code))
    return codes.resolve(("usps_status_category", category))


def _eta(document: Mapping[str, Any]) -> str | None:
    stamps = ("expectedDeliveryTimeStamp", "expectedDeliveryDate")
    return next(filter(None, (promised(text(document.get(name))) for name in stamps)), None)
