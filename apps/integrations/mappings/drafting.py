"""Writing a draft: a copy of a version, its rows and its layout changed, then handed to a second person."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.accounts.models import User
from apps.integrations import formats
from apps.integrations.formats.codes import EXCEPTION_REASONS, MILESTONES, Code, Codes
from apps.integrations.formats.mapped_json.layout import BadLayout, compiled
from apps.integrations.mappings.errors import BadMapping, NotNow
from apps.integrations.mappings.reading import BY_LAYOUT, ensure_first
from apps.integrations.models import Mapping, MappingCode, MappingState, Partner
from apps.integrations.models.mappings import REVIEWED_STATES
from apps.journal.services import NewEntry, append

LAYOUT_FORMAT: Final = BY_LAYOUT
COLUMNS: Final = ("table", "code", "description", "milestone", "reason", "provenance")
MAX_ROWS: Final = 20_000
MAX_CSV_BYTES: Final = 5 * 1024 * 1024
_LONGEST: Final = {"table": 60, "code": 120, "description": 300}


def lock(format_name: str) -> None:
    """Hold a format's mappings in the caller's transaction, so that numbers and what is in force have one writer."""
    ensure_first(format_name)
    Mapping.objects.select_for_update().get(format=format_name, version=1)


def next_version(format_name: str) -> int:
    """The number after the highest; call it with the lock."""
    highest = Mapping.objects.filter(format=format_name).aggregate(highest=Max("version"))
    return (highest["highest"] or 0) + 1


def standing(format_name: str, partner: Partner | None) -> Mapping:
    """The version in force now for a partner (None: for the format), by its time, not by its word."""
    now = timezone.now()
    rows = [
        row
        for row in Mapping.objects.filter(format=format_name, state__in=REVIEWED_STATES)
        if (row.partner_id is None or (partner is not None and row.partner_id == partner.pk))
        and (row.effective_from is None or row.effective_from <= now)
    ]
    if not rows:
        return ensure_first(format_name)
    return max(
        rows,
        key=lambda row: (
            row.partner_id is not None,
            row.effective_from is not None,
            row.effective_from or now,
            row.version,
        ),
    )


@transaction.atomic
def draft(
    format_name: str,
    partner: Partner | None,
    *,
    by: User,
    note: str = "",
    base: Mapping | None = None,
    empty: bool = False,
) -> Mapping:
    """A new draft, as a copy of base (None: of what is in force; empty: without rows and layout).

    Raises BadMapping for a format that does not exist or that the partner does not speak.
    """
    if format_name not in formats.FORMATS:
        raise BadMapping(f"There is no format {format_name}.")
    if partner is not None and partner.format != format_name:
        raise BadMapping(f"{partner.name} does not speak {format_name}.")
    lock(format_name)
    base = base or standing(format_name, partner)
    made = Mapping.objects.create(
        format=format_name,
        partner=partner,
        version=next_version(format_name),
        note=note.strip()[:200],
        layout=None if empty else base.layout,
        sample="" if empty else base.sample,
        based_on=base,
        author=by,
        writers=[by.public_id],
    )
    if not empty:
        copy_rows(base, made)
    return made


def copy_rows(source: Mapping, target: Mapping) -> None:
    """All rows of one version into another one that has none."""
    MappingCode.objects.bulk_create(
        MappingCode(
            mapping=target, table=row.table, code=row.code, milestone=row.milestone,
            reason=row.reason, description=row.description, provenance=row.provenance,
        )
        for row in source.codes.order_by("id")
    )  # fmt: skip


def tables_of(mapping: Mapping) -> tuple[str, ...]:
    """The tables a version's rows may stand in: the format's, or those its layout names."""
    if mapping.format == LAYOUT_FORMAT and mapping.layout:
        try:
            return compiled(mapping.layout).tables
        except BadLayout:
            return formats.get(mapping.format).tables
    return formats.get(mapping.format).tables


def _written(mapping: Mapping, by: User, *changed: str) -> None:
    """Note who wrote, and that nobody has tested these rows yet."""
    if by.public_id not in mapping.writers:
        mapping.writers = [*mapping.writers, by.public_id]
    mapping.tested = None
    mapping.save(update_fields=["writers", "tested", "changed_at", *changed])


def _open_draft(mapping: Mapping) -> Mapping:
    """The draft, locked. Raises NotNow for anything else."""
    locked = Mapping.objects.select_for_update().get(pk=mapping.pk)
    if locked.state != MappingState.DRAFT:
        raise NotNow(f"Version {locked.version} is no draft: {locked.get_state_display().lower()}.")
    return locked


@transaction.atomic
def set_code(mapping: Mapping, row: Code, *, by: User) -> MappingCode:
    """Add a row to a draft, or change the one of that table and code. Raises BadMapping, NotNow."""
    locked = _open_draft(mapping)
    _must_fit(row, tables_of(locked))
    codes = locked.codes.filter(table=row.table)
    if not codes.filter(code=row.code).exists() and locked.codes.count() >= MAX_ROWS:
        raise BadMapping(f"A mapping has at most {MAX_ROWS} rows.")
    stored, _ = MappingCode.objects.update_or_create(
        mapping=locked, table=row.table, code=row.code, defaults=_columns(row)
    )
    _written(locked, by)
    return stored


@transaction.atomic
def remove_code(mapping: Mapping, table: str, code: str, *, by: User) -> bool:
    """Take a row out of a draft; False when there is none. Raises NotNow."""
    locked = _open_draft(mapping)
    gone, _ = locked.codes.filter(table=table, code=code).delete()
    if gone:
        _written(locked, by)
    return bool(gone)


@transaction.atomic
def set_layout(mapping: Mapping, layout: dict[str, Any], *, by: User, sample: str = "") -> None:
    """Say where a partner's fields stand. Raises BadMapping with the field at fault, NotNow."""
    locked = _open_draft(mapping)
    if locked.format != LAYOUT_FORMAT:
        raise BadMapping(f"{locked.format} has a fixed structure.")
    try:
        compiled(layout)
    except BadLayout as bad:
        raise BadMapping(f"The layout cannot be used: {bad}.") from bad
    locked.layout = layout
    if sample:
        locked.sample = sample
    _written(locked, by, "layout", "sample")


