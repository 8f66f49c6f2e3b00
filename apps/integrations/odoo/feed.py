"""The one way Odoo's records come in: first load, change feed and Odoo's hints all end in `store`.

Polling is the source of truth, hints only make it quick. A transaction never stays open while Odoo is asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.integrations.odoo import outage
from apps.integrations.odoo.client import DEFAULT
from apps.integrations.odoo.errors import LoginRefused, OdooAway, OdooError
from apps.integrations.odoo.locks import only_one
from apps.integrations.odoo.reach import affected_by
from apps.integrations.odoo.reading import PAGE, Reader, batched, storing
from apps.journal.correlation import bound
from apps.mirror.models import Feed
from apps.mirror.services import Changes, upsert
from apps.mirror.specs import BY_MODEL, SPECS, Record, Spec, moment
from apps.shipments.projection import project

_EARLY = timedelta(seconds=2.5)
"""Half of beat's 5 s: what falls due sooner is read now, or the polling interval would grow to beat's next wake-up."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of a load: records so far, of how many, at which rate."""

    model: str
    loaded: int
    total: int
    per_s: float

    @property
    def left_s(self) -> float | None:
        """Seconds left at this rate; None while it is not known."""
        return max(self.total - self.loaded, 0) / self.per_s if self.per_s else None


def store(
    connection: str, batches: Iterable[tuple[Spec, Sequence[Record]]], read_started_at: datetime
) -> list[Changes]:
    """Upsert and, in the same transaction, bring the tower's orders and shipments up to what changed.

    Raises Unstorable, with nothing stored.
    """
    batches = list(batches)
    with storing(", ".join(spec.model for spec, _ in batches)), transaction.atomic():
        changes = [
            upsert(connection, spec.model, records, read_started_at) for spec, records in batches
        ]
        touched = affected_by(connection, changes)
        if touched:
            project(
                connection,
                orders=touched.orders,
                pickings=touched.pickings,
                invoices=touched.invoices,
            )
    return changes


def read_now(connection: str, wanted: dict[str, Iterable[int]]) -> None:
    """Read these records (Odoo ids by model) now, with what belongs to them; raises OdooError."""
    reader = Reader(connection)
    started = timezone.now()
    batches: list[tuple[Spec, list[Record]]] = []
    for model, ids in wanted.items():
        spec = BY_MODEL[model]
        batches.append((spec, reader.by_ids(spec, sorted(ids))))
        for child, pointer in (("sale.order.line", "order_id"), ("stock.move", "picking_id")):
            if (model, child) in (
                ("sale.order", "sale.order.line"),
                ("stock.picking", "stock.move"),
            ):
                batches.append(
                    (BY_MODEL[child], reader.where(BY_MODEL[child], [(pointer, "in", sorted(ids))]))
                )
    for spec, records in batches:
        reader.bring_pointed(spec, records)
    store(connection, sorted(batches, key=lambda batch: SPECS.index(batch[0])), started)


def prepare(connection: str = DEFAULT, *, again: bool = False) -> None:
    """A feed for every model; again starts the load from the first record (what did not change stays as it is)."""
    Feed.objects.bulk_create(
        [Feed(connection=connection, model=spec.model) for spec in SPECS], ignore_conflicts=True
    )
    if again:
        Feed.objects.filter(connection=connection).update(
            loaded_to_id=0,
            loaded=0,
            load_total=None,
            load_started_at=None,
            load_done_at=None,
            due_at=None,
        )


def run(
    connection: str = DEFAULT,
    *,
    budget_s: float = 20,
    show: Callable[[Progress], None] | None = None,
    between: Callable[[], object] | None = None,
) -> bool:
    """Advance every feed that is due; True when a first load has more to do. Never raises OdooError.

    budget_s bounds a first load, so that a worker comes round to other work; between is called after each model.
    """
    prepare(connection)
    deadline = time.monotonic() + budget_s
    reader = Reader(connection)
    for spec in SPECS:
        with only_one(f"odoo.feed/{connection}/{spec.model}") as mine, bound(None):
            if not mine:
                continue
            feed = Feed.objects.get(connection=connection, model=spec.model)
            if feed.due_at and feed.due_at > timezone.now() + _EARLY:
                continue
            try:
                if _absent(reader, spec, feed):
                    continue
                finished = _advance(reader, spec, feed, deadline, show)
            except OdooError as error:
                outage.failed(feed, error)
                if isinstance(error, OdooAway | LoginRefused):
                    return False
                continue
        if between:
            between()
        if not finished:
            return True
    return False


