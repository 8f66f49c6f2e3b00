"""Reads of the mirror for the rooms above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.mirror.models import Feed, FieldChange


@dataclass(frozen=True, slots=True)
class FeedState:
    """One (connection, model) on the integration screen."""

    connection: str
    model: str
    loaded: int
    total: int | None
    loading: bool
    ok_at: datetime | None
    due_at: datetime | None
    error: str


def feeds(connection: str | None = None) -> list[FeedState]:
    """How far each feed has read, and in words what is wrong with it."""
    rows = Feed.objects.order_by("connection", "id")
    if connection:
        rows = rows.filter(connection=connection)
    return [
        FeedState(
            row.connection,
            row.model,
            row.loaded,
            row.load_total,
            row.load_done_at is None and not row.absent,
            row.ok_at,
            row.due_at,
            row.error,
        )
        for row in rows
    ]


def history(connection: str, model: str, odoo_id: int) -> list[FieldChange]:
    """The watched fields of one record, newest first."""
    return list(
        FieldChange.objects.filter(connection=connection, model=model, odoo_id=odoo_id).order_by(
            "-seen_at", "-id"
        )
    )
