"""Store what Odoo says: set-based, only what differs, with the history of watched fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
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
from apps.mirror.scopes import Scope, scopes_of, store_scope_rows
from apps.mirror.specs import BY_MODEL, Record, Spec, moment

_HEAD = (
    "connection",
    "odoo_id",
    "content_hash",
    "odoo_write_date",
    "read_started_at",
    "stored_at",
    "archived",
)
_SCOPE = ("company_id", "warehouse_id", "customer_id")


@dataclass(slots=True)
class Changes:
    """What an upsert changed: Odoo ids of new and of changed records, and the watched values before and after."""

    model: str
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    fields: dict[int, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    before: dict[int, dict[str, Any]] = field(
        default_factory=dict
    )  # pointers of changed rows, as they were

    @property
    def touched(self) -> list[int]:
        """All Odoo ids that are new or differ."""
        return self.new + self.changed


@transaction.atomic
def upsert(
    connection: str, model: str, records: Sequence[Record], read_started_at: datetime
) -> Changes:
    """Store records as Odoo's `read(load=False)` gave them; returns what is new or differs.

    A row is written when its content hash differs and the stored one was not read later. read_started_at is
    ours, taken before Odoo was asked. Duplicates within records: the last one counts.
    """
    spec = BY_MODEL[model]
    unique = sorted(
        {record["id"]: record for record in records}.values(), key=lambda record: record["id"]
    )
    if not unique:
        return Changes(model)
    scopes = scopes_of(connection, spec, unique)
    rows = [
        _row(connection, spec, record, scope, read_started_at)
        for record, scope in zip(unique, scopes, strict=True)
    ]
    stored = _stored(spec, connection, [row["odoo_id"] for row in rows])
    fresh = [row for row in rows if _differs(row, stored.get(row["odoo_id"]))]
    _touch(spec, connection, rows, stored)
    if not fresh:
        return Changes(model)
    written = _write(spec, fresh)
    changes = _changes(spec, [row for row in fresh if row["odoo_id"] in written], stored)
    _keep_history(
        connection, spec, changes, {row["odoo_id"]: row["odoo_write_date"] for row in fresh}
    )
    store_scope_rows(connection, spec, changes.touched)
    return changes


def mark_gone(connection: str, model: str, odoo_ids: Iterable[int], seen_at: datetime) -> list[int]:
    """Odoo no longer has these records: they stay, marked. Returns the ids newly marked."""
    table = BY_MODEL[model].table._default_manager
    found = table.select_for_update().filter(
        connection=connection, odoo_id__in=list(odoo_ids), gone_at=None
    )
    with transaction.atomic():
        gone = list(found.values_list("odoo_id", flat=True))
        table.filter(connection=connection, odoo_id__in=gone).update(gone_at=seen_at)
    return gone


def _row(
    connection: str, spec: Spec, record: Record, scope: Scope, read_started_at: datetime
) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for column in spec.columns:
        value = next(
            (record[name] for name in (column.name, *column.source) if name in record), None
        )
        value = column.convert(value)
        content[column.name] = (
            _clipped(spec, column.name, value) if isinstance(value, str) else value
        )
    if spec.scoped:
        content |= {name: getattr(scope, name) for name in _SCOPE}
    archived = record.get("active") is False
    digest = hashlib.sha256(
        json.dumps([content, archived], default=_plain, sort_keys=True).encode()
    )
    return {
        **content,
        "connection": connection,
        "odoo_id": record["id"],
        "content_hash": digest.hexdigest(),
        "odoo_write_date": moment(record.get("write_date")),
        "read_started_at": read_started_at,
        "stored_at": timezone.now(),
        "archived": archived,
    }


def _clipped(spec: Spec, name: str, value: str) -> str:
    longest = spec.table._meta.get_field(name).max_length  # type: ignore[union-attr]
    return value[:longest] if longest else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _kept(spec: Spec) -> list[str]:
    """Columns whose old values we need: watched ones, and pointers, since a moved child has two parents."""
    pointers = [
        c.name for c in spec.columns if c.name.endswith("_odoo_id") or c.name.endswith("_odoo_ids")
    ]
    return sorted({*spec.watched, *pointers})


def _stored(spec: Spec, connection: str, odoo_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    rows = (
        spec.table._default_manager.select_for_update()
        .filter(connection=connection, odoo_id__in=odoo_ids)
        .order_by("odoo_id")
        .values(
            "odoo_id", "content_hash", "read_started_at", "gone_at", "odoo_write_date", *_kept(spec)
        )
    )
    return {row["odoo_id"]: row for row in rows}


def _differs(row: dict[str, Any], stored: dict[str, Any] | None) -> bool:
    if stored is None:
        return True
    if row["read_started_at"] < stored["read_started_at"]:
        return False
    return row["content_hash"] != stored["content_hash"] or stored["gone_at"] is not None


def _touch(
    spec: Spec, connection: str, rows: list[dict[str, Any]], stored: dict[int, dict[str, Any]]
) -> None:
    """Odoo moves write_date of records whose content stayed; keep it, so that the feed need not read them again.

    And keep when that was read: a slower reader may still come with what was true in between.
    """
    moved: dict[datetime | None, list[int]] = {}
    for row in rows:
        known = stored.get(row["odoo_id"])
        if (
            known
            and known["content_hash"] == row["content_hash"]
            and known["odoo_write_date"] != row["odoo_write_date"]
            and known["read_started_at"] <= row["read_started_at"]
        ):
            moved.setdefault(row["odoo_write_date"], []).append(row["odoo_id"])
    for written_at, odoo_ids in moved.items():
        spec.table._default_manager.filter(connection=connection, odoo_id__in=odoo_ids).update(
            odoo_write_date=written_at, read_started_at=rows[0]["read_started_at"]
        )


def _write(spec: Spec, rows: list[dict[str, Any]]) -> set[int]:
    """One statement for all rows; a concurrent reader that was later wins. Returns the ids written."""
    table = spec.table._meta.db_table
    columns = [*_HEAD, *(c.name for c in spec.columns), *(_SCOPE if spec.scoped else ())]
    changing = [name for name in columns if name not in ("connection", "odoo_id")]
    prefix = _public_prefix(spec.table)
    if prefix:
        columns.append("public_id")
        for row in rows:
            row["public_id"] = str(to_uuid(prefix, new_id(prefix)))
    names = ", ".join(f'"{name}"' for name in columns)
    updates = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in changing)
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names})"  # noqa: S608  names come from our own models
            f" SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)"
            f" ON CONFLICT (connection, odoo_id) DO UPDATE SET {updates}, gone_at = NULL"
            f" WHERE {table}.read_started_at <= EXCLUDED.read_started_at RETURNING odoo_id",
            [json.dumps(rows, default=_plain)],
        )
        return {odoo_id for (odoo_id,) in cursor.fetchall()}


def _public_prefix(table: type[Mirrored]) -> str | None:
    """Only what people point at (invoices) has a public id."""
    return next((f.prefix for f in table._meta.fields if isinstance(f, PublicIdField)), None)


def _changes(spec: Spec, rows: list[dict[str, Any]], stored: dict[int, dict[str, Any]]) -> Changes:
    changes = Changes(spec.model)
    for row in rows:
        odoo_id = row["odoo_id"]
        before = stored.get(odoo_id)
        (changes.changed if before else changes.new).append(odoo_id)
        if before:
            changes.before[odoo_id] = {name: before[name] for name in _kept(spec)}
        moved = {
            name: (before[name] if before else None, row[name])
            for name in spec.watched
            if before is None or before[name] != row[name]
        }
        if moved:
            changes.fields[odoo_id] = moved
    return changes


def _keep_history(
    connection: str, spec: Spec, changes: Changes, changed_at: dict[int, datetime | None]
) -> None:
    seen_at, correlation_id = timezone.now(), current()
    rows = [
        {
            "connection": connection,
            "model": spec.model,
            "odoo_id": odoo_id,
            "field": name,
            "old": old,
            "new": new,
            "changed_at": changed_at[odoo_id],
            "seen_at": seen_at,
            "correlation_id": correlation_id,
        }
        for odoo_id, moved in changes.fields.items()
        for name, (old, new) in moved.items()
    ]
    if not rows:
        return
    names = ", ".join(rows[0])
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO mirror_fieldchange ({names}) SELECT {names}"  # noqa: S608  names are those above
            " FROM jsonb_populate_recordset(NULL::mirror_fieldchange, %s::jsonb)",
            [json.dumps(rows, default=_plain)],
        )
