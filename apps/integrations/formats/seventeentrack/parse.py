"""17TRACK: a snapshot of a tracking, with the events of every carrier that had it.

Source: FORMATS 16 [memory]; the number in `data.number` too.
"""

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
    mapping,
    missing,
    place,
    plain,
    required_text,
    short,
    text,
)
from apps.integrations.formats.history import Harvest, must_be_few
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import Reading, is_suspect, locate, parse_iso

_UPDATED: Final = "TRACKING_UPDATED"
_TABLE: Final = "seventeentrack"
# A stage names the step, the table lists it under the status it belongs to.
_OF_STATUS: Final = {
    "pickedup": "InTransit", "departure": "InTransit", "arrival": "InTransit",
    "returning": "Exception", "returned": "Exception",
}  # fmt: skip


def check(raw: bytes) -> Checked:
    """Strict JSON with an event and, for updates, data with its number and track_info.

    Other events (a tracking was stopped) are to be acknowledged and not used; there is no id.
    """
    document = strict_json.loads(raw)
    if required_text(document, "event", "/event") != _UPDATED:
        return Checked(document, None, "seventeentrack: not a tracking event")
    data = document.get("data")
    if not isinstance(data, dict):
        raise missing("/data", "an object")
    required_text(data, "number", "/data/number")
    if not isinstance(data.get("track_info"), dict):
        raise missing("/data/track_info", "an object")
    must_be_few(
        sum(1 + len(listed(one.get("events"))) for one in _providers(data)), "/data/track_info"
    )
    return Checked(document, None)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each entry of every carrier, oldest first. Raises Refused as check does."""
    checked = check(raw)
    if checked.ignored:
        return ParseResult([], [], checked.ignored)
    data = checked.document["data"]
    harvest = Harvest()
    entries = [entry for one in _providers(data) for entry in listed(one.get("events"))]
    read = partial(_event, text(data.get("number")), codes, source, received_at)
    return ParseResult(harvest.history(entries, read, newest_first=True), harvest.skipped)


def _providers(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tracking = mapping(mapping(data.get("track_info")).get("tracking"))
    return [mapping(one) for one in listed(tracking.get("providers"))]


def _when(entry: Mapping[str, Any], zone: str | None) -> Reading | None:
    """time_utc is UTC, with its Z or without; else time_iso with its offset or in the zone."""
    utc = parse_iso(text(entry.get("time_utc")))
    if isinstance(utc, datetime):
        return locate(utc if utc.tzinfo else utc.replace(tzinfo=UTC), None, None)
    return locate(parse_iso(text(entry.get("time_iso"))), None, zone)


def _event(
    number: str, codes: Codes, source: Source, received_at: datetime, entry: Mapping[str, Any]
) -> ParsedEvent | str:
    """The event of one entry, or why there is none."""
    when = _when(entry, source.timezone)
    if when is None:
        return "no usable time"
    stage, fine = text(entry.get("stage")), text(entry.get("sub_status"))
    mapped = _look_up(codes, fine, stage)
    spot = mapping(entry.get("address"))
    where = text(entry.get("location")) or place(
        *(spot.get(name) for name in ("city", "state", "postal_code", "country"))
    )
    said = text(entry.get("description"))
    source_code = fine or stage
    suspect = mapped.milestone != "eta_updated" and is_suspect(when.at, received_at)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if suspect else (),
        # Two carriers of one journey may scan without any code: their words keep them apart.
        identity=fingerprint(_TABLE, source.carrier, number, source_code or said, when.at, where),
        content=content_digest(source_code),
        source_code=short(source_code, CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(spot.get("country")),
        description=plain(said, DESCRIPTION_LENGTH),
        carrier=short(source.carrier, NUMBER_LENGTH) if source.carrier else None,
    )


def _look_up(codes: Codes, fine: str, stage: str) -> Mapped:
    """By sub-status; else by the stage as it stands, or as the table lists a stage."""
    status = _OF_STATUS.get(stage.casefold())
    named = f"{status}_{stage}" if status else f"{stage}_Other"
    return codes.resolve((_TABLE, fine), (_TABLE, stage), (_TABLE, named))
