"""Keep what apps say as rows, and tell the journal what changed in a way that people or rules act on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from apps.exceptions.models import Case
from apps.exceptions.services import annotate
from apps.integrations.odoo.linked.says import Said
from apps.journal.services import NewEntry, append_many
from apps.mirror.models import LinkedFeed, LinkedRecord
from apps.shipments.models import Order, Shipment

WORK: Final = {"helpdesk.ticket": "ticket", "project.task": "task"}
_FIELDS: Final = (
    "about",
    "title",
    "state",
    "open",
    "blocks",
    "facts",
    "data",
    "changed_at",
    "read_at",
)


def store(
    connection: str,
    model: str,
    said: dict[int, Said],
    changed: dict[int, datetime | None],
    now: datetime,
    quiet: bool,
) -> None:
    """Store one page, in the caller's transaction; what is about nothing of ours is not kept.

    quiet: the first reading of an app tells only what blocks something, not what has always been so.
    """
    known = {row.odoo_id: row for row in _rows(connection, model).filter(odoo_id__in=list(said))}
    fresh = [
        LinkedRecord(
            connection=connection,
            model=model,
            odoo_id=odoo_id,
            about=list(one.about),
            title=one.title,
            state=one.state,
            open=one.open,
            blocks=one.blocks,
            facts=[list(pair) for pair in one.facts],
            data=one.data,
            changed_at=changed.get(odoo_id),
            read_at=now,
        )
        for odoo_id, one in said.items()
        if one.about
    ]
    LinkedRecord.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["connection", "model", "odoo_id"],
        update_fields=list(_FIELDS),
    )
    left = [row for odoo_id, row in known.items() if not said[odoo_id].about]
    _rows(connection, model).filter(odoo_id__in=[row.odoo_id for row in left]).delete()
    news = [row for row in fresh if _is_news(known.get(row.odoo_id), row, quiet)]
    tell(connection, [*news, *left])
    for row in fresh:
        was = known.get(row.odoo_id)
        if model in WORK and was is not None and was.open != row.open:
            _on_cases(row, now)


@transaction.atomic
def keep_only(
    connection: str, model: str, seen: set[int], now: datetime, *, open_only: bool
) -> None:
    """After a whole reading: what Odoo no longer has goes. open_only: closed ones were not asked for."""
    rows = _rows(connection, model).filter(read_at__lt=now)
    if open_only:
        rows = rows.filter(open=True)
    gone = [row for row in rows if row.odoo_id not in seen]
    _rows(connection, model).filter(odoo_id__in=[row.odoo_id for row in gone]).delete()
    tell(connection, gone)


@transaction.atomic
def forget(connection: str, model: str) -> None:
    """The app is not there any more, or we may not read it: what it said does not stand either."""
    gone = list(_rows(connection, model))
    if gone:
        _rows(connection, model).delete()
        tell(connection, gone)
    LinkedFeed.objects.filter(connection=connection, model=model).delete()


def tell(connection: str, rows: Iterable[LinkedRecord]) -> None:
    """`linked.changed` on every order, shipment and case that these rows are about."""
    about: dict[str, list[LinkedRecord]] = {}
    for row in rows:
        for one in row.about:
            about.setdefault(one, []).append(row)
    if about:
        append_many(
            NewEntry("linked.changed", subject, _payload(found), *scope)
            for subject, found, scope in _subjects(connection, about)
        )


def _payload(rows: list[LinkedRecord]) -> dict[str, Any]:
    return {
        "models": sorted({row.model for row in rows}),
        "blocks": any(row.blocks for row in rows),
        "also": [],
    }


def _subjects(
    connection: str, about: dict[str, list[LinkedRecord]]
) -> Iterable[tuple[str, list[LinkedRecord], tuple[int | None, int | None, int | None]]]:
    """The tower's own rows behind Odoo's, with whose they are."""
    named: dict[str, dict[str, str]] = {}
    for one in about:
        model, _, key = one.partition(",")
        named.setdefault(model, {})[key] = one
    orders = Order.objects.filter(connection=connection, odoo_id__in=_ids(named, "sale.order"))
    for order in orders:
        yield order.public_id, about[f"sale.order,{order.odoo_id}"], _scope(order)
    shipments = Shipment.objects.filter(
        connection=connection, picking_odoo_id__in=_ids(named, "stock.picking")
    )
    for shipment in shipments:
        key = f"stock.picking,{shipment.picking_odoo_id}"
        yield shipment.public_id, about[key], _scope(shipment)
    for case in Case.objects.filter(public_id__in=list(named.get("case", ()))):
        yield case.public_id, about[f"case,{case.public_id}"], _scope(case)


def _ids(named: dict[str, dict[str, str]], model: str) -> list[int]:
    return [int(key) for key in named.get(model, ())]


def _scope(row: Any) -> tuple[int | None, int | None, int | None]:
    return row.company_id, row.warehouse_id, row.customer_id


def _is_news(was: LinkedRecord | None, row: LinkedRecord, quiet: bool) -> bool:
    if was is None:
        return row.blocks or not quiet
    return any(
        getattr(was, name) != getattr(row, name)
        for name in ("about", "title", "state", "open", "blocks")
    )


def _on_cases(row: LinkedRecord, now: datetime) -> None:
    """A ticket or task was closed in Odoo, or opened again: the cases it is about say so (R10, R11)."""
    word = (
        f"closed ({row.state})"
        if not row.open and row.state
        else "closed"
        if not row.open
        else "opened again"
    )
    refs = [one.partition(",")[2] for one in row.about if one.startswith("case,")]
    for case in Case.objects.filter(public_id__in=refs).exclude(state="resolved"):
        annotate(case, says=f"The {WORK[row.model]} “{row.title}” was {word} in Odoo.", now=now)


def _rows(connection: str, model: str) -> QuerySet[LinkedRecord]:
    return LinkedRecord.objects.filter(connection=connection, model=model)
