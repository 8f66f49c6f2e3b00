"""Many rows in one statement: what the pipe does instead of saving one object at a time.

Rows travel as one JSON text and come apart in PostgreSQL (jsonb_to_recordset), so that a statement has
one parameter however many rows it carries; many new ones by COPY. Types come from the models.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from django.db import connection, models

from apps.journal.copying import line

Row = dict[str, Any]
_MANY: Final = 100
"""From so many rows on a table of its own is worth making."""


def insert(
    model: type[models.Model], rows: Sequence[Row], *, keep: str = ""
) -> list[tuple[Any, ...]]:
    """Insert rows of equal keys (attnames); returns (id, *conflict columns) of those inserted.

    keep: comma-separated attnames of the unique constraint on whose conflict the row there stays.
    """
    if not rows:
        return []
    columns = _columns(model, tuple(rows[0]))
    returned = ", ".join(["id", *(_quoted(model, name) for name in keep.split(",") if name)])
    conflict = f"ON CONFLICT ({returned.partition(', ')[2]}) DO NOTHING" if keep else ""
    table = connection.ops.quote_name(model._meta.db_table)
    put = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM "  # noqa: S608  our own names
    end = f" {conflict} RETURNING {returned}"
    if len(rows) < _MANY:
        return _fetch(
            f"{put} jsonb_to_recordset(%s::jsonb) AS r({_typed(model, tuple(rows[0]))}) {end}", rows
        )
    return _copied(table, columns, rows, f"{put} copied {end}")


def _copied(table: str, columns: str, rows: Sequence[Row], sql: str) -> list[tuple[Any, ...]]:
    """COPY into a table of this transaction, and go on from there: it takes a fifth of the time of JSON."""
    names = list(rows[0])
    if any(list(row) != names for row in rows):
        raise ValueError("rows to insert must have the same keys in the same order")
    lines = [line(row.values()) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE copied ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"  # noqa: S608
        )
        with (
            connection.wrap_database_errors,
            cursor.cursor.copy(f"COPY copied ({columns}) FROM STDIN") as copy,
        ):
            copy.write("\n".join(lines) + "\n")
        cursor.execute(sql)
        inserted = list(cursor.fetchall())
        cursor.execute("DROP TABLE copied")
    return inserted


def update(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Set the given columns of the rows with these ids; every row has "id" and the same keys."""
    if not rows:
        return
    names = tuple(name for name in rows[0] if name != "id")
    table = connection.ops.quote_name(model._meta.db_table)
    pairs = ", ".join(f"{_quoted(model, name)} = r.{_quoted(model, name)}" for name in names)
    typed = _typed(model, ("id", *names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {pairs} FROM jsonb_to_recordset(%s::jsonb) AS r({typed})"  # noqa: S608
            f" WHERE {table}.id = r.id",
            [dump(rows)],
        )


def fetch(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of one raw query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def fetch_named(sql: str, **named: Any) -> list[tuple[Any, ...]]:
    """The rows of one raw query whose parameters have names: %(name)s."""
    with connection.cursor() as cursor:
        cursor.execute(sql, named)
        return list(cursor.fetchall())


def dump(rows: Iterable[Any]) -> str:
    """JSON text of rows, with instants in full precision and decimals exact."""
    return json.dumps(
        rows if isinstance(rows, list) else list(rows), default=_plain, ensure_ascii=False
    )


def load(text: str | None) -> Any:
    """The value of a jsonb column, which Django's cursors give as text."""
    return json.loads(text) if text else None


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be stored in a set")


def _fetch(sql: str, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [dump(rows)])
        return list(cursor.fetchall())


@lru_cache(maxsize=256)
def _columns(model: type[models.Model], names: tuple[str, ...]) -> str:
    return ", ".join(_quoted(model, name) for name in names)


@lru_cache(maxsize=256)
def _typed(model: type[models.Model], names: tuple[str, ...]) -> str:
    return ", ".join(f"{_quoted(model, name)} {_type(model, name)}" for name in names)


def _quoted(model: type[models.Model], name: str) -> str:
    return str(connection.ops.quote_name(_field(model, name).column))


def _type(model: type[models.Model], name: str) -> str:
    """bigint for keys: an identity column's own type would ask for a sequence."""
    kind = str(
        _field(model, name).rel_db_type(connection)
        if name == "id"
        else _field(model, name).db_type(connection)
    )
    return kind.replace(" CHECK", "")


def _field(model: type[models.Model], name: str) -> Any:
    return next(one for one in model._meta.concrete_fields if name in (one.attname, one.name))
