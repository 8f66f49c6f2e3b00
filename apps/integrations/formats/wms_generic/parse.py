"""A warehouse's step: picked, packed, shipped, received. Source: FORMATS 14; the format is our own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Refused, Source
from apps.integrations.formats.codes import Codes
from apps.integrations.formats.fields import (
    DESCRIPTION_LENGTH,
    NUMBER_LENGTH,
    PLACE_LENGTH,
    missing,
    required_text,
    short,
    text,
)
from apps.integrations.formats.identity import content_digest, own_id
from apps.integrations.formats.times import Reading, is_suspect, locate, parse_iso

NAME: Final = "wms_generic"
MAX_PACKAGES: Final = 2_000
MAX_LINES: Final = 2_000

# The business event that a step is when it names no goods on their way (PRODUCT.md R64 to R89).
_KINDS: Final = {
    "order.received": "order.created",
    "order.allocated": "allocation.made",
    "order.backordered": "allocation.failed",
    "pick.completed": "picking.completed",
    "pick.short": "picking.short",
    "pack.completed": "packing.completed",
    "label.printed": "label.issued",
    "shipment.shipped": "shipment.dispatched",
    "shipment.cancelled": "shipment.cancelled",
    "receipt.completed": "receipt.validated",
    "receipt.discrepancy": "receipt.validated",
    "inventory.adjusted": "stock.adjusted",
}
_LINE: Final = (
    "sku", "ordered", "picked", "expected", "received", "damaged", "adjusted", "unit", "lot", "reason",
)  # fmt: skip


def check(raw: bytes) -> Checked:
    """Strict JSON with id, type, a usable timestamp and data that names what it is about."""
    document = strict_json.loads(raw)
    key = required_text(document, "id", "/id")
    required_text(document, "type", "/type")
    data = document.get("data")
    if not isinstance(data, dict):
        raise missing("/data", "an object")
    if _when(document, None) is None:
        raise missing("/timestamp", "a time as ISO 8601")
    if not _numbers(data) and _subject(data) is None:
        raise missing("/data/shipment_ref", "a text, unless another field names the goods")
    return Checked(document, key)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event, or one for each package with a number of its own. Raises Refused as check does.

    A step that names no goods on their way is about its order, else about the product of its first
    line (a stock correction): the event then has a subject and no tracking number.
    """
    document = check(raw).document
    when = _when(document, source.timezone)
    if when is None:
        raise Refused("malformed_payload", "no usable time", "/timestamp")
    data = document["data"]
    numbers = _numbers(data)
    events = [
        _event(document, number, when, codes, source, received_at) for number in numbers or [""]
    ]
    return ParseResult(events, [])


def _when(document: Mapping[str, Any], default_zone: str | None) -> Reading | None:
    return locate(parse_iso(text(document.get("timestamp"))), None, default_zone)


def _numbers(data: Mapping[str, Any]) -> list[str]:
    """The number of the shipment; else each package's own; else the warehouse's reference."""
    number = text(data.get("tracking_number"))
    if number:
        return [number] if len(number) <= NUMBER_LENGTH else []
    found = {
        one: None
        for package in _objects(data.get("packages"), MAX_PACKAGES)
        if 0 < len(one := text(package.get("tracking_number"))) <= NUMBER_LENGTH
    }
    reference = text(data.get("shipment_ref"))
    return list(found) or ([reference] if 0 < len(reference) <= NUMBER_LENGTH else [])


def _subject(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a step without goods on their way is about."""
    order = text(data.get("order_ref"))
    if order:
        return "order", short(order, NUMBER_LENGTH)
    skus = (text(line.get("sku")) for line in _objects(data.get("lines"), MAX_LINES))
    product = text(data.get("sku")) or next(filter(None, skus), "")
    return ("product", short(product, NUMBER_LENGTH)) if product else None


def _objects(value: Any, most: int) -> list[Mapping[str, Any]]:
    entries = value[:most] if isinstance(value, list) else []
    return [entry for entry in entries if isinstance(entry, dict)]


def _event(
    document: Mapping[str, Any], number: str, when: Reading, codes: Codes, source: Source,
    received_at: datetime,
) -> ParsedEvent:  # fmt: skip
    data, event_id = document["data"], text(document.get("id"))
    code = text(document.get("type"))
    mapped = codes.resolve((NAME, code))
    where = text(data.get("warehouse"))
    carrier = text(data.get("carrier")) or source.carrier
    details = _details(data, number)
    references = _references(data)
    note = text(data.get("note"))
    said = (number, code, when.at.isoformat(), where, details, references, carrier, note)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        details=details,
        # One id may speak of several packages: each is an event of its own.
        identity=own_id(source.slug, f"{event_id}\n{number}"),
        content=content_digest(*said),
        source_event_id=short(event_id, PLACE_LENGTH),
        source_code=short(code, NUMBER_LENGTH),
        location=short(where, PLACE_LENGTH),
        description=short(note, DESCRIPTION_LENGTH),
        carrier=short(carrier, NUMBER_LENGTH) if carrier else None,
        references=references,
        subject=None if number else _subject(data),
        kind="" if number else _KINDS.get(code.lower(), short(code, NUMBER_LENGTH)),
    )


def _references(data: Mapping[str, Any]) -> dict[str, str]:
    named = {
        "order": text(data.get("order_ref")),
        "shipment": text(data.get("shipment_ref")),
        "asn": text(data.get("asn_number")),
    }
    return {name: short(value, NUMBER_LENGTH) for name, value in named.items() if value}


def _details(data: Mapping[str, Any], number: str) -> dict[str, Any]:
    """Lines with their quantities, the service, the device, and the package that has the number."""
    lines = [
        {name: _plain(line[name]) for name in _LINE if line.get(name) is not None}
        for line in _objects(data.get("lines"), MAX_LINES)
    ]
    packages = _objects(data.get("packages"), MAX_PACKAGES)
    own = next((one for one in packages if text(one.get("tracking_number")) == number), {})
    found = {
        "lines": lines,
        "service": short(text(data.get("service")), NUMBER_LENGTH),
        "device": short(text(data.get("device_id")), NUMBER_LENGTH),
        "package": short(text(own.get("package_ref")), NUMBER_LENGTH),
        "sscc": short(text(own.get("sscc")), NUMBER_LENGTH),
        "weight_g": _plain(own.get("weight_g")),
        "packages": len(packages) if len(packages) > 1 else 0,
    }
    return {name: value for name, value in found.items() if value}


def _plain(value: Any) -> Any:
    """A number as it is (cut to what a screen can show), anything else as short text."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10**12:
        return value
    return short(text(value), NUMBER_LENGTH)