def _absent(reader: Reader, spec: Spec, feed: Feed) -> bool:
    """Whether this Odoo has no such model, since the app is not installed; looked at again in a while."""
    feed.absent = reader.on(spec) is None
    if feed.absent:
        outage.ended(feed)
        feed.ran_at = feed.ok_at = timezone.now()
        feed.due_at = feed.ran_at + timedelta(seconds=int(settings.ODOO["master_interval_s"]))
    feed.save(update_fields=["absent", "ran_at", "ok_at", "due_at"])
    return feed.absent


def _advance(
    reader: Reader, spec: Spec, feed: Feed, deadline: float, show: Callable[[Progress], None] | None
) -> bool:
    """One pass over one model; False when its first load ran out of time."""
    started = timezone.now()
    if feed.load_done_at is None:
        if not _load(reader, spec, feed, deadline, show):
            return False
    else:
        _follow(reader, spec, feed)
    outage.ended(feed)
    feed.ran_at = feed.ok_at = started
    feed.due_at = started + timedelta(seconds=_interval_s(spec))
    feed.save(update_fields=["ran_at", "ok_at", "due_at", "cursor_at"])
    return True


def _interval_s(spec: Spec) -> int:
    name = {"open": "open_interval_s", "other": "interval_s", "master": "master_interval_s"}[
        spec.pace
    ]
    return int(settings.ODOO[name])


def _load(
    reader: Reader, spec: Spec, feed: Feed, deadline: float, show: Callable[[Progress], None] | None
) -> bool:
    """The first load, by id, resumed where it stopped; the change feed then starts at what was newest before it."""
    if feed.load_started_at is None:
        feed.load_total, feed.cursor_at = reader.count(spec), moment(reader.newest(spec))
        feed.load_started_at = timezone.now()
        feed.save(update_fields=["load_total", "cursor_at", "load_started_at"])
    begun, before = time.monotonic(), feed.loaded
    while True:
        started = timezone.now()
        records = reader.after(spec, feed.loaded_to_id, PAGE)
        reader.bring_pointed(spec, records)
        with transaction.atomic():
            store(reader.connection, [(spec, records)], started)
            feed.loaded += len(records)
            feed.loaded_to_id = records[-1]["id"] if records else feed.loaded_to_id
            if len(records) < PAGE:
                feed.load_done_at = timezone.now()
            feed.save(update_fields=["loaded", "loaded_to_id", "load_done_at"])
        if show:
            took_s = max(time.monotonic() - begun, 0.001)
            show(
                Progress(
                    spec.model, feed.loaded, feed.load_total or 0, (feed.loaded - before) / took_s
                )
            )
        if feed.load_done_at:
            return True
        if time.monotonic() > deadline:
            return False


def _follow(reader: Reader, spec: Spec, feed: Feed) -> None:
    """The change feed: everything written since the cursor, less what provably was read already."""
    listed = reader.written_since(spec, _since(feed))
    settled_at = feed.ok_at - 2 * _overlap() if feed.ok_at else None
    stored = dict(
        spec.table._default_manager.filter(
            connection=reader.connection, odoo_id__in=[r["id"] for r in listed], gone_at=None
        ).values_list("odoo_id", "odoo_write_date")
    )
    newest = feed.cursor_at
    unread: list[int] = []
    for record in listed:
        written_at = moment(record["write_date"])
        if written_at is not None:
            newest = max(newest, written_at) if newest else written_at
        settled = settled_at is not None and written_at is not None and written_at < settled_at
        if not (settled and stored.get(record["id"]) == written_at):
            unread.append(record["id"])
    for ids in batched(unread, PAGE):
        started = timezone.now()
        records = reader.by_ids(spec, ids)
        reader.bring_pointed(spec, records)
        store(reader.connection, [(spec, records)], started)
    feed.cursor_at = newest


def _overlap() -> timedelta:
    return timedelta(seconds=settings.ODOO["overlap_s"])


def _since(feed: Feed) -> datetime | None:
    """From where to ask: write_date is the start of a transaction, seen only when it commits (FACTS 6).

    So a pass looks back by the overlap from the newest record seen; once nothing newer came for twice the
    overlap, no transaction that old can still be open and the cursor itself is enough.
    """
    if feed.cursor_at is None:
        return None
    back = feed.cursor_at - _overlap()
    if feed.ok_at is None:
        return back
    return max(back, min(feed.cursor_at, feed.ok_at - 2 * _overlap()))


def lag_s(connection: str = DEFAULT) -> float | None:
    """Seconds since the feed that is furthest behind was last read well; None before the first load."""
    oldest = [feed.ok_at for feed in Feed.objects.filter(connection=connection)]
    known = [at for at in oldest if at]
    if not known or len(known) < len(oldest):
        return None
    return (timezone.now() - min(known)).total_seconds()
