"""The change feed: everything written since the cursor, streamed, and nothing read twice without a reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from apps.integrations.models import OdooGuard
from apps.integrations.odoo.follow.cursor import comes_of_age, is_late, move, set_back, since_of
from apps.integrations.odoo.follow.reading import PAGE, Reader, batched
from apps.integrations.odoo.follow.removed import find_removed
from apps.integrations.odoo.follow.store import set_aside, store_gone, take_back, take_in
from apps.integrations.odoo.follow.vanished import are_all, is_any_hidden
from apps.mirror.models import Feed, SetAside
from apps.mirror.specs import Column, Record, Spec, moment

LIST: Final = 5000
"""Records looked at together: what bounds the memory of a pass."""
_EDGE: Final = 20
_SLICE, _SLICE_AT_MOST = 500, 5000
_ROUND_S: Final = 600
"""Within this long every unsettled document is looked at once, as far as the largest slice allows."""
_MANY: Final = 50
"""More than these are not taken for deleted by one pass."""


@dataclass(slots=True)
class _Pass:
    """What one pass over one model looks at and learns."""

    spec: Spec
    feed: Feed
    elapsed_s: float  # since the last good pass, on our clock; never negative
    columns: list[Column]  # those that Odoo does not store, when it is their time
    expected: set[int]  # records that must be listed if they still are what they were
    newest: datetime | None = None
    edge: set[int] = field(default_factory=set)
    highest_id: int = 0
    late: datetime | None = None
    read: set[int] = field(default_factory=set)  # of those that were set aside


def follow(reader: Reader, spec: Spec, feed: Feed) -> None:
    """One pass. Where nothing was written it is one call to Odoo."""
    now = timezone.now()
    if not feed.highest_id:
        rows = spec.table._default_manager.filter(connection=feed.connection)
        feed.highest_id = rows.aggregate(highest=Max("odoo_id"))["highest"] or 0
    columns, open_ids = _refreshed(reader, spec, feed, now)
    elapsed_s = max((now - (feed.ok_at or feed.load_started_at or now)).total_seconds(), 0)
    this = _Pass(spec, feed, elapsed_s, columns, {*feed.edge, *open_ids})
    waiting = dict(
        SetAside.objects.filter(connection=feed.connection, model=spec.model).values_list(
            "odoo_id", "tries"
        )
    )
    known = reader.known(spec)
    fields = [name for column in columns if (name := column.on(known))]
    for page in reader.listed(spec, _domain(feed, open_ids), fields, LIST):
        for wanted in batched(_look(reader, this, page), PAGE):
            started = timezone.now()
            records = reader.by_ids(spec, wanted)
            take_in(reader, spec, records, started)
            find_removed(reader, spec, [record["id"] for record in records])
            this.read |= waiting.keys() & {record["id"] for record in records}
    if waiting:
        _try_again(reader, this, waiting)
    _settle(reader, this, now)


def _domain(feed: Feed, open_ids: list[int]) -> list[Any]:
    since = since_of(feed)
    if since is None:
        return []
    terms: list[Any] = [("write_date", ">=", f"{since:%Y-%m-%d %H:%M:%S}")]
    if (
        feed.highest_id
    ):  # a new record is seen whatever its stamp: Odoo's clock may have been set back
        terms = ["|", *terms, ("id", ">", feed.highest_id)]
    known = [*feed.edge, *open_ids]
    return ["|", *terms, ("id", "in", known)] if known else terms


def _refreshed(
    reader: Reader, spec: Spec, feed: Feed, now: datetime
) -> tuple[list[Column], list[int]]:
    """Columns that Odoo does not store and, when it is time, the next unsettled documents to look at.

    They ride along with the call that lists changes: a slice each interval costs no call of its own.
    """
    every = timedelta(seconds=int(settings.ODOO["interval_s"]))
    if not spec.unsettled or (
        feed.refreshed_at and timedelta(0) <= now - feed.refreshed_at < every
    ):
        return [], []
    unsettled: dict[str, Any] = {"state__in": spec.unsettled}
    rows = spec.table._default_manager.filter(
        connection=feed.connection, gone_at=None, odoo_id__gt=feed.refreshed_to_id, **unsettled
    )
    if not feed.refreshed_to_id or not feed.refresh_size:  # a round begins
        feed.refresh_size = slice_of(rows.count(), int(every.total_seconds()))
    open_ids = list(rows.order_by("odoo_id").values_list("odoo_id", flat=True)[: feed.refresh_size])
    feed.refreshed_at = now
    feed.refreshed_to_id = open_ids[-1] if len(open_ids) == feed.refresh_size else 0
    return [column for column in spec.columns if column.volatile], open_ids


def slice_of(unsettled: int, every_s: int) -> int:
    """How many unsettled documents to look at each time, so that all are within ten minutes; at most 5000 a call.

    Beyond 5000 times the intervals of ten minutes (50,000 at one a minute) a round takes longer.
    """
    slices = max(_ROUND_S // max(every_s, 1), 1)
    return min(max(-(-unsettled // slices), _SLICE), _SLICE_AT_MOST)


def _look(reader: Reader, this: _Pass, page: list[Record]) -> list[int]:
    """Which of these have to be read, and what the page tells of Odoo's clock."""
    rows = this.spec.table._default_manager.filter(
        connection=reader.connection, odoo_id__in=[r["id"] for r in page], gone_at=None
    )
    names = [column.name for column in this.columns]
    stored = {row["odoo_id"]: row for row in rows.values("odoo_id", "odoo_write_date", *names)}
    unread = []
    for record in page:
        written_at, row = moment(record["write_date"]), stored.get(record["id"])
        _note(this, record["id"], written_at)
        if (
            row is None
            or row["odoo_write_date"] != written_at
            or comes_of_age(this.feed, written_at, this.elapsed_s)
            or _was_recomputed(this, record, row)
        ):
            unread.append(record["id"])
    return unread


