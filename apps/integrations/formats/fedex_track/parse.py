"""FedEx Track: numbers, the shipments that carried them, their scans. Source: FORMATS 2."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
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
from apps.integrations.formats.history import (
    Harvest,
    add_promise,
    add_proof,
    must_be_few,
    promised,
    proof,
)
from apps.integrations.formats.identity import content_digest, fingerprint, normalise_number
from apps.integrations.formats.times import Reading, is_suspect, locate, parse_iso

CARRIER: Final = "fedex"
_REFINED: Final = frozenset({"DE", "SE", "DY", "DD", "CD", "CP"})
"""Only with these an exception code explains the scan; elsewhere it is left over from another."""

_PICKED_UP: Final = frozenset({"PU", "PX"})
_RESULTS: Final = "/output/completeTrackResults"


def check(raw: bytes) -> Checked:
    """Strict JSON with output.completeTrackResults; an error per number is no reason to refuse."""
    document = strict_json.loads(raw)
    output = document.get("output")
    if not isinstance(output, dict):
        raise missing("/output", "an object")
    numbers = required_list(output.get("completeTrackResults"), _RESULTS)
    must_be_few(
        sum(1 + len(listed(found.get("scanEvents"))) for _, found in _results(numbers)), _RESULTS
    )
    return Checked(document, None)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """The scans of each number's newest shipment, oldest first. Raises Refused as check does.

    FedEx uses numbers again: where several shipments answer to one, the one with the newest scan
    is meant, and the unique id keeps it apart from the others.
    """
    harvest = Harvest()
    chosen: dict[str, list[ParsedEvent]] = {}
    for number, result in _results(check(raw).document["output"]["completeTrackResults"]):
        scans = listed(result.get("scanEvents"))
        if not number or len(number) > NUMBER_LENGTH:
            if scans:
                harvest.miss("no tracking number", len(scans))
            continue
        events = _shipment(harvest, number, result, scans, codes, source, received_at)
        key = normalise_number(number)
        rival = chosen.get(key)
        if events and (rival is None or events[-1].occurred_at > rival[-1].occurred_at):
            chosen[key] = events
    for events in chosen.values():
        harvest.keep(events)
    return ParseResult(harvest.events, harvest.skipped)


def _results(numbers: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each trackResult with the number it answers to."""
    for entry in map(mapping, numbers):
        for result in map(mapping, listed(entry.get("trackResults"))):
            own = text(mapping(result.get("trackingNumberInfo")).get("trackingNumber"))
            yield own or text(entry.get("trackingNumber")), result


def _shipment(
    harvest: Harvest,
    number: str,
    result: Mapping[str, Any],
    scans: list[Any],
    codes: Codes,
    source: Source,
    received_at: datetime,
) -> list[ParsedEvent]:
    unique = text(mapping(result.get("trackingNumberInfo")).get("trackingNumberUniqueId"))
    read = partial(_event, number, short(unique, NUMBER_LENGTH), codes, source, received_at)
    events = harvest.history(scans, read, newest_first=True)
    add_proof(events, _proof(result))
    add_promise(events, _eta(result))
    return events


def _event(
    number: str,
    unique: str,
    codes: Codes,
    source: Source,
    received_at: datetime,
    entry: Mapping[str, Any],
) -> ParsedEvent | str:
    """The event of one scan, or why there is none."""
    kind, trouble = text(entry.get("eventType")), text(entry.get("exceptionCode"))
    when = _when(text(entry.get("date")), kind, source.timezone)
    if when is None:
        return "no usable time"
    if kind.upper() not in _REFINED:
        trouble = ""
    mapped = _look_up(codes, kind, trouble)
    spot = mapping(entry.get("scanLocation"))
    where = place(
        *(spot.get(name) for name in ("city", "stateOrProvinceCode", "postalCode", "countryCode"))
    )
    said = plain(entry.get("eventDescription"), DESCRIPTION_LENGTH)
    why = plain(entry.get("exceptionDescription"), DESCRIPTION_LENGTH)
    carrier = source.carrier or CARRIER
    source_code = "/".join(filter(None, (kind, trouble)))
    suspect = mapped.milestone != "eta_updated" and is_suspect(when.at, received_at)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if suspect else (),
        identity=fingerprint("fedex_track", carrier, number, source_code, when.at, where),
        content=content_digest(said, why),
        source_code=short(source_code, CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(spot.get("countryCode")),
        description=short(": ".join(filter(None, (said, why))), DESCRIPTION_LENGTH),
        carrier=carrier,
        generation_hint=unique or None,
    )


def _when(written: str, kind: str, default_zone: str | None) -> Reading | None:
    """A pickup at 00:00:00 is a pickup on that day: FedEx writes it where it knows no time."""
    moment: datetime | date | None = parse_iso(written)
    found = locate(moment, None, default_zone)
    unknown = isinstance(moment, datetime) and moment.time() == time()
    if found and unknown and kind.upper() in _PICKED_UP:
        return Reading(found.at, "date_only")
    return found


def _look_up(codes: Codes, kind: str, trouble: str) -> Mapped:
    """By event type; a listed exception code takes the place of milestone and reason."""
    row = codes.find("fedex_exception", trouble) if trouble else None
    if row is not None and row.milestone:
        return Mapped(row.milestone, row.reason, False)
    return codes.resolve(("fedex_track", kind))


def _proof(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """Who took it; the document itself is a second call, possible when FedEx lists it."""
    details = mapping(result.get("deliveryDetails"))
    name = text(details.get("receivedByName")) or text(details.get("signedByName"))
    images = {
        text(image.get("type")).upper()
        for image in map(mapping, listed(result.get("availableImages")))
    }
    signed = "SIGNATURE_PROOF_OF_DELIVERY" in images
    document = any(image.endswith("PROOF_OF_DELIVERY") for image in images)
    return proof(name, has_signature=signed, document=document)


def _eta(result: Mapping[str, Any]) -> str | None:
    """The end of the estimated window, of the standard one, or the estimated delivery."""
    for name in ("estimatedDeliveryTimeWindow", "standardTransitTimeWindow"):
        window = mapping(mapping(result.get(name)).get("window"))
        eta = promised(text(window.get("ends"))) or promised(text(window.get("begins")))
        if eta:
            return eta
    for entry in map(mapping, listed(result.get("dateAndTimes"))):
        if text(entry.get("type")).upper() == "ESTIMATED_DELIVERY":
            return promised(text(entry.get("dateTime")))
    return None
