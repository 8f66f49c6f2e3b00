"""DCSA Track & Trace 2: events of containers, vessels and documents. Source: FORMATS 8."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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
    required_list,
    short,
    text,
)
from apps.integrations.formats.history import Harvest
from apps.integrations.formats.identity import content_digest, fingerprint, own_id
from apps.integrations.formats.times import Reading, is_suspect, iso_z, locate, parse_iso

_ACTUAL: Final = "ACT"
_PROMISES: Final = frozenset({"PLN", "EST"})


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an event is: the classifier, the table of its type and the code there."""

    classifier: str
    table: str
    code: str


def check(raw: bytes) -> Checked:
    """Strict JSON, an array of events or a single one; DCSA gives a message no id.

    A message of one event needs a usable time in it.
    """
    document = strict_json.loads_any(raw)
    entries = required_list(document, "") if isinstance(document, list) else [document]
    if len(entries) == 1 and isinstance(entries[0], dict):
        prefix = "/0" if isinstance(document, list) else ""
        if not text(entries[0].get("eventType")):
            raise missing(f"{prefix}/eventType", "a text")
        if _when(entries[0], None) is None:
            raise missing(f"{prefix}/{_time_field(entries[0])}", "a time")
    return Checked(document, None)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each entry in the order given; bad entries are skipped. Raises Refused as
    check does.
    """
    harvest = Harvest()
    read = partial(_event, codes, source, received_at)
    for entry in listed(check(raw).document):
        harvest.keep(harvest.history([entry], read, newest_first=False))
    return ParseResult(harvest.events, harvest.skipped)


def _event(
    codes: Codes, source: Source, received_at: datetime, entry: Mapping[str, Any]
) -> ParsedEvent | str:
    """The event of one entry, or why there is none."""
    papers = _papers(entry)
    number = _number(entry, papers)
    if not number or len(number) > NUMBER_LENGTH:
        return "no tracking number"
    kind = _kind(entry)
    if kind is None:
        return "no known eventType"
    when = _when(entry, source.timezone)
    if when is None:
        return "no usable time"
    mapped = _look_up(codes, kind)
    eta = _eta(entry, source.timezone) if kind.classifier in _PROMISES else None
    event_id = text(entry.get("eventID"))
    where, land = _place(entry)
    said = _said(entry)
    source_code = "/".join(filter(None, (kind.code, kind.classifier)))
    scan = fingerprint("dcsa_tnt", source.carrier, number, source_code, when.at, where)
    suspect = mapped.milestone != "eta_updated" and is_suspect(when.at, received_at)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if suspect else (),
        eta=eta,
        identity=own_id(source.slug, event_id) if event_id else scan,
        content=content_digest(number, source_code, iso_z(when.at), where, eta, said),
        source_event_id=short(event_id, PLACE_LENGTH) or None,
        source_code=short(source_code, CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=land,
        description=said,
        carrier=source.carrier,
        references=_references(papers),
        told_at=when.at if eta else None,
    )


def _kind(entry: Mapping[str, Any]) -> _Kind | None:
    """None for a type that the standard does not know."""
    classifier = text(entry.get("eventClassifierCode")).upper()
    event_type = text(entry.get("eventType")).upper()
    if event_type == "TRANSPORT":
        return _Kind(classifier, "dcsa_transport", text(entry.get("transportEventTypeCode")))
    if event_type == "SHIPMENT":
        document = text(entry.get("documentTypeCode"))
        return _Kind(
            classifier, "dcsa_shipment", f"{text(entry.get('shipmentEventTypeCode'))}/{document}"
        )
    if event_type == "EQUIPMENT":
        empty = text(entry.get("emptyIndicatorCode")).upper() == "EMPTY"
        movement = text(entry.get("equipmentEventTypeCode"))
        return _Kind(classifier, "dcsa_equipment", f"{movement}/{'EMPTY' if empty else 'LADEN'}")
    return None


def _look_up(codes: Codes, kind: _Kind) -> Mapped:
    """The classifier comes first: only what is actual is a movement."""
    first = codes.resolve(("dcsa_classifier", kind.classifier))
    if kind.classifier != _ACTUAL:
        return first
    code = "*/EMPTY" if kind.code.endswith("/EMPTY") else kind.code
    return codes.resolve(("dcsa_classifier", kind.classifier), (kind.table, code))


def _time_field(entry: Mapping[str, Any]) -> str:
    actual = text(entry.get("eventClassifierCode")).upper() == _ACTUAL
    return "eventDateTime" if actual else "eventCreatedDateTime"


def _when(entry: Mapping[str, Any], zone: str | None) -> Reading | None:
    """A plan, an estimate or a wish was made when the carrier wrote the record."""
    return locate(parse_iso(text(entry.get(_time_field(entry)))), None, zone)


def _eta(entry: Mapping[str, Any], zone: str | None) -> str | None:
    """The planned or estimated instant, even when it lies in the past."""
    found = locate(parse_iso(text(entry.get("eventDateTime"))), None, zone)
    if found is None:
        return None
    return iso_z(found.at) if found.basis != "date_only" else text(entry.get("eventDateTime"))


def _papers(entry: Mapping[str, Any]) -> dict[str, str]:
    """The first reference of each type: EQ, BKG and TRD of the documents, FF and CR of the others."""
    found: dict[str, str] = {}
    for name, stem in (("documentReferences", "documentReference"), ("references", "reference")):
        for reference in map(mapping, listed(entry.get(name))):
            kind = text(reference.get(f"{stem}Type")).upper()
            value = text(reference.get(f"{stem}Value"))
            if kind and value:
                found.setdefault(f"{name}:{kind}", value)
    return found


def _number(entry: Mapping[str, Any], papers: Mapping[str, str]) -> str:
    """The container; else who forwards or consigns; else the document; else booking or bill."""
    return (
        text(entry.get("equipmentReference"))
        or papers.get("documentReferences:EQ")
        or papers.get("references:FF")
        or papers.get("references:CR")
        or text(entry.get("documentID"))
        or papers.get("documentReferences:BKG")
        or papers.get("documentReferences:TRD")
        or ""
    )


def _references(papers: Mapping[str, str]) -> dict[str, str]:
    named = {
        "booking": papers.get("documentReferences:BKG"),
        "bill_of_lading": papers.get("documentReferences:TRD"),
    }
    return {name: short(value, NUMBER_LENGTH) for name, value in named.items() if value}


def _place(entry: Mapping[str, Any]) -> tuple[str, str | None]:
    """The place and its country: the first two letters of a UN location code are the country."""
    call = mapping(entry.get("transportCall"))
    spots = (mapping(entry.get("eventLocation")), mapping(call.get("location")), call)
    name = next(filter(None, (text(spot.get("locationName")) for spot in spots)), "")
    port = next(filter(None, (text(spot.get("UNLocationCode")) for spot in spots)), "")
    facility = next(filter(None, (text(spot.get("facilityCode")) for spot in spots)), "")
    return place(name, port, facility), country(port[:2]) if len(port) == 5 else None


def _said(entry: Mapping[str, Any]) -> str:
    """Why, in the carrier's words, with the code of the delay; else the vessel."""
    words = plain(entry.get("changeRemark") or entry.get("reason"), DESCRIPTION_LENGTH)
    code = text(entry.get("delayReasonCode"))
    if words or code:
        return short(f"{words} ({code})" if words and code else words or code, DESCRIPTION_LENGTH)
    vessel = mapping(mapping(entry.get("transportCall")).get("vessel"))
    return plain(vessel.get("vesselName"), DESCRIPTION_LENGTH)
