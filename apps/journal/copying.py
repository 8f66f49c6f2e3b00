"""Values as PostgreSQL's COPY reads them: for the two places that store thousands of rows at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

NULL: Final = "\\N"
_JSON: Final = json.JSONEncoder(ensure_ascii=False)


def escaped(value: str) -> str:
    """A text as one field of a line."""
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if value.isprintable():
        return value
    return value.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\b", "\\b").replace("\f", "\\f").replace("\v", "\\v")  # fmt: skip


def field(value: Any) -> str:
    """Any value of ours as one field of a line; lists and dicts are JSON."""
    return _WRITERS.get(type(value), str)(value)


def line(values: Iterable[Any]) -> str:
    """The fields of one row, without the line's end."""
    row, writers = list(values), _WRITERS
    texts = "".join([value for value in row if type(value) is str])
    if (
        texts.isprintable() and "\\" not in texts
    ):  # as nearly always: no text needs a look of its own
        return "\t".join([
            value if type(value) is str else NULL if value is None else writers.get(type(value), str)(value)
            for value in row
        ])  # fmt: skip
    return "\t".join([writers.get(type(value), str)(value) for value in row])


def _json(value: Any) -> str:
    return escaped(_JSON.encode(value)) if value else str(value)


_WRITERS: Final[dict[type, Callable[[Any], str]]] = {
    type(None): lambda value: NULL,
    str: escaped,
    bool: lambda value: "t" if value else "f",
    list: _json,
    dict: _json,
    datetime: lambda value: value.isoformat(" "),
}