def _was_recomputed(this: _Pass, record: Record, row: dict[str, Any]) -> bool:
    """Whether a value that Odoo does not store is not what the mirror has."""
    return any(
        row[column.name] != column.convert(record[name])
        for column in this.columns
        if (name := column.on(record)) is not None
    )


def _note(this: _Pass, odoo_id: int, written_at: datetime | None) -> None:
    feed = this.feed
    if odoo_id not in feed.edge or (written_at and feed.cursor_at and written_at >= feed.cursor_at):
        this.expected.discard(odoo_id)
    if written_at is None:
        return
    if 0 < feed.highest_id < odoo_id and is_late(feed, written_at):
        this.late = min(this.late, written_at) if this.late else written_at
    this.highest_id = max(this.highest_id, odoo_id)
    if this.newest is None or written_at > this.newest:
        this.newest, this.edge = written_at, set()
    if written_at == this.newest and len(this.edge) < _EDGE:
        this.edge.add(odoo_id)


def _try_again(reader: Reader, this: _Pass, waiting: dict[int, int]) -> None:
    """Records that were set aside: read again when it is time, and given back once they can be stored."""
    spec, connection = this.spec, reader.connection
    due = [odoo_id for odoo_id in set_aside(connection, spec.model) if odoo_id not in this.read]
    started = timezone.now()
    for record in reader.by_ids(spec, due):
        take_in(reader, spec, [record], started, mend=[record["id"]])
    tried = this.read | set(due)
    still = SetAside.objects.filter(connection=connection, model=spec.model, odoo_id__in=tried)
    failed = {row.odoo_id for row in still if row.tries > waiting.get(row.odoo_id, 0)}
    take_back(connection, spec.model, tried - failed)


def _settle(reader: Reader, this: _Pass, now: datetime) -> None:
    """Move the cursor by what was learned, unless Odoo is not where we left it."""
    feed = this.feed
    if this.expected:
        older = _look_for(reader, this)
        if older is not None:
            feed.highest_id = reader.highest_id(this.spec)
            set_back(
                feed,
                older,
                f"Odoo's {this.spec.model} is older than what was read before: a backup was restored there, "
                "or its clock was set back. All is compared again.",
            )
            # In the restored database the same id may be another server action: bootstrap says which, anew.
            OdooGuard.objects.filter(connection=feed.connection).delete()
            return
    feed.highest_id = max(feed.highest_id, this.highest_id)
    if this.late is not None:
        set_back(
            feed,
            this.late,
            f"A new {this.spec.model} bears an old time: Odoo's clock was set back, or it worked on it for very "
            "long. All is compared again.",
        )
        return
    move(feed, this.newest, this.elapsed_s, now)
    feed.edge = sorted(this.edge) if this.newest == feed.cursor_at else []


def _look_for(reader: Reader, this: _Pass) -> datetime | None:
    """Records that were expected are not listed: deleted, out of our domain, or older than they were.

    Answers the time of the newest that is older, since such a thing does not happen to an Odoo that only goes on.
    """
    feed, spec = this.feed, this.spec
    found = {
        record["id"]: moment(record["write_date"])
        for record in reader.odoo.search_read(
            reader.model(spec), [("id", "in", sorted(this.expected))], ["write_date"]
        )
    }
    older = [
        at
        for odoo_id, at in found.items()
        if odoo_id in feed.edge and at and feed.cursor_at and at < feed.cursor_at
    ]
    if older:
        return max(older)
    if _are_deleted(reader, this, found):
        store_gone(feed.connection, spec, this.expected)
    if feed.edge and set(feed.edge) <= this.expected:  # nothing is left to tell a backup by
        Feed.objects.filter(pk=feed.pk).update(reconcile_asked_at=timezone.now())
    return None


def _are_deleted(reader: Reader, this: _Pass, found: Collection[int]) -> bool:
    """Whether what is not listed is gone, or out of our domain, beyond doubt.

    Very many at once, and all that there are, are left to the hourly reconciliation, which asks a person. A record
    that a rule hides is still there: the service user lost a right, and what it saw stands until a person says
    otherwise (`odoo_reconcile --all-gone`).
    """
    if len(this.expected) > _MANY or are_all(reader.connection, this.spec, len(this.expected)):
        return False
    unseen = sorted(this.expected - set(found))
    return not (unseen and is_any_hidden(reader, this.spec, unseen))
