"""AfterShip: every message is a snapshot of a tracking, or a changed promise. Source: FORMATS 6."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Source
from apps.integrations.formats.codes import Codes
from apps.integrations.formats.countries import two_letters
from apps.integrations.formats.fields import (
    CODE_LENGTH,
    DESCRIPTION_LENGTH,
    NUMBER_LENGTH,
    PLACE_LENGTH,
    listed,
    missing,
    place,
    plain,
    required_list,
    required_text,
    short,
    text,
)
from apps.integrations.formats.history import (
    Harvest,
    add_promise,
    add_proof,
    at_epoch,
    promised,
    proof,
)
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import is_suspect, locate, parse_iso

_REVISED: Final = "edd_revise"
_EVENTS: Final = frozenset({"tracking_update", "tracking_pending_time", _REVISED})


def check(raw: bytes) -> Checked:
    """Strict JSON with event, event_id and, for trackings, msg with its number and checkpoints.

    Other events are to be acknowledged and not used. A changed promise needs its ts.
    """
    document = strict_json.loads(raw)
    kind = required_text(document, "event", "/event")
    key = required_text(document, "event_id", "/event_id")
    if kind not in _EVENTS:
        return Checked(document, key, "aftership: not a tracking event")
    tracking = document.get("msg")
    if not isinstance(tracking, dict):
        raise missing("/msg", "an object")
    required_text(tracking, "tracking_number", "/msg/tracking_number")
    if tracking.get("checkpoints") is not None:
        required_list(tracking["checkpoints"], "/msg/checkpoints")
    if kind == _REVISED and at_epoch(text(document.get("ts"))) is None:
        raise missing("/ts", "a number of seconds: there is no other time in the message")
    return Checked(document, key)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each checkpoint, oldest first; for a changed promise that one.

    Raises Refused for what check refuses.
    """
    checked = check(raw)
    if checked.ignored:
        return ParseResult([], [], checked.ignored)
    document = checked.document
    tracking = document["msg"]
    if text(document.get("event")) == _REVISED:
        return ParseResult([_revision(document, tracking, source)], [])
    harvest = Harvest()
    read = partial(_event, tracking, codes, source, received_at)
    events = harvest.history(listed(tracking.get("checkpoints")), read, newest_first=False)
    told = at_epoch(text(document.get("ts")))
    add_proof(events, proof(text(tracking.get("signed_by"))))
    add_promise(
        events, promised(text(tracking.get("expected_delivery"))), told.at if told else None
    )
    return ParseResult(events, harvest.skipped)


def _event(
    tracking: Mapping[str, Any],
    codes: Codes,
    source: Source,
    received_at: datetime,
    entry: Mapping[str, Any],
) -> ParsedEvent | str:
    """The event of one checkpoint, or why there is none. created_at is when AfterShip saw it: no
    time of the event.
    """
    when = locate(parse_iso(text(entry.get("checkpoint_time"))), None, source.timezone)
    if when is None:
        return "no usable time"
    number, carrier = text(tracking.get("tracking_number")), _carrier(tracking, source)
    tag, subtag = text(entry.get("tag")), text(entry.get("subtag"))
    mapped = codes.resolve(("aftership_subtag", subtag), ("aftership_tag", tag))
    land = text(entry.get("country_iso3")) or text(entry.get("country_name"))
    spot = text(entry.get("city")) or text(entry.get("location"))
    where = place(spot, entry.get("state"), entry.get("zip"), land)
    message = text(entry.get("message")) or text(entry.get("subtag_message"))
    source_code = "/".join(filter(None, (tag, subtag)))
    suspect = mapped.milestone != "eta_updated" and is_suspect(when.at, received_at)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if suspect else (),
        identity=fingerprint("aftership", carrier, number, source_code, when.at, where),
        content=content_digest(message),
        source_code=short(source_code, CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=two_letters(land),
        description=plain(message, DESCRIPTION_LENGTH),
        carrier=carrier,
        references=_references(tracking),
    )


def _revision(
    document: Mapping[str, Any], tracking: Mapping[str, Any], source: Source
) -> ParsedEvent:
    """The changed promise, at the time of the notification."""
    told = at_epoch(text(document.get("ts")))
    if told is None:
        raise missing("/ts", "a number of seconds")
    number, carrier = text(tracking.get("tracking_number")), _carrier(tracking, source)
    eta = promised(text(tracking.get("expected_delivery")))
    return ParsedEvent(
        milestone="eta_updated",
        tracking_number=number,
        occurred_at=told.at,
        eta=eta,
        identity=fingerprint("aftership", carrier, number, _REVISED, told.at, ""),
        content=content_digest(eta),
        source_code=_REVISED,
        carrier=carrier,
        references=_references(tracking),
        told_at=told.at,
    )


def _carrier(tracking: Mapping[str, Any], source: Source) -> str | None:
    """AfterShip names the carrier by its slug."""
    found = text(tracking.get("slug")) or source.carrier
    return short(found, NUMBER_LENGTH) if found else None


def _references(tracking: Mapping[str, Any]) -> dict[str, str]:
    order = text(tracking.get("order_number")) or text(tracking.get("order_id"))
    return {"order": short(order, NUMBER_LENGTH)} if order else {}
