"""Many rows in one statement: what the pipe does instead of saving one object at a time.

Rows travel as one JSON text and come apart in PostgreSQL (jsonb_to_recordset), so that a statement has
one parameter however many rows it carries. Types come from the models.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection, models

Row = dict[str, Any]


def insert(
    model: type[models.Model], rows: Sequence[Row], *, keep: str = ""
) -> list[tuple[Any, ...]]:
    """Insert rows of equal keys (attnames); returns (id, *conflict columns) of those inserted.

    keep: comma-separated attnames of the unique constraint on whose conflict the row there stays.
    """
    if not rows:
        return []
    names = tuple(rows[0])
    columns, typed = _columns(model, names), _typed(model, names)
    returned = ", ".join(["id", *(_quoted(model, name) for name in keep.split(",") if name)])
    conflict = f"ON CONFLICT ({returned.partition(', ')[2]}) DO NOTHING" if keep else ""
    table = connection.ops.quote_name(model._meta.db_table)
    return _fetch(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_to_recordset(%s::jsonb) AS r({typed})"  # noqa: S608
        f" {conflict} RETURNING {returned}",
        rows,
    )


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
    return next(
        field for field in model._meta.concrete_fields if name in (field.attname, field.name)
    )
