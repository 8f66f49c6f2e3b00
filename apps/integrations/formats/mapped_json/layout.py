"""A layout: which fields of a partner's JSON hold what. Data, checked and compiled before it reads anything."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from apps.integrations.formats.mapped_json.paths import BadPath, Path, entries_path, path
from apps.integrations.formats.times import zone

MAX_FALLBACKS: Final = 4
MAX_TABLES: Final = 4
MAX_PARTS: Final = 5
REASONS: Final = "reason"
"""The table in which a message's own reason is looked up."""

ONE_VALUE: Final = (
    "number", "time", "clock", "zone", "country", "reason", "eta", "event_id", "description",
    "carrier", "received_by", "signed_at", "document_url", "order", "shipment",
)  # fmt: skip
"""Fields with one value each; every one is a list of paths, of which the first that holds something counts."""

_REQUIRED: Final = ("number", "time")
_NAMED_FORMATS: Final = ("iso", "digits", "epoch_s", "epoch_ms")
_DIRECTIVE: Final = re.compile(r"%(.)")
_KNOWN: Final = frozenset("YymbdHIMSfpz")
_TABLE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


class BadLayout(ValueError):
    """A layout that cannot be used; field names where, the text says why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Layout:
    """A compiled layout. entries: the stages to the list (formats.mapped_json.paths); codes: (table, paths), the
    finest first; place: the parts of the line, each with its fallbacks; message_id: where the message's own id
    stands, at its top.
    """

    entries: tuple[tuple[Any, ...], ...]
    entries_text: str
    fields: Mapping[str, tuple[Path, ...]]
    codes: tuple[tuple[str, tuple[Path, ...]], ...]
    place: tuple[tuple[Path, ...], ...]
    time_format: str
    eta_format: str
    default_zone: str | None
    message_id: tuple[Path, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables its codes are looked up in, that of reasons too where one is read."""
        own = tuple(dict.fromkeys(table for table, _ in self.codes))
        return (*own, REASONS) if self.fields.get("reason") else own


def compiled(data: Mapping[str, Any]) -> Layout:
    """The layout of its data, checked. Raises BadLayout. What was compiled once is kept."""
    return _compiled(json.dumps(data, sort_keys=True))


@lru_cache(maxsize=64)
def _compiled(text: str) -> Layout:
    data = json.loads(text)
    known = {
        "entries", "codes", "place", "time_format", "eta_format", "default_zone", "message_id", *ONE_VALUE,
    }  # fmt: skip
    for name in data.keys() - known:
        raise BadLayout(str(name)[:60], "no such field in a layout")
    fields = {name: _paths(name, data[name]) for name in ONE_VALUE if data.get(name)}
    for name in _REQUIRED:
        if name not in fields:
            raise BadLayout(name, "say where it stands")
    time_format = _time_format("time_format", data.get("time_format") or "iso")
    entries = _entries(data.get("entries", ""))
    lists = max(len(entries), 1)
    layout = Layout(
        entries=entries,
        entries_text=str(data.get("entries", "")),
        fields=fields,
        codes=_codes(data.get("codes")),
        place=_parts(data.get("place") or []),
        time_format=time_format,
        eta_format=_time_format("eta_format", data.get("eta_format") or time_format),
        default_zone=_zone(data.get("default_zone") or ""),
        message_id=_of_message(data.get("message_id"), in_entries=bool(entries)),
    )
    for name, paths in [*fields.items(), *layout.codes]:
        if any(one.up > lists for one in paths):
            raise BadLayout(name, "goes further up than the entries' path goes down")
    return layout


def _entries(text: Any) -> tuple[tuple[Any, ...], ...]:
    if not isinstance(text, str):
        raise BadLayout("entries", "must be a path, or empty")
    try:
        return entries_path(text)
    except BadPath as error:
        raise BadLayout("entries", str(error)) from error


def _paths(field: str, given: Any) -> tuple[Path, ...]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise BadLayout(field, "must be a list of paths")
    if not 0 < len(texts) <= MAX_FALLBACKS:
        raise BadLayout(field, f"has 1 to {MAX_FALLBACKS} paths")
    try:
        return tuple(path(one) for one in texts)
    except BadPath as error:
        raise BadLayout(field, str(error)) from error


def _of_message(given: Any, *, in_entries: bool) -> tuple[Path, ...]:
    """Paths from the top of the message: an entry's own id would make every message with that entry the same."""
    paths = _paths("message_id", given) if given else ()
    if any(one.up > 0 or (in_entries and one.up == 0) for one in paths):
        raise BadLayout("message_id", "stands at the top of the message: begin its path with $.")
    return paths


def _codes(given: Any) -> tuple[tuple[str, tuple[Path, ...]], ...]:
    if not isinstance(given, list) or not 0 < len(given) <= MAX_TABLES:
        raise BadLayout("codes", f"say where the code stands, in 1 to {MAX_TABLES} places")
    found = []
    for one in given:
        if not isinstance(one, dict) or not _TABLE.fullmatch(str(one.get("table", ""))):
            raise BadLayout("codes", "each needs a table: lower case letters, digits and _")
        if one["table"] == REASONS:
            raise BadLayout("codes", f"{REASONS} is the table of reasons")
        found.append((str(one["table"]), _paths("codes", one.get("paths"))))
    return tuple(found)


def _parts(given: Any) -> tuple[tuple[Path, ...], ...]:
    if not isinstance(given, list) or len(given) > MAX_PARTS:
        raise BadLayout("place", f"has at most {MAX_PARTS} parts")
    return tuple(_paths("place", part) for part in given)


def _zone(name: Any) -> str | None:
    if name and (not isinstance(name, str) or zone(name) is None):
        raise BadLayout("default_zone", f"there is no time zone {str(name)[:60]}")
    return name or None


def _time_format(field: str, given: Any) -> str:
    """iso, digits, epoch_s, epoch_ms, or a pattern of strptime's that names a calendar day."""
    if not isinstance(given, str) or not 0 < len(given) <= 40:
        raise BadLayout(field, "must be iso, digits, epoch_s, epoch_ms or a pattern")
    if given in _NAMED_FORMATS:
        return given
    letters = _DIRECTIVE.findall(given)
    has_day = ("Y" in letters or "y" in letters) and ("m" in letters or "b" in letters)
    if not has_day or "d" not in letters:
        raise BadLayout(field, "a pattern needs at least day, month and year: %d.%m.%Y")
    if (
        set(letters) - _KNOWN
        or len(set(letters)) != len(letters)
        or given.count("%") != len(letters)
    ):
        raise BadLayout(field, f"a pattern has each of %{', %'.join(sorted(_KNOWN))} once at most")
    try:
        datetime.strptime(datetime(2026, 3, 4, 5, 6, 7).astimezone().strftime(given), given)  # noqa: DTZ007  tried only
    except (ValueError, re.error) as error:
        raise BadLayout(field, "this pattern cannot be read") from error
    return given
