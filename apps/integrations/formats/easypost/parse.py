"""EasyPost tracker events: every message is a snapshot of the whole history. Source: FORMATS 5."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, Final

from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Skipped, Source
from apps.integrations.formats.codes import Codes, Mapped
from apps.integrations.formats.fields import (
    CODE_LENGTH,
    DESCRIPTION_LENGTH,
    NUMBER_LENGTH,
    PLACE_LENGTH,
    country,
    mapping,
    missing,
    place,
    required_list,
    required_text,
    short,
    text,
)
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import Reading, is_suspect, iso_z, locate, parse_iso, to_utc

_STATUS_WINS: Final = frozenset(
    {"delivered", "out_for_delivery", "available_for_pickup", "return_to_sender", "cancelled"}
)
_NO_PROMISE_AFTER: Final = frozenset({"delivered", "returned_to_sender", "cancelled"})


def check(raw: bytes) -> Checked:
    """Strict JSON, an Event with its id; for tracker.* a Tracker with its number and a list of
    details.

    Kinds other than tracker.* are to be acknowledged and not used.
    """
    document = strict_json.loads(raw)
    if document.get("object") != "Event":
        raise missing("/object", '"Event"')
    kind = required_text(document, "description", "/description")
    key = required_text(document, "id", "/id")
    if not kind.startswith("tracker."):
        return Checked(document, key, f"easypost {kind}: not a tracking event")
    tracker = document.get("result")
    if not isinstance(tracker, dict) or tracker.get("object") != "Tracker":
        raise missing("/result", 'a "Tracker"')
    required_text(tracker, "tracking_code", "/result/tracking_code")
    details = tracker.get("tracking_details")
    if details is not None:
        required_list(details, "/result/tracking_details")
    if not details and _tells_something(tracker) and _when(tracker.get("updated_at"), None) is None:
        raise missing("/result/updated_at", "a time: there is no other in the message")
    return Checked(document, key)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each entry of the history; entries without a usable time are skipped and
    counted.

    An empty history gives one event from the tracker itself, unless its status is unknown.
    Raises Refused for what check refuses.
    """
    checked = check(raw)
    if checked.ignored:
        return ParseResult([], [], checked.ignored)
    tracker = checked.document["result"]
    entries: Sequence[Any] = tracker.get("tracking_details") or ()
    if not entries and _tells_something(tracker):
        entries = ({**tracker, "datetime": tracker.get("updated_at")},)
    events: list[ParsedEvent] = []
    skipped: list[Skipped] = []
    for index, entry in enumerate(entries):
        found = _event(entry, tracker, codes, source, received_at)
        if isinstance(found, str):
            skipped.append(Skipped(index, found))
        else:
            events.append(found)
    _add_proof(events, tracker)
    _add_eta(events, tracker)
    return ParseResult(events, skipped)


def _tells_something(tracker: Mapping[str, Any]) -> bool:
    return text(tracker.get("status")).casefold() not in {"", "unknown"}


def _when(value: Any, default_zone: str | None) -> Reading | None:
    return locate(parse_iso(text(value)), None, default_zone)


def _event(
    entry: Any, tracker: Mapping[str, Any], codes: Codes, source: Source, received_at: datetime
) -> ParsedEvent | str:
    """The event of one entry, or why there is none."""
    if not isinstance(entry, dict):
        return "not an object"
    when = _when(entry.get("datetime"), source.timezone)
    if when is None:
        return "no usable time"
    number = text(tracker.get("tracking_code"))
    status, detail = text(entry.get("status")), text(entry.get("status_detail"))
    mapped = _look_up(codes, status, detail)
    spot = mapping(entry.get("tracking_location"))
    where = place(*(spot.get(name) for name in ("city", "state", "zip", "country")))
    source_code = "/".join(filter(None, (status, detail)))
    message = text(entry.get("message")) or text(entry.get("description"))
    carrier = text(tracker.get("carrier")) or source.carrier
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        identity=fingerprint("easypost", carrier, number, source_code, when.at, where),
        content=content_digest(message),
        source_code=short(source_code, CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(spot.get("country")),
        description=short(message, DESCRIPTION_LENGTH),
        carrier=short(carrier, NUMBER_LENGTH) if carrier else None,
    )


def _look_up(codes: Codes, status: str, detail: str) -> Mapped:
    """Some statuses win over the detail: scans marked delivered often keep
    "arrived_at_destination".
    """
    if status.casefold() in _STATUS_WINS:
        mapped = codes.resolve(("easypost_status", status))
        return replace(mapped, reason=mapped.reason or _telling_reason(codes, detail))
    return codes.resolve(("easypost_status_detail", detail), ("easypost_status", status))


def _telling_reason(codes: Codes, detail: str) -> str | None:
    """Why it came back or was handed over as it was (FORMATS 0.7); "other" tells nothing."""
    row = codes.find("easypost_status_detail", detail)
    return row.reason if row and row.reason != "other" else None


def _newest(events: list[ParsedEvent], milestone: str | None = None) -> int | None:
    """The position of the newest event (of a milestone); of equal times the later entry. None if
    none.
    """
    wanted = [at for at, event in enumerate(events) if milestone in (None, event.milestone)]
    return max(wanted, key=lambda at: (events[at].occurred_at, at), default=None)


def _add_proof(events: list[ParsedEvent], tracker: Mapping[str, Any]) -> None:
    """signed_by is a name the carrier passed on, no signature we could show; it belongs to the
    delivery.
    """
    signed_by = text(tracker.get("signed_by"))
    at = _newest(events, "delivered")
    if not signed_by or at is None:
        return
    proof = {
        "received_by": short(signed_by, PLACE_LENGTH),
        "signed_at": None,
        "has_signature": False,
        "document_available": False,
        "document_url": None,
    }
    events[at] = replace(events[at], pod=proof)


def _add_eta(events: list[ParsedEvent], tracker: Mapping[str, Any]) -> None:
    """The promise goes with the newest scan, unless the journey is over."""
    at = _newest(events)
    eta = _eta(tracker)
    if eta and at is not None and events[at].milestone not in _NO_PROMISE_AFTER:
        told = _when(tracker.get("updated_at"), None)
        events[at] = replace(events[at], eta=eta, told_at=told.at if told else None)


def _eta(tracker: Mapping[str, Any]) -> str | None:
    """est_delivery_date: midnight Z stands for the day; else the carrier's own local day."""
    promised = parse_iso(text(tracker.get("est_delivery_date")))
    if promised is None:
        local = mapping(tracker.get("carrier_detail")).get("est_delivery_date_local")
        promised = parse_iso(text(local))
    if promised is None or not isinstance(promised, datetime):
        return promised.isoformat() if promised else None
    instant = to_utc(promised) if promised.tzinfo else None
    if instant is None or (promised.utcoffset(), instant.time()) == (timedelta(0), time()):
        return promised.date().isoformat()
    return iso_z(instant)
