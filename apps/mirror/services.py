"""Store what Odoo says: set-based, only what differs, with the history of watched fields."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from apps.journal.correlation import current
from apps.journal.ids import PublicIdField, new_id, to_uuid
from apps.mirror.models import Mirrored
from apps.mirror.rescoping import rescope
from apps.mirror.rows import Line, columns_of, lines
from apps.mirror.scopes import scopes_of, store_scope_rows
from apps.mirror.specs import BY_MODEL, Record, Spec, moment


@dataclass(slots=True)
class Changes:
    """What was changed: Odoo ids of new, changed and gone records, and the watched values before and after."""

    model: str
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    fields: dict[int, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    before: dict[int, dict[str, Any]] = field(
        default_factory=dict
    )  # pointers of changed rows, as they were
    rescoped: dict[str, list[int]] = field(
        default_factory=dict
    )  # documents of others that it took along, by model

    @property
    def touched(self) -> list[int]:
        """All Odoo ids that are new, differ or are gone."""
        return self.new + self.changed + self.gone


@dataclass(frozen=True, slots=True)
class _Known:
    """What the row at hand says of itself."""

    content_hash: str
    written_at: str
    read_started_at: datetime
    gone: bool


@transaction.atomic
def upsert(
    connection: str,
    model: str,
    records: Sequence[Record],
    read_started_at: datetime,
    *,
    mend: Collection[int] = (),
) -> Changes:
    """Store records as Odoo's `read(load=False)` gave them; returns what is new or differs.

    A row is written when its content hash differs and the stored one was not read later. read_started_at is
    ours, taken before Odoo was asked. Duplicates within records: the last one counts. Rows of the ids in mend
    are written even if their hash says that nothing differs: somebody altered them behind our back.
    """
    spec = BY_MODEL[model]
    unique = sorted(
        {record["id"]: record for record in records}.values(), key=lambda record: record["id"]
    )
    if not unique:
        return Changes(model)
    rows = list(lines(spec, unique, scopes_of(connection, spec, unique)))
    now = timezone.now()
    stored = _stored(spec, connection, [row.odoo_id for row in rows])
    fresh = [
        row
        for row in rows
        if _is_wanted(row, stored.get(row.odoo_id), read_started_at, now, row.odoo_id in mend)
    ]
    _touch(spec, connection, rows, stored, read_started_at)
    if not fresh:
        return Changes(model)
    differing = [row.odoo_id for row in fresh if row.odoo_id in stored]
    before = _before(spec, connection, differing) if differing else {}
    written = _write(spec, connection, fresh, read_started_at, now)
    records_of = {record["id"]: record for record in unique}
    changes = _changes(spec, [row for row in fresh if row.odoo_id in written], before, records_of)
    if changes.fields:
        _keep_history(connection, spec, changes, records_of)
    store_scope_rows(connection, spec, changes.touched)
    changes.rescoped = rescope(connection, spec, changes.before)
    return changes


def mark_gone(connection: str, model: str, odoo_ids: Iterable[int], seen_at: datetime) -> list[int]:
    """Odoo no longer has these records: they stay, marked. Returns the ids newly marked."""
    table = BY_MODEL[model].table._default_manager
    found = table.select_for_update().filter(
        connection=connection, odoo_id__in=list(odoo_ids), gone_at=None
    )
    found = found.order_by("odoo_id")  # as `upsert` locks them
    with transaction.atomic():
        gone = list(found.values_list("odoo_id", flat=True))
        table.filter(connection=connection, odoo_id__in=gone).update(gone_at=seen_at)
    return gone


def kept_columns(spec: Spec) -> list[str]:
    """Columns whose old values we need: watched ones, and pointers, since a moved child has two parents."""
    pointers = [c.name for c in spec.columns if c.name.endswith(("_odoo_id", "_odoo_ids"))]
    return sorted({*spec.watched, *pointers})


def _stored(spec: Spec, connection: str, odoo_ids: Sequence[int]) -> dict[int, _Known]:
    table = spec.table._meta.db_table
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT odoo_id, content_hash, coalesce(to_char(odoo_write_date AT TIME ZONE 'UTC',"  # noqa: S608
            " 'YYYY-MM-DD HH24:MI:SS') || '+00', '\\N'), read_started_at, gone_at IS NOT NULL"
            f" FROM {table} WHERE connection = %s AND odoo_id = ANY(%s) ORDER BY odoo_id FOR UPDATE",
            [connection, list(odoo_ids)],
        )
        return {row[0]: _Known(*row[1:]) for row in cursor.fetchall()}


def _is_wanted(
    row: Line, known: _Known | None, read_started_at: datetime, now: datetime, mend: bool
) -> bool:
    if known is None:
        return True
    # A stamp that lies ahead was made before our clock was set back: it says nothing.
    if read_started_at < known.read_started_at <= now:
        return False
    return mend or row.content_hash != known.content_hash or known.gone


def _touch(
    spec: Spec,
    connection: str,
    rows: list[Line],
    stored: dict[int, _Known],
    read_started_at: datetime,
) -> None:
    """Odoo moves write_date of records whose content stayed; keep it, so that the feed need not read them again.

    And keep when that was read: a slower reader may still come with what was true in between.
    """
    moved: dict[str, list[int]] = {}
    for row in rows:
        known = stored.get(row.odoo_id)
        if (
            known
            and known.content_hash == row.content_hash
            and known.written_at != row.written_at
            and known.read_started_at <= read_started_at
        ):
            moved.setdefault(row.written_at, []).append(row.odoo_id)
    for written_at, odoo_ids in moved.items():
        spec.table._default_manager.filter(connection=connection, odoo_id__in=odoo_ids).update(
            odoo_write_date=moment(written_at[:19]), read_started_at=read_started_at
        )


def _before(spec: Spec, connection: str, odoo_ids: list[int]) -> dict[int, dict[str, Any]]:
    rows = spec.table._default_manager.filter(connection=connection, odoo_id__in=odoo_ids)
    return {row["odoo_id"]: row for row in rows.values("odoo_id", *kept_columns(spec))}


def _write(
    spec: Spec, connection: str, rows: list[Line], read_started_at: datetime, now: datetime
) -> set[int]:
    """Copy all rows in; a concurrent reader that was later wins. Returns the ids written."""
    table, taken = spec.table._meta.db_table, list(columns_of(spec))
    changing = [name for name in taken if name != "odoo_id"]
    prefix = _public_prefix(spec.table)
    text = [str(row) for row in rows]
    if prefix:
        taken.append("public_id")
        text = [f"{line}\t{to_uuid(prefix, new_id(prefix))}" for line in text]
    names = ", ".join(f'"{name}"' for name in taken)
    updates = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in changing)
    with database.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE taken_in ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"  # noqa: S608
        )
        with (
            database.wrap_database_errors,
            cursor.cursor.copy(f"COPY taken_in ({names}) FROM STDIN") as copy,
        ):
            copy.write("\n".join(text) + "\n")
        cursor.execute(
            f"INSERT INTO {table} (connection, read_started_at, stored_at, {names})"  # noqa: S608  our own names
            f" SELECT %s, %s, %s, {names} FROM taken_in ORDER BY odoo_id"
            f" ON CONFLICT (connection, odoo_id) DO UPDATE SET {updates}, gone_at = NULL,"
            " read_started_at = EXCLUDED.read_started_at, stored_at = EXCLUDED.stored_at"
            f" WHERE {table}.read_started_at <= EXCLUDED.read_started_at OR {table}.read_started_at > %s"
            " RETURNING odoo_id",
            [connection, read_started_at, now, now],
        )
        written = {odoo_id for (odoo_id,) in cursor.fetchall()}
        cursor.execute("DROP TABLE taken_in")
    return written


def _public_prefix(table: type[Mirrored]) -> str | None:
    """Only what people point at (invoices) has a public id."""
    return next((f.prefix for f in table._meta.fields if isinstance(f, PublicIdField)), None)


def _changes(
    spec: Spec,
    rows: Iterable[Line],
    before: dict[int, dict[str, Any]],
    records: dict[int, Record],
) -> Changes:
    changes = Changes(spec.model)
    watched = [column for column in spec.columns if column.name in spec.watched]
    for row in rows:
        was = before.get(row.odoo_id)
        if was is None:
            changes.new.append(row.odoo_id)
            continue
        changes.changed.append(row.odoo_id)
        changes.before[row.odoo_id] = was
        record = records[row.odoo_id]
        now = {column.name: column.convert(_raw(column, record)) for column in watched}
        moved = {name: (was[name], value) for name, value in now.items() if was[name] != value}
        if moved:
            changes.fields[row.odoo_id] = moved
    return changes


def _raw(column: Any, record: Record) -> Any:
    return next((record[name] for name in (column.name, *column.source) if name in record), None)


def _keep_history(
    connection: str, spec: Spec, changes: Changes, records: dict[int, Record]
) -> None:
    """What a watched field was and became. The first sight of a record is no change: the first one keeps `old`."""
    seen_at, correlation_id = timezone.now(), current()
    rows = [
        {
            "connection": connection,
            "model": spec.model,
            "odoo_id": odoo_id,
            "field": name,
            "old": old,
            "new": new,
            "changed_at": moment(records[odoo_id].get("write_date")),
            "seen_at": seen_at,
            "correlation_id": correlation_id,
        }
        for odoo_id, moved in changes.fields.items()
        for name, (old, new) in moved.items()
    ]
    names = ", ".join(rows[0])
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO mirror_fieldchange ({names}) SELECT {names}"  # noqa: S608  names are those above
            " FROM jsonb_populate_recordset(NULL::mirror_fieldchange, %s::jsonb)",
            [json.dumps(rows, default=_plain)],
        )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
