"""Canonical events: a single one, an array, or one a line. The format is our own: docs/canonical.md."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Skipped, Source
from apps.integrations.formats.canonical.envelope import DEPRECATED, SUBJECTS, Envelope, valid
from apps.integrations.formats.codes import EXCEPTION_REASONS, Codes
from apps.integrations.formats.errors import Refused
from apps.integrations.formats.fields import (
    DESCRIPTION_LENGTH,
    MAX_ENTRIES,
    NUMBER_LENGTH,
    PLACE_LENGTH,
    country,
    place,
    short,
    text,
)
from apps.integrations.formats.identity import content_digest, own_id
from apps.integrations.formats.times import is_suspect, iso_z, locate, parse_iso

NAME: Final = "canonical"
_URL_LENGTH: Final = 2000


def check(raw: bytes) -> Checked:
    """One event with everything it must have, or a batch of at least one entry.

    Raises Refused, for a single event with the JSON pointer of the field at fault; bad entries of a
    batch are no reason to refuse. A single event's key is its source with its id; a batch has none.
    """
    entries, is_batch = _entries(raw)
    if is_batch:
        return Checked(entries, None)
    envelope = valid(entries[0])
    return Checked(entries, f"{envelope.source}:{envelope.id}")


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each good entry; bad ones of a batch are skipped with their place and reason.

    Raises Refused as check does.
    """
    entries, is_batch = _entries(raw)
    events: list[ParsedEvent] = []
    skipped: list[Skipped] = []
    for index, entry in enumerate(entries):
        try:
            if isinstance(entry, str):
                raise Refused("malformed_payload", entry)
            events.append(_event(valid(entry), entry, codes, source, received_at))
        except Refused as refused:
            if not is_batch:
                raise
            skipped.append(Skipped(index, str(refused)))
    return ParseResult(events, skipped)


def is_deprecated(entries: Any) -> bool:
    """Whether a checked document has an entry of the old version: the answer should say so."""
    listed = entries if isinstance(entries, list) else []
    return any(isinstance(one, dict) and text(one.get("version")) == DEPRECATED for one in listed)


def _entries(raw: bytes) -> tuple[list[Any], bool]:
    """The entries of a body, and whether it is a batch; a line that is no JSON is its reason.

    Lines are tried only where the body as a whole is no document and its first two lines both begin
    like objects: a document that is broken is told as such.
    """
    try:
        document = strict_json.loads_any(raw)
    except Refused:
        lines = [line for line in raw.split(b"\n", MAX_ENTRIES * 2) if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith(b"{") for line in lines[:2]):
            raise
        found = _lines(lines)
        if all(isinstance(entry, str) for entry in found):
            raise
        return found, True
    if isinstance(document, dict):
        return [document], False
    if not 0 < len(document) <= MAX_ENTRIES:
        raise Refused("malformed_payload", f"a batch has 1 to {MAX_ENTRIES} events")
    return document, True


def _lines(lines: list[bytes]) -> list[Any]:
    if len(lines) > MAX_ENTRIES:
        raise Refused("malformed_payload", f"a batch has 1 to {MAX_ENTRIES} events")
    found: list[Any] = []
    for line in lines:
        try:
            found.append(strict_json.loads(line))
        except Refused as refused:
            found.append(str(refused))
    return found


