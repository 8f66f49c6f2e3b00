"""What a message says under one mapping and under another: event by event, by identity. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from apps.integrations import formats
from apps.integrations.formats.base import ParsedEvent, Refused, Source
from apps.integrations.formats.codes import Code, Codes
from apps.integrations.formats.identity import normalise_number
from apps.integrations.formats.times import iso_z
from apps.integrations.grants import allowed


@dataclass(frozen=True, slots=True)
class Said:
    """What of an event a mapping or a layout decides. number is normalised, occurred_at ISO 8601 in UTC."""

    milestone: str
    reason: str
    unmapped: bool
    number: str
    occurred_at: str

    def as_json(self) -> dict[str, Any]:
        """For storage."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a reading: the source's code and what it means; content as the source wrote it (ParsedEvent)."""

    code: str
    says: Said
    content: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One event that differs. before is None for one that only the new reading has, after for one it has not."""

    identity: str
    code: str
    before: Said | None
    after: Said | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One message under one mapping: its events by identity (of the same identity the first), or why none."""

    events: dict[str, Event] = field(default_factory=dict)
    refused: str = ""


def read(
    raw: bytes,
    codes: Codes,
    source: Source,
    received_at: datetime,
    granted: Collection[str] = frozenset(),
) -> Reading:
    """Read a message; what its format refuses is the reading's reason, never an error.

    granted: what its source may publish (grants.allowed); nothing else becomes an event.
    """
    try:
        result = formats.get(source.format).parse(raw, codes, source, received_at)
    except Refused as refused:
        return Reading(refused=refused.detail or refused.reason)
    found: dict[str, Event] = {}
    for event in allowed(result, granted).events:
        found.setdefault(event.identity, Event(event.source_code, said(event), event.content))
    return Reading(found)


def said(event: ParsedEvent) -> Said:
    """What a parsed event says."""
    return Said(
        str(event.milestone),
        str(event.exception_reason or ""),
        event.unmapped,
        normalise_number(event.tracking_number),
        iso_z(event.occurred_at),
    )


def changes(before: Mapping[str, Event], after: Mapping[str, Event]) -> list[Change]:
    """What differs, in the order of the new reading, then what is gone."""
    found = []
    for identity, event in after.items():
        old = before.get(identity)
        if old is None or old.says != event.says:
            found.append(Change(identity, event.code, old.says if old else None, event.says))
    found += [
        Change(identity, event.code, event.says, None)
        for identity, event in before.items()
        if identity not in after
    ]
    return found


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that two versions have differently; None where one of them has not got it."""

    table: str
    code: str
    before: Code | None
    after: Code | None

    @property
    def kind(self) -> str:
        """added, removed or changed."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def row_changes(before: Codes, after: Codes) -> list[RowChange]:
    """The rows in which two versions differ (milestone, reason or description), by table and code."""
    olds = {
        (table, code): row for table, rows in before.exact.items() for code, row in rows.items()
    }
    news = {(table, code): row for table, rows in after.exact.items() for code, row in rows.items()}
    found = []
    for table, code in sorted(olds.keys() | news.keys()):
        old, new = olds.get((table, code)), news.get((table, code))
        if _decides(old) != _decides(new):
            found.append(RowChange(table, code, old, new))
    return found


def _decides(row: Code | None) -> tuple[str, str, str] | None:
    return (row.milestone or "", row.reason or "", row.description) if row else None


def layout_changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[tuple[str, str, str]]:
    """(field, before, after) of two layouts, in words: "status.code, else status"."""
    old, new = before or {}, after or {}
    return [
        (name, in_words(old.get(name)), in_words(new.get(name)))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def in_words(value: Any) -> str:
    """A field of a layout as a person reads it."""
    if isinstance(value, dict):
        return f"{in_words(value.get('paths'))} ({value.get('table', '')})"
    if not isinstance(value, list):
        return str(value or "")
    compound = any(isinstance(one, list | dict) for one in value)
    return (", then " if compound else ", else ").join(map(in_words, value))
