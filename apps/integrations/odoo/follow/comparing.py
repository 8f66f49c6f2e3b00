"""Odoo's records and the mirror's rows side by side, by id, some thousand at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection as database

from apps.integrations.odoo.follow.reading import Reader, storing
from apps.integrations.odoo.line.errors import Unstorable
from apps.mirror.rows import NULL, content_of, lines
from apps.mirror.scopes import scopes_of
from apps.mirror.specs import Record, Spec

_LIST: Final = 5000
_ROWS: Final = 10_000
"""Of the mirror's rows at a time: more than a page of Odoo's, so that as a rule one look is enough for it."""
_UNESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_WRITTEN: Final = "to_char(odoo_write_date AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || '+00'"


@dataclass(frozen=True, slots=True)
class Seen:
    """One record or row: when it was written as COPY text, and its content, `archived` first; None if not read.

    unstorable says why a record of Odoo's can have no row.
    """

    written_at: str
    content: str | None = None
    unstorable: str = ""


@dataclass(slots=True)
class Compared:
    """One stretch of ids: what each side has there, and the ids on which they disagree."""

    odoo: dict[int, Seen] = field(default_factory=dict)
    tower: dict[int, Seen] = field(default_factory=dict)

    @property
    def suspects(self) -> list[int]:
        """Ids that one side lacks or that differ."""
        both = self.odoo.keys() | self.tower.keys()
        return sorted(i for i in both if self.odoo.get(i) != self.tower.get(i))


def stretches(reader: Reader, spec: Spec, *, full: bool) -> Iterator[Compared]:
    """Every id of Odoo and of the mirror, in order. Quick compares ids and write_date, full every value."""
    after_id = 0
    for records, last in _pages(reader, spec, full=full):
        to_id = None if last else records[-1]["id"]
        odoo = of_odoo(reader.connection, spec, records, full=full)
        yield from _beside(reader.connection, spec, odoo, after_id, to_id, full=full)
        after_id = to_id or 0


def _beside(
    connection: str,
    spec: Spec,
    odoo: dict[int, Seen],
    after_id: int,
    to_id: int | None,
    *,
    full: bool,
) -> Iterator[Compared]:
    """The mirror's rows of a stretch beside Odoo's, so many at a time: Odoo may show few of a million, or none."""
    while True:
        tower = _of_tower(connection, spec, after_id, to_id, full=full)
        if len(tower) < _ROWS:
            yield Compared(odoo, tower)
            return
        after_id = max(tower)
        yield Compared({i: seen for i, seen in odoo.items() if i <= after_id}, tower)
        odoo = {i: seen for i, seen in odoo.items() if i > after_id}


def _pages(reader: Reader, spec: Spec, *, full: bool) -> Iterator[tuple[list[Record], bool]]:
    if full:
        for _, records, last in reader.pages(spec, 0):
            yield records, last
        return
    model, terms, after_id = reader.model(spec), reader.domain(spec), 0
    while True:
        found = reader.odoo.search_read(
            model, [*terms, ("id", ">", after_id)], ["write_date"], order="id", limit=_LIST
        )
        last = len(found) < _LIST
        yield found, last
        if last:
            return
        after_id = found[-1]["id"]


def of_odoo(
    connection: str, spec: Spec, records: Sequence[Record], *, full: bool
) -> dict[int, Seen]:
    """What Odoo says of these."""
    if not full:
        return {
            r["id"]: Seen(f"{r['write_date']}+00" if r["write_date"] else NULL) for r in records
        }
    try:
        with storing(spec.model):
            return {
                line.odoo_id: Seen(
                    line.written_at, f"{'t' if line.archived else 'f'}\t{line.content}"
                )
                for line in lines(spec, records, scopes_of(connection, spec, records))
            }
    except Unstorable as error:
        if len(records) == 1:
            written_at = records[0].get("write_date")
            at = f"{written_at}+00" if written_at else NULL
            return {records[0]["id"]: Seen(at, unstorable=error.says)}
        middle = len(records) // 2
        parts = (records[:middle], records[middle:])
        found = [of_odoo(connection, spec, part, full=full) for part in parts]
        return found[0] | found[1]


def _of_tower(
    connection: str, spec: Spec, after_id: int, to_id: int | None, *, full: bool
) -> dict[int, Seen]:
    upper = "AND odoo_id <= %s" if to_id is not None else ""
    where = f"odoo_id > %s {upper} ORDER BY odoo_id LIMIT {_ROWS}"
    return _rows(connection, spec, where, [after_id, *([to_id] if to_id is not None else [])], full)


def of_tower(connection: str, spec: Spec, odoo_ids: Iterable[int]) -> dict[int, Seen]:
    """What the mirror says of these, every value."""
    return _rows(connection, spec, "odoo_id = ANY(%s)", [list(odoo_ids)], True)


def _rows(
    connection: str, spec: Spec, where: str, values: list[Any], full: bool
) -> dict[int, Seen]:
    names = ["archived", *content_of(spec)] if full else []
    columns = ", ".join(["odoo_id", _WRITTEN, *(f'"{name}"' for name in names)])
    sql = (
        f"COPY (SELECT {columns} FROM {spec.table._meta.db_table}"  # noqa: S608  our own names
        f" WHERE connection = %s AND gone_at IS NULL AND {where}) TO STDOUT"
    )
    found = {}
    with (
        database.cursor() as cursor,
        database.wrap_database_errors,
        cursor.cursor.copy(sql, [connection, *values]) as copy,
    ):
        text = b"".join(bytes(block) for block in copy).decode()
    for line in text.split("\n")[:-1]:
        odoo_id, written_at, *content = line.split("\t", 2)
        found[int(odoo_id)] = Seen(written_at, content[0] if content else None)
    return found


def fields_that_differ(spec: Spec, odoo: Seen, tower: Seen) -> dict[str, dict[str, str | None]]:
    """The values of both sides by column, as texts; None is an empty value."""
    if odoo.unstorable:
        return {"cannot be stored": {"odoo": odoo.unstorable, "tower": None}}
    names = ("write_date", "archived", *content_of(spec))
    sides = [
        [seen.written_at, *(seen.content.split("\t") if seen.content is not None else [])]
        for seen in (odoo, tower)
    ]
    return {
        name: {"odoo": _plain(ours), "tower": _plain(theirs)}
        for name, ours, theirs in zip(names, *sides, strict=False)
        if ours != theirs
    }


def _plain(text: str) -> str | None:
    """A value of COPY's text format as it was."""
    if text == NULL:
        return None
    if "\\" not in text:
        return text
    plain, rest = "", iter(text)
    for char in rest:
        if char == "\\":
            escaped = next(rest, "")
            char = _UNESCAPED.get(escaped, escaped)
        plain += char
    return plain