def _event(
    envelope: Envelope, entry: Mapping[str, Any], codes: Codes, source: Source,
    received_at: datetime,
) -> ParsedEvent:  # fmt: skip
    zones = text(envelope.location.get("timezone")), source.timezone
    when = locate(envelope.occurred_at, *zones)
    if when is None:
        raise Refused("malformed_payload", "/occurred_at is no usable time", "/occurred_at")
    row = codes.find(NAME, envelope.type)
    # A type that the mapping places is a parcel's, whatever it looks like; with a dot it is a
    # business event, listed or not.
    is_business = envelope.is_business and (row is None or not row.milestone)
    mapped = codes.resolve((NAME, envelope.type))
    subject = envelope.subject
    number = "" if is_business else subject.get("tracking_number") or subject.get("shipment", "")
    if not number and not is_business:
        raise Refused("malformed_payload", "/subject/tracking_number must be there", "/subject")
    reason = envelope.texts["reason"]
    listed = reason.lower() in EXCEPTION_REASONS
    location = envelope.location
    where = place(location.get("name"), location.get("country"))
    carrier = envelope.texts["carrier"] or source.carrier
    said = {name: value for name, value in entry.items() if name != "correlation_id"}
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=reason.lower() if listed else mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped and not is_business,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        pod=_proof(envelope.pod, zones),
        eta=_eta(envelope, zones),
        told_at=when.at,
        details=_details(envelope, listed=listed),
        identity=own_id(source.slug, f"{envelope.source}\n{envelope.id}"),
        content=content_digest(said),
        source_event_id=short(envelope.id, PLACE_LENGTH),
        source_code=short(envelope.type, NUMBER_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(location.get("country")),
        description=short(envelope.texts["description"], DESCRIPTION_LENGTH),
        carrier=short(carrier, NUMBER_LENGTH) if carrier else None,
        references=_references(envelope),
        subject=_about(envelope) if is_business else None,
        kind=envelope.type if is_business else "",
    )


def _about(envelope: Envelope) -> tuple[str, str]:
    """The subject that the type's first word names, else the first in the order of SUBJECTS but a
    parcel's number, else that.
    """
    subject, word = envelope.subject, envelope.type.partition(".")[0]
    named = next((name for name in SUBJECTS[1:] if name in subject), "tracking_number")
    # What a supplier does is about the purchase, where one is named.
    kind = word if word in subject and word != "supplier" else named
    return ("package" if kind == "tracking_number" else kind), subject[kind]


def _references(envelope: Envelope) -> dict[str, str]:
    """What was given as references, and every subject by its name."""
    given = {name: value for name, value in envelope.subject.items() if name != "tracking_number"}
    trace = envelope.texts["correlation_id"]
    traced = {"correlation_id": short(trace, NUMBER_LENGTH)} if trace else {}
    return envelope.references | given | traced


def _details(envelope: Envelope, *, listed: bool) -> dict[str, Any]:
    """What was given, with a reason that is not one of ours, the device and the parcel's number."""
    found = dict(envelope.details)
    if envelope.texts["reason"] and not listed:
        found["reason"] = short(envelope.texts["reason"], PLACE_LENGTH)
    if envelope.texts["device_id"]:
        found["device"] = short(envelope.texts["device_id"], NUMBER_LENGTH)
    if envelope.is_business and "tracking_number" in envelope.subject:
        found.setdefault("tracking_number", envelope.subject["tracking_number"])
    return found


def _proof(pod: Mapping[str, Any], zones: tuple[str | None, str | None]) -> dict[str, Any] | None:
    """Who took it; a signature when it says so or when it was signed; a document that is a link."""
    received_by, url = text(pod.get("received_by")), text(pod.get("document_url"))
    signed = locate(parse_iso(text(pod.get("signed_at"))), *zones)
    if not url.lower().startswith(("https://", "http://")) or len(url) > _URL_LENGTH:
        url = ""
    has_signature = pod.get("has_signature") is True or signed is not None
    if not (received_by or url or has_signature):
        return None
    return {
        "received_by": short(received_by, PLACE_LENGTH) or None,
        "signed_at": iso_z(signed.at) if signed else None,
        "has_signature": has_signature,
        "document_available": bool(url),
        "document_url": url or None,
    }


def _eta(envelope: Envelope, zones: tuple[str | None, str | None]) -> str | None:
    """An instant when a time is given, else the date."""
    eta = envelope.eta
    if eta is not None and not isinstance(eta, datetime):
        return eta.isoformat()
    found = locate(eta, *zones)
    return iso_z(found.at) if found else None
