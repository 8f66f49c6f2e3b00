"""A 3PL's batch of events. Source: FORMATS 15; the format is our own."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

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
    place,
    required_list,
    required_text,
    short,
    text,
    web_address,
)
from apps.integrations.formats.identity import content_digest, fingerprint, own_id
from apps.integrations.formats.times import is_suspect, iso_z, locate, parse_iso


def check(raw: bytes) -> Checked:
    """Strict JSON with a message_id and a list of events; single bad entries are no reason to
    refuse.
    """
    document = strict_json.loads(raw)
    key = required_text(document, "message_id", "/message_id")
    required_list(document.get("events"), "/events")
    return Checked(document, key)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each good entry; bad entries are skipped with their reason. Raises Refused as
    check does.
    """
    events: list[ParsedEvent] = []
    skipped: list[Skipped] = []
    for index, entry in enumerate(check(raw).document["events"]):
        found = _event(entry, codes, source, received_at)
        if isinstance(found, str):
            skipped.append(Skipped(index, found))
        else:
            events.append(found)
    return ParseResult(events, skipped)


def _event(entry: Any, codes: Codes, source: Source, received_at: datetime) -> ParsedEvent | str:
    """The event of one entry, or why there is none."""
    if not isinstance(entry, dict):
        return "not an object"
    shipment, spot = mapping(entry.get("shipment")), mapping(entry.get("location"))
    number = text(shipment.get("tracking_number")) or text(shipment.get("tpl_ref"))
    if not number or len(number) > NUMBER_LENGTH:
        return "no tracking number"
    code, reason = text(entry.get("event_code")), text(entry.get("reason"))
    if not code:
        return "no event_code"
    zones = text(spot.get("timezone")), source.timezone
    when = locate(parse_iso(text(entry.get("event_time"))), *zones)
    if when is None:
        return "no usable time"
    mapped = _look_up(codes, code, reason)
    where = place(spot.get("name"), spot.get("country"))
    carrier = text(shipment.get("carrier")) or source.carrier
    event_id, note = text(entry.get("event_id")), text(entry.get("note"))
    proof = _proof(mapping(entry.get("pod")), zones)
    eta = _eta(entry.get("eta"), zones)
    references = _references(shipment)
    said = (number, code, reason, iso_z(when.at), where, note, proof, eta, references, carrier)
    scan = ("tpl_generic", carrier, number, code, when.at, where)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        pod=proof,
        eta=eta,
        details={"reason": short(reason, PLACE_LENGTH)} if _is_unlisted(codes, reason) else {},
        identity=own_id(source.slug, event_id) if event_id else fingerprint(*scan),
        content=content_digest(*said),
        source_event_id=short(event_id, PLACE_LENGTH) or None,
        source_code=short("/".join(filter(None, (code, reason))), CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(spot.get("country")),
        description=short(note, DESCRIPTION_LENGTH),
        carrier=short(carrier, NUMBER_LENGTH) if carrier else None,
        references=references,
    )


def _look_up(codes: Codes, code: str, reason: str) -> Mapped:
    """A listed reason takes the place of the code's own; an unlisted one does not."""
    mapped = codes.resolve(("tpl_generic", code))
    listed = codes.find("tpl_reason", reason)
    if listed is None or not listed.reason:
        return mapped
    return Mapped(mapped.milestone, listed.reason, mapped.unmapped)


def _is_unlisted(codes: Codes, reason: str) -> bool:
    return bool(reason) and codes.find("tpl_reason", reason) is None


def _references(shipment: Mapping[str, Any]) -> dict[str, str]:
    """order is our customer-side reference as the 3PL was given it, shipment the 3PL's own."""
    named = {"order": text(shipment.get("client_ref")), "shipment": text(shipment.get("tpl_ref"))}
    return {name: short(value, NUMBER_LENGTH) for name, value in named.items() if value}


def _proof(pod: Mapping[str, Any], zones: tuple[str | None, str | None]) -> dict[str, Any] | None:
    """signed_at says that somebody signed; a document counts only when it can be fetched."""
    received_by, url = text(pod.get("received_by")), web_address(pod.get("document_url"))
    signed = locate(parse_iso(text(pod.get("signed_at"))), *zones)
    if not (received_by or url or signed):
        return None
    return {
        "received_by": short(received_by, PLACE_LENGTH) or None,
        "signed_at": iso_z(signed.at) if signed else None,
        "has_signature": signed is not None,
        "document_available": bool(url),
        "document_url": url or None,
    }


def _eta(value: Any, zones: tuple[str | None, str | None]) -> str | None:
    """An instant when a time is given, else the date."""
    promised = parse_iso(text(value))
    if isinstance(promised, date) and not isinstance(promised, datetime):
        return promised.isoformat()
    found = locate(promised, *zones)
    return iso_z(found.at) if found else None
