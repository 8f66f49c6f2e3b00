"""The first load: every model by id, then every document projected once. Both go on where they stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from django.db import InterfaceError, OperationalError, transaction
from django.db import connection as database
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from apps.accounts.models import Customer
from apps.integrations.odoo.follow.cursor import first_place
from apps.integrations.odoo.follow.reach import DOCUMENTS
from apps.integrations.odoo.follow.reading import Reader, storing
from apps.integrations.odoo.follow.store import leave_out, take_in
from apps.integrations.odoo.line.errors import Unstorable
from apps.mirror.models import Feed, Mirrored, SaleOrder
from apps.mirror.specs import BY_MODEL, Spec, moment
from apps.shipments.projection import project

_CHUNK: Final = 500
"""Documents projected in one transaction: large enough to be quick, short enough not to hold back the journal."""
PROJECTED: Final = ("sale.order", "stock.picking", "purchase.order", "mrp.production")


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of a load: records so far, of how many, at which rate; phase is `loading` or `projecting`."""

    model: str
    loaded: int
    total: int
    per_s: float
    phase: str = "loading"

    @property
    def left_s(self) -> float | None:
        """Seconds left at this rate; None while it is not known."""
        return max(self.total - self.loaded, 0) / self.per_s if self.per_s else None


Show = Callable[[Progress], None] | None


def load(reader: Reader, spec: Spec, feed: Feed, deadline: float, show: Show) -> bool:
    """Mirror every record of a model, by id; False when the deadline came first.

    The change feed then starts at what was newest before the second page was read.
    """
    with _without_haste():
        return _load(reader, spec, feed, deadline, show)


@contextmanager
def _without_haste() -> Iterator[None]:
    """Commits that do not wait for the disk: their order is kept, so after a crash of PostgreSQL the load goes on
    where its surviving rows end.
    """
    _set("SET synchronous_commit = off")
    try:
        yield
    finally:
        with suppress(OperationalError, InterfaceError):  # a lost session takes its settings along
            _set("RESET synchronous_commit")


def _tell_planner(spec: Spec) -> None:
    """After 1, 2, 4, 8 … pages: a table that was empty a moment ago is planned as if it still were."""
    tables = {spec.table._meta.db_table}
    if spec.model == "res.partner":
        tables.add(Customer._meta.db_table)
    _set(f"ANALYZE {', '.join(sorted(tables))}")


def _set(statement: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement)


def _load(reader: Reader, spec: Spec, feed: Feed, deadline: float, show: Show) -> bool:
    begun, before = time.monotonic(), feed.loaded
    coming = reader.pages(spec, feed.loaded_to_id)
    for pages, (started, records, last) in enumerate(coming, start=1):
        begins = feed.load_started_at is None
        if begins:
            _begin(reader, spec, feed, [r.get("write_date") for r in records] if last else None)
            feed.load_total = len(records) if last else feed.load_total
        take_in(reader, spec, records, started, projects=False)
        if pages & (pages - 1) == 0 and not last:
            _tell_planner(spec)
        feed.loaded += len(records)
        feed.loaded_to_id = records[-1]["id"] if records else feed.loaded_to_id
        feed.highest_id = max(feed.highest_id, feed.loaded_to_id)
        feed.load_per_s = (feed.loaded - before) / max(time.monotonic() - begun, 0.001)
        feed.load_done_at = timezone.now() if last else None
        feed.save(update_fields=[
            "loaded", "loaded_to_id", "highest_id", "load_per_s", "load_done_at", "load_started_at", "load_total",
            *(["cursor_at"] if begins else []),  # later it may have been set back meanwhile
        ])  # fmt: skip
        if show:
            show(Progress(spec.model, feed.loaded, feed.load_total or 0, feed.load_per_s))
        if not last and time.monotonic() > deadline:
            return False
    return True


def _begin(reader: Reader, spec: Spec, feed: Feed, written: list[object] | None) -> None:
    """Where the change feed will start: a load of one page says it itself, a longer one asks."""
    feed.load_started_at = timezone.now()
    if written is None:
        feed.load_total, feed.cursor_at = reader.count(spec), moment(reader.newest(spec))
    else:
        feed.cursor_at = max((at for text in written if (at := moment(text))), default=None)
    feed.cursor_at = first_place(feed.cursor_at, feed.load_started_at)


def is_loaded(connection: str) -> bool:
    """Whether every model that this Odoo has is mirrored."""
    return not Feed.objects.filter(
        connection=connection, model__in=BY_MODEL, load_done_at=None, absent=False
    ).exists()


def project_loaded(connection: str, deadline: float, show: Show) -> bool:
    """Make orders, shipments and supplies of what was loaded, each once; False when the deadline came first."""
    waiting = Feed.objects.filter(
        connection=connection, model__in=BY_MODEL, projected_at=None, absent=False
    )
    for feed in sorted(waiting, key=lambda feed: list(BY_MODEL).index(feed.model)):
        if feed.model in PROJECTED and not _project_model(feed, deadline, show):
            return False
        feed.projected_at = timezone.now()
        feed.save(update_fields=["projected_at"])
    return True


def _project_model(feed: Feed, deadline: float, show: Show) -> bool:
    begun, before = time.monotonic(), feed.projected
    rows = _alone(feed.connection, feed.model)
    if feed.project_total is None:
        feed.project_total = rows.count()
    while True:
        chunk = list(
            rows.filter(odoo_id__gt=feed.projected_to_id)
            .order_by("odoo_id")
            .values_list("odoo_id", flat=True)[:_CHUNK]
        )
        if not chunk:
            return True
        with transaction.atomic():
            _project_chunk(feed.connection, feed.model, chunk)
            feed.projected += len(chunk)
            feed.projected_to_id = chunk[-1]
            feed.load_per_s = (feed.projected - before) / max(time.monotonic() - begun, 0.001)
            feed.save(update_fields=["projected", "projected_to_id", "project_total", "load_per_s"])
        if show:
            show(
                Progress(
                    feed.model, feed.projected, feed.project_total, feed.load_per_s, "projecting"
                )
            )
        if time.monotonic() > deadline:
            return False


def _alone(connection: str, model: str) -> QuerySet[Mirrored]:
    """Documents that no other brings along: an order brings its transfers and invoices."""
    rows: QuerySet[Mirrored] = BY_MODEL[model].table._default_manager.filter(connection=connection)
    if model != "stock.picking":
        return rows
    orders = SaleOrder.objects.filter(connection=connection, odoo_id=OuterRef("order_odoo_id"))
    return rows.filter(~Exists(orders))


def _project_chunk(connection: str, model: str, odoo_ids: list[int]) -> None:
    try:
        with storing(model), transaction.atomic():
            project(connection, **{DOCUMENTS[model]: odoo_ids})
    except Unstorable as error:
        if len(odoo_ids) == 1:
            leave_out(connection, BY_MODEL[model], odoo_ids[0], error)
            return
        middle = len(odoo_ids) // 2
        for part in (odoo_ids[:middle], odoo_ids[middle:]):
            _project_chunk(connection, model, part)
