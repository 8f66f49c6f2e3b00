"""GS1 EPCIS events. Source: FORMATS 9; EPCIS 2.0, CBV 2.0."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Skipped, Source
from apps.integrations.formats.codes import Codes, Mapped
from apps.integrations.formats.epcis_2_0 import xml
from apps.integrations.formats.errors import Refused
from apps.integrations.formats.fields import (
    MAX_ENTRIES,
    NUMBER_LENGTH,
    PLACE_LENGTH,
    mapping,
    missing,
    required_list,
    short,
    text,
)
from apps.integrations.formats.identity import content_digest, fingerprint, own_id
from apps.integrations.formats.times import Reading, is_suspect, locate, parse_iso

NAME: Final = "epcis_2_0"
NO_TIME: Final = "no usable time"
MAX_CHILDREN: Final = 200

_STEP_FORMS: Final = (
    "urn:epcglobal:cbv:bizstep:",
    "https://ref.gs1.org/cbv/bizstep-",
    "cbv:bizstep-",
)
_DISPOSITION_FORMS: Final = (
    "urn:epcglobal:cbv:disp:",
    "https://ref.gs1.org/cbv/disp-",
    "cbv:disp-",
)
_TRANSACTION_FORMS: Final = (
    "urn:epcglobal:cbv:btt:",
    "https://ref.gs1.org/cbv/btt-",
    "cbv:btt-",
)
_GROUPINGS: Final = frozenset({"AggregationEvent", "AssociationEvent"})
_REFERENCES: Final = {
    "desadv": "asn",
    "po": "purchase",
    "bol": "bill_of_lading",
    "inv": "invoice",
    "rma": "return",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a document for one of its identifiers."""

    event: Mapping[str, Any]
    number: str


def check(raw: bytes) -> Checked:
    """JSON-LD or XML with a list of events; a single event must have its time and an identifier.

    Raises Refused. The message has no id of its own in either binding.
    """
    document = _document(raw)
    told = _told(_events(document))
    if len(told) == 1 and isinstance(told[0], str):
        raise Refused("malformed_payload", told[0], "/epcisBody/eventList/0")
    return Checked(document, None)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each identifier of each event; bad ones are skipped. Raises Refused as check.

    An event with an errorDeclaration gives events that void it, one for each identifier.
    """
    events: list[ParsedEvent] = []
    skipped: list[Skipped] = []
    for index, told in enumerate(_told(_events(check(raw).document))):
        found = told if isinstance(told, str) else _event(told, codes, source, received_at)
        if isinstance(found, str):
            skipped.append(Skipped(index, found))
        else:
            events.append(found)
    return ParseResult(events, skipped)


def _document(raw: bytes) -> dict[str, Any]:
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return xml.document(raw)
    return strict_json.loads(raw)


def _events(document: Mapping[str, Any]) -> list[Any]:
    """The events of a document, of the answer to a query, or the one event that was sent alone."""
    kind = text(document.get("type"))
    if kind in xml.EVENTS:
        return [document]
    if kind not in {"EPCISDocument", "EPCISQueryDocument"}:
        raise missing("/type", '"EPCISDocument"')
    body = mapping(document.get("epcisBody"))
    results = mapping(mapping(body.get("queryResults")).get("resultsBody"))
    if isinstance(body.get("event"), dict):
        return [body["event"]]
    found = body.get("eventList", results.get("eventList"))
    return required_list(found, "/epcisBody/eventList")


def _told(events: list[Any]) -> list[Told | str]:
    """Each event for each identifier, or why there is none; raises Refused for too many."""
    found: list[Told | str] = []
    for event in events:
        found += _each(event)
        if len(found) > MAX_ENTRIES:
            raise Refused("malformed_payload", f"more than {MAX_ENTRIES} identifiers")
    return found


def _each(event: Any) -> list[Told | str]:
    if not isinstance(event, dict):
        return ["not an object"]
    if _when(event, None) is None:
        return [NO_TIME]
    numbers = dict.fromkeys(_identifiers(event))
    return [Told(event, number) for number in numbers] or ["no identifier"]


def _when(event: Mapping[str, Any], default_zone: str | None) -> Reading | None:
    """eventTime is complete; eventTimeZoneOffset is for display only."""
    return locate(parse_iso(text(event.get("eventTime"))), None, default_zone)


def _identifiers(event: Mapping[str, Any]) -> Iterator[str]:
    """What an event is about: what contains the rest, else its identifiers, else what came out."""
    kind = text(event.get("type"))
    if kind in _GROUPINGS:
        fields: tuple[Any, ...] = ([event.get("parentID")], event.get("childEPCs"))
    elif kind == "TransformationEvent":
        fields = (event.get("outputEPCList"), event.get("inputEPCList"))
    else:
        fields = (event.get("epcList"), [event.get("parentID")])
    for field in fields:
        listed = field if isinstance(field, list) else []
        good = [one for one in map(text, listed) if 0 < len(one) <= NUMBER_LENGTH]
        if good:
            return iter(good)
    return iter(())


def _word(value: Any, forms: tuple[str, ...]) -> str:
    """The bare word of the vocabulary, in whichever of its forms; others' vocabularies stay whole."""
    found = text(value)
    lowered = found.lower()
    for form in forms:
        if lowered.startswith(form):
            return found[len(form) :]
    return found


