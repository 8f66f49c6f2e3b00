"""Where every way in ends: the mirror's rows and, in the same transaction, what the tower makes of them.

A record that cannot be stored holds nobody up: it is set aside with its reason, tried again later, and a case says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.exceptions.services import Evidence, clear_case, open_case
from apps.integrations.deadlocks import tried_twice
from apps.integrations.odoo.follow.reach import affected_by
from apps.integrations.odoo.follow.reading import PAGE, Reader, batched, storing
from apps.integrations.odoo.line.errors import Unstorable
from apps.mirror.models import Feed, SetAside
from apps.mirror.services import Changes, mark_gone, upsert
from apps.mirror.specs import BY_MODEL, SPECS, Record, Spec, ids
from apps.shipments.projection import project

_FIRST_REST, _LONGEST_REST = timedelta(minutes=1), timedelta(hours=6)
_CHILDREN = {
    "sale.order": ("sale.order.line", "order_id"),
    "stock.picking": ("stock.move", "picking_id"),
    "purchase.order": ("purchase.order.line", "order_id"),
}

GO_ALONG: Final = {
    "sale.order": (("sale.order.line", "order_odoo_id"),),
    "stock.picking": (("stock.move", "picking_odoo_id"), ("stock.move.line", "picking_odoo_id")),
    "purchase.order": (("purchase.order.line", "order_odoo_id"),),
    "mrp.production": (
        ("mrp.workorder", "production_odoo_id"),
        ("stock.move", "raw_production_odoo_id"),
        ("stock.move", "production_odoo_id"),
    ),
}
"""What Odoo deletes with a document. One that only moved to another comes back with its own next pass."""


def store(
    connection: str,
    batches: Iterable[tuple[Spec, Sequence[Record]]],
    read_started_at: datetime,
    *,
    projects: bool = True,
    mend: Collection[int] = (),
) -> list[Changes]:
    """Upsert and, in the same transaction, bring the tower's documents up to what changed.

    projects is False for a first load, which projects when everything is there. Raises Unstorable, with nothing
    stored. mend: see `upsert`.
    """
    batches = list(batches)

    def stored() -> list[Changes]:
        with transaction.atomic():
            changes = [
                upsert(connection, spec.model, records, read_started_at, mend=mend)
                for spec, records in batches
            ]
            if projects:
                _project(connection, changes)
            return changes

    with storing(", ".join(spec.model for spec, _ in batches)):
        return tried_twice(stored)


def store_gone(connection: str, spec: Spec, odoo_ids: Iterable[int]) -> list[int]:
    """Odoo no longer has these records, or no longer among what we mirror: marked, and what stood on them follows."""
    now = timezone.now()
    with transaction.atomic():
        gone = mark_gone(connection, spec.model, odoo_ids, now)
        children = [
            Changes(
                child,
                gone=mark_gone(connection, child, _below(connection, child, pointer, gone), now),
            )
            for child, pointer in GO_ALONG.get(spec.model, ())
        ]
        _project(connection, [Changes(spec.model, gone=gone), *children])
    return gone


def _below(connection: str, child: str, pointer: str, parents: Collection[int]) -> list[int]:
    rows = BY_MODEL[child].table._default_manager.filter(
        connection=connection, gone_at=None, **{f"{pointer}__in": list(parents)}
    )
    return list(rows.values_list("odoo_id", flat=True))


def _project(connection: str, changes: Sequence[Changes]) -> None:
    touched = affected_by(connection, changes)
    if touched:
        project(
            connection,
            orders=touched.orders,
            pickings=touched.pickings,
            invoices=touched.invoices,
            purchases=touched.purchases,
            productions=touched.productions,
        )


def take_in(
    reader: Reader,
    spec: Spec,
    records: Sequence[Record],
    started: datetime,
    *,
    projects: bool = True,
    mend: Collection[int] = (),
) -> Changes:
    """Store what was read of one model, with what it points to; what cannot be stored is set aside."""
    if not records:
        return Changes(spec.model)
    _bring(reader, spec, records)
    try:
        [changes] = store(
            reader.connection, [(spec, records)], started, projects=projects, mend=mend
        )
    except Unstorable as error:
        if len(records) == 1:
            leave_out(reader.connection, spec, records[0]["id"], error)
            return Changes(spec.model)
        middle = len(records) // 2
        parts = [
            take_in(reader, spec, part, started, projects=projects, mend=mend)
            for part in (records[:middle], records[middle:])
        ]
        return _joined(spec, parts)
    if projects and spec.echoes:
        _follow_echoes(reader, spec, records, changes)
    return changes


def _bring(reader: Reader, spec: Spec, records: Sequence[Record]) -> None:
    """What they point to, if it can be stored: its own feed says when not, and sets it aside."""
    try:
        reader.bring_pointed(spec, records)
    except Unstorable:
        return


def _joined(spec: Spec, parts: Iterable[Changes]) -> Changes:
    whole = Changes(spec.model)
    for part in parts:
        whole.new += part.new
        whole.changed += part.changed
        whole.fields |= part.fields
        whole.before |= part.before
    return whole


def _follow_echoes(reader: Reader, spec: Spec, records: Sequence[Record], changes: Changes) -> None:
    """Read the other end of links that Odoo keeps on both records and dates on one (`Spec.echoes`)."""
    touched = set(changes.touched)
    others: set[int] = set()
    for column in spec.columns:
        if column.name in spec.echoes:
            for record in records:
                if record["id"] in touched:
                    now = set(ids(next((record[n] for n in column.source if n in record), None)))
                    was = changes.before.get(record["id"], {}).get(column.name) or []
                    others |= now ^ set(was)
    for wanted in batched(sorted(others - {record["id"] for record in records}), PAGE):
        started = timezone.now()
        store(reader.connection, [(spec, reader.by_ids(spec, wanted))], started)


def read_now(connection: str, wanted: Mapping[str, Iterable[int]]) -> None:
    """Read these records (Odoo ids by model) now, with what belongs to them; raises OdooError."""
    reader = Reader(connection)
    started = timezone.now()
    batches: list[tuple[Spec, list[Record]]] = []
    for model, odoo_ids in wanted.items():
        spec = BY_MODEL[model]
        batches.append((spec, reader.by_ids(spec, sorted(odoo_ids))))
        child, pointer = _CHILDREN.get(model, ("", ""))
        if child:
            lines = BY_MODEL[child]
            batches.append((lines, reader.where(lines, [(pointer, "in", sorted(odoo_ids))])))
    batches.sort(key=lambda batch: SPECS.index(batch[0]))
    for spec, records in batches:
        _bring(reader, spec, records)
    try:
        store(connection, batches, started)
    except Unstorable:
        for spec, records in batches:
            take_in(reader, spec, records, started)


def set_aside(connection: str, model: str) -> list[int]:
    """Odoo ids of records that were set aside and are to be tried again now."""
    rows = SetAside.objects.filter(
        connection=connection, model=model, try_again_at__lte=timezone.now()
    )
    return list(rows.order_by("odoo_id").values_list("odoo_id", flat=True)[:PAGE])


def take_back(connection: str, model: str, odoo_ids: Iterable[int]) -> None:
    """These could be stored after all, or are no more: nothing of them is set aside any longer."""
    with transaction.atomic():
        taken, _ = SetAside.objects.filter(
            connection=connection, model=model, odoo_id__in=list(odoo_ids)
        ).delete()
        if taken:
            _say(connection, model)


def leave_out(connection: str, spec: Spec, odoo_id: int, error: Unstorable) -> None:
    """Set one record aside: its reason stands on a row, in the feed's notice and in a case; it is tried again."""
    now = timezone.now()
    with transaction.atomic():
        row, new = SetAside.objects.select_for_update().get_or_create(
            connection=connection,
            model=spec.model,
            odoo_id=odoo_id,
            defaults={
                "reason": error.says,
                "since_at": now,
                "tried_at": now,
                "try_again_at": now + _FIRST_REST,
            },
        )
        if not new:
            row.tries, row.tried_at, row.reason = row.tries + 1, now, error.says
            row.try_again_at = now + min(_LONGEST_REST, _FIRST_REST * 2 ** min(row.tries - 1, 12))
            row.save(update_fields=["tries", "tried_at", "reason", "try_again_at"])
        _say(connection, spec.model)


