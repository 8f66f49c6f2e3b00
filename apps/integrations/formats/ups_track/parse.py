"""UPS Track: shipments, their packages, their activities, newest first. Source: FORMATS 1."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from apps.integrations.formats import strict_json, ups
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
    short,
    text,
)
from apps.integrations.formats.history import Harvest, add_promise, add_proof, must_be_few, proof
from apps.integrations.formats.times import is_suspect


def check(raw: bytes) -> Checked:
    """Strict JSON with a trackResponse and its list of shipments; UPS gives an answer no id.

    A shipment without packages (a number that was not found) is no reason to refuse.
    """
    document = strict_json.loads(raw)
    response = document.get("trackResponse")
    if not isinstance(response, dict):
        raise missing("/trackResponse", "an object")
    shipments = required_list(response.get("shipment"), "/trackResponse/shipment")
    packages = [package for one in shipments for package in listed(mapping(one).get("package"))]
    must_be_few(
        sum(1 + len(listed(mapping(one).get("activity"))) for one in packages),
        "/trackResponse/shipment",
    )
    return Checked(document, None)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each activity of every package, oldest first. Raises Refused as check does."""
    harvest = Harvest()
    for shipment in check(raw).document["trackResponse"]["shipment"]:
        for package in listed(mapping(shipment).get("package")):
            _read(harvest, mapping(shipment), package, codes, source, received_at)
    return ParseResult(harvest.events, harvest.skipped)


def _read(
    harvest: Harvest,
    shipment: Mapping[str, Any],
    package: Any,
    codes: Codes,
    source: Source,
    received_at: datetime,
) -> None:
    if not isinstance(package, dict):
        harvest.miss("not an object")
        return
    activities = listed(package.get("activity"))
    number = text(package.get("trackingNumber")) or text(shipment.get("inquiryNumber"))
    if not number or len(number) > NUMBER_LENGTH:
        harvest.miss("no tracking number", len(activities))
        return
    read = partial(_event, number, codes, source, received_at)
    events = harvest.history(activities, read, newest_first=True)
    add_proof(events, _proof(mapping(package.get("deliveryInformation"))))
    add_promise(events, _eta(package.get("deliveryDate")))
    harvest.keep(events)


def _event(
    number: str, codes: Codes, source: Source, received_at: datetime, entry: Mapping[str, Any]
) -> ParsedEvent | str:
    """The event of one activity, or why there is none."""
    when = ups.moment(
        (text(entry.get("gmtDate")), text(entry.get("gmtTime"))),
        (text(entry.get("date")), text(entry.get("time"))),
        text(entry.get("gmtOffset")),
        source.timezone,
    )
    if when is None:
        return "no usable time"
    status = mapping(entry.get("status"))
    scan = ups.scan_code(text(status.get("type")), text(status.get("code")))
    coarse = ups.status_code(text(status.get("statusCode")))
    mapped = ups.look_up(codes, scan, coarse)
    spot = mapping(mapping(entry.get("location")).get("address"))
    land = text(spot.get("countryCode")) or text(spot.get("country"))
    where = place(spot.get("city"), spot.get("stateProvince"), spot.get("postalCode"), land)
    carrier = source.carrier or ups.CARRIER
    suspect = mapped.milestone != "eta_updated" and is_suspect(when.at, received_at)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if suspect else (),
        identity=ups.identity(carrier, number, scan, coarse, when, where),
        content=ups.content(),
        source_code=short("/".join(filter(None, (scan, coarse))), CODE_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(land),
        description=plain(status.get("description"), DESCRIPTION_LENGTH),
        carrier=carrier,
    )


def _proof(delivery: Mapping[str, Any]) -> dict[str, Any] | None:
    """Who took it and what UPS has to show; the pictures stay in the stored message only."""
    signature = bool(text(mapping(delivery.get("signature")).get("image")))
    photo = bool(text(mapping(delivery.get("deliveryPhoto")).get("photo")))
    letter = bool(text(mapping(delivery.get("pod")).get("content")))
    return proof(
        text(delivery.get("receivedBy")), has_signature=signature, document=photo or letter
    )


def _eta(dates: Any) -> str | None:
    """The rescheduled day is newer than the scheduled one; of several of a kind the latest."""
    days: dict[str, str] = {}
    for entry in map(mapping, listed(dates)):
        kind, found = text(entry.get("type")).upper(), ups.day(text(entry.get("date")))
        if found:
            days[kind] = max(found, days.get(kind, ""))
    return days.get("RDD") or days.get("SDD")
