"""ShipEngine tracking: every message is a snapshot with all events. Source: FORMATS 16 [memory]."""

from collections.abc import Mapping
from dataclasses import replace
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
    missing,
    place,
    plain,
    required_list,
    required_text,
    short,
    text,
    web_address,
)
from apps.integrations.formats.history import Harvest, add_promise, newest, promised, proof
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import Reading, is_suspect, locate, parse_iso

_TRACKING: Final = "API_TRACK"


def check(raw: bytes) -> Checked:
    """Strict JSON with a resource_type and, for tracking, data with its number and events.

    Other resources are to be acknowledged and not used; ShipEngine gives a message no id.
    """
    document = strict_json.loads(raw)
    if required_text(document, "resource_type", "/resource_type") != _TRACKING:
        return Checked(document, None, "shipengine: not a tracking event")
    data = document.get("data")
    if not isinstance(data, dict):
        raise missing("/data", "an object")
    required_text(data, "tracking_number", "/data/tracking_number")
    if data.get("events") is not None:
        required_list(data["events"], "/data/events")
    return Checked(document, None)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each entry, oldest first. Raises Refused for what check refuses."""
    checked = check(raw)
    if checked.ignored:
        return ParseResult([], [], checked.ignored)
    data = checked.document["data"]
    harvest = Harvest()
    read = partial(_event, data, codes, source, received_at)
    events = harvest.history(listed(data.get("events")), read, newest_first=True)
    add_promise(events, promised(text(data.get("estimated_delivery_date"))))
    return ParseResult(_with_one_proof(events), harvest.skipped)


def _with_one_proof(events: list[ParsedEvent]) -> list[ParsedEvent]:
    """Signers stand on the events themselves; only that of the newest delivery is a proof."""
    last = newest(events, "delivered")
    return [
        replace(event, pod=None) if event.pod and at != last else event
        for at, event in enumerate(events)
    ]


def _when(entry: Mapping[str, Any], zone: str | None) -> Reading | None:
    """occurred_at is an instant. carrier_occurred_at is the carrier's local time, also where it is
    written with a Z.
    """
    found = locate(parse_iso(text(entry.get("occurred_at"))), None, zone)
    if found is not None:
        return found
    local = parse_iso(text(entry.get("carrier_occurred_at")))
    return locate(local.replace(tzinfo=None) if isinstance(local, datetime) else local, None, zone)


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
    carrier = text(data.get("carrier_code")) or source.carrier
    status, code = text(entry.get("status_code")), text(entry.get("event_code"))
    mapped = codes.resolve(("shipengine", status))
    where = place(
        *(
            entry.get(name)
            for name in ("city_locality", "state_province", "postal_code", "country_code")
        )
    )
    source_code = "/".join(filter(None, (status, code)))
    said = text(entry.get("description")) or text(entry.get("carrier_status_description"))
    suspect = mapped.milestone != "eta_updated" and is_suspect(when.at, received_at)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if suspect else (),
        pod=proof(text(entry.get("signer")), url=web_address(entry.get("proof_of_delivery_url"))),
        identity=fingerprint("shipengine", carrier, number, source_code, when.at, where),
        content=content_digest(said),
        source_code=short(source_code, CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(entry.get("country_code")),
        description=plain(said, DESCRIPTION_LENGTH),
        carrier=short(carrier, NUMBER_LENGTH) if carrier else None,
    )
