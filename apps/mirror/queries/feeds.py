"""How far the mirror is, what it holds of master data, and how a record came to be what it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Q

from apps.mirror.models import Feed, FieldChange
from apps.mirror.specs import BY_MODEL

_MASTER: Final[dict[str, str]] = {
    "res.company": "Companies",
    "stock.warehouse": "Warehouses",
    "stock.picking.type": "Operation types",
    "stock.location": "Locations",
    "stock.route": "Routes",
    "res.partner": "Contacts",
    "product.product": "Products",
    "uom.uom": "Units of measure",
    "delivery.carrier": "Carriers",
}


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


@dataclass(frozen=True, slots=True)
class MasterData:
    """One kind of master data (R16). synced_at is when Odoo was last asked for changes and answered.

    `here` counts what Odoo has, archived records included. absent: this Odoo has no such model.
    """

    model: str
    title: str
    here: int
    archived: int
    synced_at: datetime | None
    absent: bool
    error: str


def master_data(connection: str) -> list[MasterData]:
    """What the mirror holds of each kind of master data, and how fresh it is."""
    rows = {row.model: row for row in Feed.objects.filter(connection=connection, model__in=_MASTER)}
    found = []
    for model, title in _MASTER.items():
        held = BY_MODEL[model].table._default_manager.filter(connection=connection, gone_at=None)
        counts = held.aggregate(here=Count("pk"), archived=Count("pk", filter=Q(archived=True)))
        feed = rows.get(model)
        found.append(
            MasterData(
                model,
                title,
                counts["here"],
                counts["archived"],
                feed.ok_at if feed else None,
                bool(feed and feed.absent),
                feed.error if feed else "",
            )
        )
    return found
