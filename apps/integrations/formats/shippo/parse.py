"""Shippo tracking: every message is a snapshot with its history. Source: FORMATS 7."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Source
from apps.integrations.formats.codes import Codes
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
    required_list,
    required_text,
    short,
    text,
)
from apps.integrations.formats.history import Harvest, add_promise, promised
from apps.integrations.formats.identity import content_digest, fingerprint, own_id
from apps.integrations.formats.times import Reading, is_suspect, iso_z, locate, parse_iso

_EVENT: Final = "track_updated"


def check(raw: bytes) -> Checked:
    """Strict JSON with an event and, for tracking, data with its number; Shippo gives no id.

    Other events (transaction_*) are to be acknowledged and not used. Without a history the one
    status needs a usable time.
    """
    document = strict_json.loads(raw)
    kind = required_text(document, "event", "/event")
    if kind != _EVENT:
        return Checked(document, None, "shippo: not a tracking event")
    data = document.get("data")
    if not isinstance(data, dict):
        raise missing("/data", "an object")
    required_text(data, "tracking_number", "/data/tracking_number")
    history = data.get("tracking_history")
    if history is not None:
        required_list(history, "/data/tracking_history")
    status = data.get("tracking_status")
    if not history and isinstance(status, dict) and _when(status, None) is None:
        raise missing(
            "/data/tracking_status/status_date", "a time: there is no other in the message"
        )
    return Checked(document, None)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each entry of the history, oldest first; with an empty one that of the status.

    Raises Refused for what check refuses.
    """
    checked = check(raw)
    if checked.ignored:
        return ParseResult([], [], checked.ignored)
    data = checked.document["data"]
    entries = listed(data.get("tracking_history")) or listed(data.get("tracking_status"))
    harvest = Harvest()
    read = partial(_event, data, codes, source, received_at)
    events = harvest.history(entries, read, newest_first=False)
    add_promise(events, promised(text(data.get("eta"))), _told_at(data))
    return ParseResult(events, harvest.skipped)


def _when(entry: Mapping[str, Any], zone: str | None) -> Reading | None:
    return locate(parse_iso(text(entry.get("status_date"))), None, zone)


def _told_at(data: Mapping[str, Any]) -> datetime | None:
    """When the status was last written: the nearest there is to a time of the message."""
    status = mapping(data.get("tracking_status"))
    times = (text(status.get(name)) for name in ("object_updated", "object_created"))
    read = (locate(parse_iso(value), None, None) for value in times)
    found = next(filter(None, read), None)
    return found.at if found else None


def _event(
    data: Mapping[str, Any],
    codes: Codes,
    source: Source,
    received_at: datetime,
    entry: Mapping[str, Any],
) -> ParsedEvent | str:
    """The event of one entry, or why there is none."""
    when = _when(entry, source.timezone)
    if when is None:
        return "no usable time"
    number = text(data.get("tracking_number"))
    carrier = text(data.get("carrier")) or source.carrier
    status, fine = text(entry.get("status")), _substatus(entry.get("substatus"))
    mapped = codes.resolve(("shippo_substatus", fine), ("shippo_status", status))
    spot = mapping(entry.get("location"))
    where = place(*(spot.get(name) for name in ("city", "state", "zip", "country")))
    source_code = "/".join(filter(None, (status, fine)))
    said, event_id = text(entry.get("status_details")), text(entry.get("object_id"))
    scan = fingerprint("shippo", carrier, number, source_code, when.at, where)
    suspect = mapped.milestone != "eta_updated" and is_suspect(when.at, received_at)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if suspect else (),
        identity=own_id(source.slug, event_id) if event_id else scan,
        content=content_digest(number, source_code, iso_z(when.at), where, said),
        source_event_id=short(event_id, PLACE_LENGTH) or None,
        source_code=short(source_code, CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(spot.get("country")),
        description=plain(said, DESCRIPTION_LENGTH),
        carrier=short(carrier, NUMBER_LENGTH) if carrier else None,
        references=_references(data),
    )


def _substatus(value: Any) -> str:
    """An object with a code, or nothing at all."""
    return text(mapping(value).get("code"))


def _references(data: Mapping[str, Any]) -> dict[str, str]:
    """metadata is what the sender wrote on the shipment; the length of a number, it is one."""
    order = text(data.get("metadata"))
    return {"order": order} if 0 < len(order) <= NUMBER_LENGTH else {}