def _event(told: Told, codes: Codes, source: Source, received_at: datetime) -> ParsedEvent | str:
    event, number = told.event, told.number
    when = _when(event, source.timezone)
    if when is None:
        return NO_TIME
    step = _word(event.get("bizStep"), _STEP_FORMS)
    disposition = _word(event.get("disposition"), _DISPOSITION_FORMS)
    code = "/".join(filter(None, (step, disposition)))
    where = _place(event)
    scan = fingerprint(NAME, source.carrier, number, code, when.at, where)
    # Without an id of its own an event is named by what it says: its declaration repeats that.
    event_id = text(event.get("eventID")) or f"scan:{scan}"
    error = event.get("errorDeclaration")
    if isinstance(error, dict):
        return _void(told, error, event_id, when, source, received_at)
    mapped = _look_up(codes, step, disposition)
    references, details = _references(event), _details(event)
    said = (
        number,
        code,
        when.at.isoformat(),
        where,
        references,
        details,
        text(event.get("action")),
    )
    has_id = bool(text(event.get("eventID")))
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        details=details,
        identity=own_id(source.slug, f"{event_id}\n{number}") if has_id else scan,
        content=content_digest(*said),
        source_event_id=_named(event_id),
        source_code=short(code, NUMBER_LENGTH),
        location=short(where, PLACE_LENGTH),
        carrier=source.carrier,
        references=references,
    )


def _named(event_id: str) -> str:
    """An id as it is stored and compared; a longer one keeps its end, which tells it apart."""
    return event_id if len(event_id) <= PLACE_LENGTH else event_id[-PLACE_LENGTH:]


def _look_up(codes: Codes, step: str, disposition: str) -> Mapped:
    """A disposition with a milestone overrides the step."""
    return codes.resolve(("epcis_disposition", disposition), ("epcis_bizstep", step))


def _void(
    told: Told, error: Mapping[str, Any], event_id: str, when: Reading, source: Source,
    received_at: datetime,
) -> ParsedEvent:  # fmt: skip
    """The declaration that an event was wrong: it takes the event back and says nothing else."""
    number = told.number
    declared = locate(parse_iso(text(error.get("declarationTime"))), None, source.timezone) or when
    reason = short(text(error.get("reason")), NUMBER_LENGTH)
    replacing = error.get("correctiveEventIDs")
    listed = [text(one) for one in replacing] if isinstance(replacing, list) else []
    corrective = [short(one, PLACE_LENGTH) for one in listed[:MAX_CHILDREN] if one]
    details = {"reason": reason, "corrective_event_ids": corrective}
    return ParsedEvent(
        milestone="info_only",
        tracking_number=number,
        occurred_at=declared.at,
        time_basis=declared.basis,
        flags=("suspect_time",) if is_suspect(declared.at, received_at) else (),
        details={name: value for name, value in details.items() if value},
        identity=own_id(source.slug, f"void\n{event_id}\n{number}"),
        content=content_digest(reason, corrective),
        source_code="errorDeclaration",
        carrier=source.carrier,
        voids=_named(event_id),
    )


def _place(event: Mapping[str, Any]) -> str:
    """Where it was read, else where the goods are from then on."""
    for name in ("readPoint", "bizLocation"):
        found = text(mapping(event.get(name)).get("id"))
        if found:
            return found
    return ""


def _references(event: Mapping[str, Any]) -> dict[str, str]:
    """The documents an event belongs to: the last part of the identifier, first of a kind."""
    found: dict[str, str] = {}
    listed = event.get("bizTransactionList")
    for entry in listed[:MAX_CHILDREN] if isinstance(listed, list) else ():
        kind = _word(mapping(entry).get("type"), _TRANSACTION_FORMS).lower()
        name = text(mapping(entry).get("bizTransaction")).rpartition(":")[2]
        if name and kind in _REFERENCES:
            found.setdefault(_REFERENCES[kind], short(name, NUMBER_LENGTH))
    return found


def _details(event: Mapping[str, Any]) -> dict[str, Any]:
    """What an aggregation put together or took apart."""
    children = event.get("childEPCs")
    if text(event.get("type")) not in _GROUPINGS:
        return {}
    listed = [text(one) for one in children] if isinstance(children, list) else []
    found = {
        "action": short(text(event.get("action")), 20),
        "children": [short(one, NUMBER_LENGTH) for one in listed[:MAX_CHILDREN] if one],
    }
    return {name: value for name, value in found.items() if value}
