"""DHL Unified tracking: one number, one or several shipments, newest event first.

Source: FORMATS 3.
"""

from collections.abc import Mapping
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
    place,
    plain,
    required_list,
    short,
    text,
    web_address,
)
from apps.integrations.formats.history import (
    Harvest,
    add_promise,
    add_proof,
    must_be_few,
    promised,
    proof,
)
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import is_suspect, locate, parse_iso

CARRIER: Final = "dhl"


def check(raw: bytes) -> Checked:
    """Strict JSON with a list of shipments; DHL gives an answer no id."""
    document = strict_json.loads(raw)
    shipments = required_list(document.get("shipments"), "/shipments")
    must_be_few(sum(1 + len(listed(mapping(one).get("events"))) for one in shipments), "/shipments")
    return Checked(document, None)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each entry of every shipment, oldest first. Raises Refused as check does."""
    harvest = Harvest()
    for shipment in check(raw).document["shipments"]:
        _read(harvest, shipment, codes, source, received_at)
    return ParseResult(harvest.events, harvest.skipped)


def _read(
    harvest: Harvest, shipment: Any, codes: Codes, source: Source, received_at: datetime
) -> None:
    """`status` repeats the newest event: it counts only where there are no events."""
    if not isinstance(shipment, dict):
        harvest.miss("not an object")
        return
    entries = listed(shipment.get("events")) or listed(shipment.get("status"))
    number = text(shipment.get("id"))
    if not number or len(number) > NUMBER_LENGTH:
        harvest.miss("no tracking number", len(entries))
        return
    read = partial(_event, number, codes, source, received_at)
    events = harvest.history(entries, read, newest_first=True)
    add_proof(events, _proof(mapping(shipment.get("details")), source.timezone))
    add_promise(events, _eta(shipment))
    harvest.keep(events)


def _event(
    number: str, codes: Codes, source: Source, received_at: datetime, entry: Mapping[str, Any]
) -> ParsedEvent | str:
    """The event of one entry, or why there is none."""
    when = locate(parse_iso(text(entry.get("timestamp"))), None, source.timezone)
    if when is None:
        return "no usable time"
    coarse, fine = text(entry.get("statusCode")), text(entry.get("statusDetailed"))
    mapped = _look_up(codes, coarse, fine)
    spot = mapping(mapping(entry.get("location")).get("address"))
    where = place(*(spot.get(name) for name in ("addressLocality", "postalCode", "countryCode")))
    said = text(entry.get("description")) or text(entry.get("status"))
    carrier = source.carrier or CARRIER
    source_code = "/".join(filter(None, (coarse, fine)))
    suspect = mapped.milestone != "eta_updated" and is_suspect(when.at, received_at)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if suspect else (),
        identity=fingerprint("dhl_unified", carrier, number, source_code, when.at, where),
        # The texts come in the language of the request: another wording is no other content.
        content=content_digest(source_code),
        source_code=short(source_code, CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(spot.get("countryCode")),
        description=plain(said, DESCRIPTION_LENGTH),
        carrier=carrier,
    )


def _look_up(codes: Codes, coarse: str, fine: str) -> Mapped:
    """The detailed code where it is listed, else one of the five coarse ones."""
    return codes.resolve(("dhl_parcel_de", fine), ("dhl_unified", coarse))


def _proof(details: Mapping[str, Any], zone: str | None) -> dict[str, Any] | None:
    """A name alone is no signature; a signature that DHL can show has an address."""
    told = mapping(details.get("proofOfDelivery"))
    signed = locate(parse_iso(text(told.get("timestamp"))), None, zone)
    return proof(
        _name(told.get("signed")),
        signed_at=signed.at if signed else None,
        has_signature=bool(web_address(told.get("signatureUrl"))),
        url=web_address(told.get("documentUrl")),
    )


def _name(signed: Any) -> str:
    person = mapping(signed)
    both = " ".join(filter(None, (text(person.get("givenName")), text(person.get("familyName")))))
    return text(person.get("name")) or both or text(signed)


def _eta(shipment: Mapping[str, Any]) -> str | None:
    """The estimated time, else the end of the estimated frame."""
    frame = mapping(shipment.get("estimatedDeliveryTimeFrame"))
    times = (
        shipment.get("estimatedTimeOfDelivery"),
        frame.get("estimatedThrough"),
        frame.get("estimatedFrom"),
    )
    return next(filter(None, (promised(text(value)) for value in times)), None)
