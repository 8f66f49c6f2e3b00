"""Odoo's records as lines of PostgreSQL's COPY, and their content hash: what costs most of a first load.

A value becomes text once; the hash is of that text, and the same text is what COPY reads and writes, so that a
row of the mirror can be compared with Odoo's record without taking either apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from apps.journal.copying import NULL, escaped, field
from apps.mirror import specs
from apps.mirror.scopes import Scope
from apps.mirror.specs import Record, Spec

SCOPE: Final = ("company_id", "warehouse_id", "customer_id")
_HASHED_AS: Final = "2."
"""Version of the hash, its first characters: a row hashed otherwise counts as differing, once."""

Write = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One record: its content as COPY reads it (columns, then scope), hashed. written_at as Odoo gave it, or NULL."""

    odoo_id: int
    content_hash: str
    written_at: str
    archived: bool
    content: str

    def __str__(self) -> str:
        """The line without its end, in the order of `columns_of`."""
        return (
            f"{self.odoo_id}\t{self.content_hash}\t{self.written_at}\t"
            f"{'t' if self.archived else 'f'}\t{self.content}"
        )


def columns_of(spec: Spec) -> tuple[str, ...]:
    """The columns of a Line."""
    return ("odoo_id", "content_hash", "odoo_write_date", "archived", *content_of(spec))


def content_of(spec: Spec) -> tuple[str, ...]:
    """The columns that are hashed, besides `archived`."""
    return (*(column.name for column in spec.columns), *(SCOPE if spec.scoped else ()))


def lines(spec: Spec, records: Sequence[Record], scopes: Sequence[Scope]) -> Iterator[Line]:
    """A line for each record; raises ValueError and the like for a value that cannot be one of ours."""
    shape: tuple[str, ...] = ()
    taken: list[tuple[str | None, Write]] = []
    for record, scope in zip(records, scopes, strict=True):
        keys = tuple(record)
        if keys != shape:
            shape, taken = keys, _taken(spec.model, frozenset(keys))
        values = [write(record[key]) if key else write(None) for key, write in taken]
        if spec.scoped:
            values += [_number(getattr(scope, name)) for name in SCOPE]
        content = "\t".join(values)
        archived = record.get("active") is False
        yield Line(
            record["id"],
            _digest(content, archived),
            _instant(record.get("write_date")),
            archived,
            content,
        )


def _digest(content: str, archived: bool) -> str:
    hashed = hashlib.blake2b(content.encode(), digest_size=24, person=b"gone" if archived else b"")
    return _HASHED_AS + hashed.hexdigest()


@lru_cache(maxsize=1000)
def _taken(model: str, keys: frozenset[str]) -> list[tuple[str | None, Write]]:
    """For each column the key of the record that it is taken from, and how it is written."""
    spec = specs.BY_MODEL[model]
    return [
        (
            next((name for name in (column.name, *column.source) if name in keys), None),
            _writer(spec, column),
        )
        for column in spec.columns
    ]


def _writer(spec: Spec, column: specs.Column) -> Write:
    known: dict[Any, Write] = {
        specs.ref: _ref,
        specs.moment: _instant,
        specs.day: lambda value: _instant(value[:10]) if isinstance(value, str) else NULL,
        specs.amount: _amount,
        specs.flag: lambda value: "t" if value else "f",
        specs.ids: lambda value: str(sorted(value)) if value else "[]",
    }
    if column.convert in known:
        return known[column.convert]
    longest: int | None = getattr(spec.table._meta.get_field(column.name), "max_length", None)
    if column.convert is specs.text:
        return lambda value: escaped(value.strip()[:longest]) if isinstance(value, str) else ""
    return lambda value: _any(column.convert(value), longest)


def _any(value: Any, longest: int | None) -> str:
    return field(value[:longest] if isinstance(value, str) else value)


def _number(value: int | None) -> str:
    return NULL if value is None else str(value)


def _ref(value: Any) -> str:
    if value is False or value is None:
        return NULL
    return str(value) if type(value) is int else _number(specs.ref(value))


def _instant(value: Any) -> str:
    """Odoo's text of a day or an instant, which is UTC; PostgreSQL reads it, and refuses what is none."""
    if not value or not isinstance(value, str):
        return NULL
    return escaped(value) if len(value) == 10 else escaped(value) + "+00"


def _amount(value: Any) -> str:
    """A JSON number to the four places our columns hold; raises ValueError for one that is none."""
    if not value:
        return "0.0000"
    written = f"{value:.4f}"
    if not written[-1].isdigit():
        raise ValueError(f"{value} is no amount")
    return "0.0000" if written == "-0.0000" else written