def _must_fit(row: Code, tables: Iterable[str]) -> None:
    for name, longest in _LONGEST.items():
        if len(getattr(row, name)) > longest:
            raise BadMapping(f"{name.capitalize()} has at most {longest} characters.")
    if row.table not in tables:
        raise BadMapping(f"There is no table {row.table}; known are {', '.join(tables)}.")
    if not row.code:
        raise BadMapping("A row needs the partner's code.")
    if row.milestone and row.milestone not in MILESTONES:
        raise BadMapping(f"There is no milestone {row.milestone}.")
    if row.reason and row.reason not in EXCEPTION_REASONS:
        raise BadMapping(f"There is no exception reason {row.reason}.")
    if not row.milestone and not row.reason and row.table != "reason":
        raise BadMapping(f"{row.code}: say a milestone, a reason, or both.")


def _columns(row: Code) -> dict[str, str]:
    return {
        "milestone": row.milestone or "",
        "reason": row.reason or "",
        "description": row.description,
        "provenance": row.provenance,
    }


def as_csv(mapping: Mapping) -> str:
    """The rows as a file with the columns of codes.csv, in the order they were made."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in mapping.codes.order_by("id"):
        writer.writerow([_harmless(str(getattr(row, name))) for name in COLUMNS])
    return out.getvalue()


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; `rows_of` takes the sign away again."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "'") else text


def rows_of(text: str) -> list[Code]:
    """The rows of such a file. Raises BadMapping with the line at fault."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if not {"table", "code", "milestone"} <= set(reader.fieldnames or ()):
        raise BadMapping(f"The first line must name the columns {', '.join(COLUMNS)}.")
    rows: list[Code] = []
    try:
        for line, cells in enumerate(reader, start=2):
            if len(rows) >= MAX_ROWS:
                raise BadMapping(f"A mapping has at most {MAX_ROWS} rows.")
            found = {name: _plain(cells.get(name)) for name in COLUMNS}
            provenance = found["provenance"] or "own"
            row = Code(
                found["table"], found["code"], found["description"],
                found["milestone"] or None, found["reason"] or None, provenance,
            )  # fmt: skip
            if provenance not in {"doc", "memory", "own"}:
                raise BadMapping(f"Line {line}: provenance is doc, memory or own.")
            rows.append(row)
    except csv.Error as error:
        raise BadMapping(f"This is no CSV: {error}.") from error
    return rows