def aside_says(connection: str, model: str) -> str:
    """What a feed's notice says of records that are set aside; empty where none is."""
    odoo_ids = list(_aside(connection, model).values_list("odoo_id", flat=True))
    if not odoo_ids:
        return ""
    named = ", ".join(str(odoo_id) for odoo_id in odoo_ids[:10])
    return f"{len(odoo_ids)} set aside, since it cannot be stored: {named}"


def _aside(connection: str, model: str) -> QuerySet[SetAside]:
    return SetAside.objects.filter(connection=connection, model=model).order_by("odoo_id")


def _say(connection: str, model: str) -> None:
    """Keep the feed's notice and the case in step with what is set aside."""
    rows = list(_aside(connection, model))
    dedupe, now = f"odoo:{connection}:{model}:aside", timezone.now()
    Feed.objects.filter(connection=connection, model=model).update(
        notice=aside_says(connection, model)
    )
    if not rows:
        clear_case(dedupe, says="Everything that Odoo has could be stored.", now=now)
        return
    open_case(
        "integration_down",
        dedupe,
        title=f"A record of {model} cannot be stored",
        subject=f"odoo:{connection}",
        evidence=[
            Evidence("odoo", f"odoo:{connection}:{model}:{row.odoo_id}", row.reason[:300], now)
            for row in rows[:20]
        ],
        now=now,
    )
