"""One canonical event as the schemas in schema/ have it, both versions in one shape. Source: R55."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from apps.integrations.formats.errors import Refused
from apps.integrations.formats.fields import NUMBER_LENGTH, missing, required_text, short, text
from apps.integrations.formats.times import parse_iso

CURRENT: Final = "2"
DEPRECATED: Final = "1"
SUNSET: Final = date(2027, 12, 31)
"""Until then version 1 is taken; answers to it say so in the headers Deprecation and Sunset."""

SOURCE_LENGTH: Final = 60
DETAILS_BYTES: Final = 64 * 1024
SUBJECTS: Final = (
    "tracking_number", "shipment", "order", "purchase", "production", "invoice", "return",
    "product", "dock", "asn", "supplier",
)  # fmt: skip
"""What an event may be about; of several the first that the kind of event wants."""

_OPTIONAL_TEXTS: Final = ("carrier", "reason", "description", "correlation_id", "device_id")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A valid event. occurred_at and eta as read, perhaps naive or a date; subject has one entry or
    more, all texts.
    """

    id: str
    type: str
    version: str
    source: str
    occurred_at: datetime | date
    subject: dict[str, str]
    texts: dict[str, str]
    eta: datetime | date | None
    pod: Mapping[str, Any]
    location: Mapping[str, Any]
    references: dict[str, str]
    details: dict[str, Any]

    @property
    def is_business(self) -> bool:
        """Whether the type is the kind of a business event: those have a dot, milestones have none."""
        return "." in self.type


@cache
def schema(version: str) -> dict[str, Any]:
    """The JSON Schema of a version; raises KeyError for one that does not exist."""
    if version not in {CURRENT, DEPRECATED}:
        raise KeyError(version)
    path = Path(__file__).with_name("schema") / f"{version}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def valid(entry: Any) -> Envelope:
    """The event of one decoded object; raises Refused with the JSON pointer of the field at fault."""
    if not isinstance(entry, dict):
        raise Refused("malformed_payload", "an event must be an object", "")
    event_id, kind = required_text(entry, "id", "/id"), required_text(entry, "type", "/type")
    version = text(entry.get("version"))
    if version not in {CURRENT, DEPRECATED}:
        raise missing("/version", f'"{CURRENT}" (or "{DEPRECATED}", until {SUNSET})')
    source = required_text(entry, "source", "/source")
    if len(source) > SOURCE_LENGTH:
        raise missing("/source", f"a text of 1 to {SOURCE_LENGTH} characters")
    occurred_at = parse_iso(text(entry.get("occurred_at")))
    if occurred_at is None:
        raise missing("/occurred_at", "a time as ISO 8601, best with its offset")
    flat = version == DEPRECATED
    return Envelope(
        id=event_id,
        type=kind,
        version=version,
        source=source,
        occurred_at=occurred_at,
        subject=_subject(entry, kind, flat=flat),
        texts={name: _optional_text(entry, name) for name in _OPTIONAL_TEXTS},
        eta=_eta(entry),
        pod=_object(entry, "pod"),
        location=_location(entry, flat=flat),
        references=_references(entry),
        details=_details(entry),
    )


def _subject(entry: Mapping[str, Any], kind: str, *, flat: bool) -> dict[str, str]:
    """What the event is about; version 1 has these fields beside the others."""
    given, pointer = (entry, "") if flat else (entry.get("subject"), "/subject")
    if not isinstance(given, dict):
        raise missing("/subject", "an object")
    found = {}
    for name in SUBJECTS:
        value = given.get(name)
        if value is None:
            continue
        found[name] = text(value)
        if not 0 < len(found[name]) <= NUMBER_LENGTH:
            raise missing(f"{pointer}/{name}", f"a text of 1 to {NUMBER_LENGTH} characters")
    if not found:
        raise missing(pointer or "/tracking_number", f"one of {', '.join(SUBJECTS)}")
    if "." not in kind and not ({"tracking_number", "shipment"} & found.keys()):
        raise missing(
            f"{pointer}/tracking_number", "there, or a shipment: a milestone is a parcel's"
        )
    return found


def _optional_text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if value is not None and not isinstance(value, str | int):
        raise missing(f"/{name}", "a text")
    return text(value)


def _object(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = entry.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise missing(f"/{name}", "an object")
    return value


def _location(entry: Mapping[str, Any], *, flat: bool) -> dict[str, Any]:
    if flat and isinstance(entry.get("location"), str):
        return {"name": entry["location"]}
    return _object(entry, "location")


def _eta(entry: Mapping[str, Any]) -> datetime | date | None:
    value = entry.get("eta")
    if value is None:
        return None
    found = parse_iso(text(value))
    if found is None:
        raise missing("/eta", "a time or a date as ISO 8601")
    return found


def _references(entry: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _object(entry, "references").items():
        if not text(value) or len(found) >= 50:
            raise missing("/references", "an object of at most 50 texts")
        found[short(name, NUMBER_LENGTH)] = short(text(value), NUMBER_LENGTH)
    return found


def _details(entry: Mapping[str, Any]) -> dict[str, Any]:
    found = _object(entry, "details")
    if found and len(json.dumps(found, ensure_ascii=False)) > DETAILS_BYTES:
        raise missing("/details", f"an object of at most {DETAILS_BYTES} characters as JSON")
    return found