def _plain(cell: str | None) -> str:
    found = (cell or "").replace("\x00", "").strip()
    return found[1:] if found[:1] == "'" and found[1:2] in "=+-@'" else found


@transaction.atomic
def upload(mapping: Mapping, raw: bytes, *, by: User) -> int:
    """Put the rows of a CSV file in place of all rows of a draft; how many. Raises BadMapping, NotNow."""
    locked = _open_draft(mapping)
    if len(raw) > MAX_CSV_BYTES:
        raise BadMapping("The file is larger than 5 MiB.")
    try:
        rows = rows_of(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadMapping("The file is not UTF-8.") from error
    tables = tables_of(locked)
    for line, row in enumerate(rows, start=2):
        try:
            _must_fit(row, tables)
        except BadMapping as bad:
            raise BadMapping(f"Line {line}: {bad}") from bad
    try:
        Codes.from_rows(locked.version, rows)
    except ValueError as error:
        raise BadMapping(f"{error}.") from error
    locked.codes.all().delete()
    MappingCode.objects.bulk_create(
        MappingCode(mapping=locked, table=row.table, code=row.code, **_columns(row)) for row in rows
    )
    _written(locked, by)
    return len(rows)


@transaction.atomic
def submit(mapping: Mapping, *, by: User, note: str) -> Mapping:
    """Hand a draft to a reviewer, with what was changed and why. Raises BadMapping, NotNow."""
    locked = _open_draft(mapping)
    if not note.strip():
        raise BadMapping("Say what you changed and why: the reviewer reads it.")
    if locked.format == LAYOUT_FORMAT and not locked.layout:
        raise BadMapping("Say first where the partner's fields stand.")
    locked.note, locked.state, locked.submitted_at = (
        note.strip()[:200],
        MappingState.REVIEW,
        timezone.now(),
    )
    locked.save(update_fields=["note", "state", "submitted_at", "changed_at"])
    tell("mapping.submitted", locked, by)
    return locked


@transaction.atomic
def discard(mapping: Mapping, *, by: User) -> Mapping:
    """Give up a version that has not come into force. Raises NotNow."""
    lock(mapping.format)
    locked = Mapping.objects.select_for_update().get(pk=mapping.pk)
    waits = locked.state == MappingState.APPROVED and (
        locked.effective_from is None or locked.effective_from > timezone.now()
    )
    if not locked.is_open and not waits:
        raise NotNow(f"Version {locked.version} is {locked.get_state_display().lower()}.")
    locked.state = MappingState.DISCARDED
    locked.save(update_fields=["state", "changed_at"])
    tell("mapping.discarded", locked, by)
    return locked


def tell(kind: str, mapping: Mapping, by: User | None, **more: Any) -> None:
    """Write into the journal what became of a version."""
    payload = {
        "format": mapping.format,
        "partner": mapping.partner.slug if mapping.partner else None,
        "version": mapping.version,
        **more,
    }
    append(NewEntry(kind, mapping.public_id, payload, actor=by.public_id if by else "system"))
