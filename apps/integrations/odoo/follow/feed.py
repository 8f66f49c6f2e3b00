"""The one way Odoo's records come in: first load, change feed and Odoo's hints all end in `store`.

Polling is the source of truth, hints only make it quick. A transaction never stays open while Odoo is asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apps.integrations.odoo.follow import outage, rereading
from apps.integrations.odoo.follow.cursor import keep_place
from apps.integrations.odoo.follow.following import follow
from apps.integrations.odoo.follow.loading import Progress, Show, is_loaded, load, project_loaded
from apps.integrations.odoo.follow.reading import Reader
from apps.integrations.odoo.follow.store import read_now
from apps.integrations.odoo.line.client import DEFAULT
from apps.integrations.odoo.line.errors import LoginRefused, OdooAway, OdooError
from apps.integrations.odoo.line.locks import only_one
from apps.journal.correlation import bound
from apps.mirror.models import Feed
from apps.mirror.specs import SPECS, Spec

__all__ = ["Progress", "advance_one", "interval_s", "lag_s", "prepare", "read_now", "run"]

_EARLY = timedelta(seconds=2.5)
"""Half of beat's 5 s: what falls due sooner is read now, or the polling interval would grow to beat's next wake-up."""


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
            project_total=None,
            projected=0,
            projected_to_id=0,
            projected_at=None,
            reread_to_id=None,
            due_at=None,
        )


def run(
    connection: str = DEFAULT,
    *,
    budget_s: float = 20,
    show: Show = None,
    between: Callable[[], object] | None = None,
) -> bool:
    """Advance every feed that is due; True when a first load has more to do. Never raises OdooError.

    budget_s bounds a first load, so that a worker comes round to other work; between is called after each model.
    """
    prepare(connection)
    deadline = time.monotonic() + budget_s
    with Reader(connection, _to_load(connection)) as reader:
        for spec in SPECS:
            with only_one(_lock(connection, spec)) as mine, bound(None):
                if not mine:
                    continue
                feed = Feed.objects.get(connection=connection, model=spec.model)
                if feed.due_at and feed.due_at > timezone.now() + _EARLY:
                    continue
                try:
                    finished = _advance(reader, spec, feed, deadline, show)
                except OdooError as error:
                    reader.forget()
                    outage.failed(feed, error)
                    if isinstance(error, OdooAway | LoginRefused):
                        return False
                    continue
            if between:
                between()
            if not finished:
                return True
        if _project(connection, deadline, show):
            return True
        return rereading.go_on(reader, deadline, lock=_lock)


def _to_load(connection: str) -> dict[str, int]:
    """Models whose first load is not done, with the last id loaded."""
    feeds = Feed.objects.filter(connection=connection, load_done_at=None, absent=False)
    reached = dict(feeds.values_list("model", "loaded_to_id"))
    return {spec.model: reached[spec.model] for spec in SPECS if spec.model in reached}


def advance_one(reader: Reader, spec: Spec) -> bool:
    """One pass over one model now, due or not; False where somebody else is at it or its load is not done.

    Raises OdooError.
    """
    with only_one(_lock(reader.connection, spec)) as mine:
        feed = Feed.objects.filter(connection=reader.connection, model=spec.model).first()
        if not mine or feed is None or feed.load_done_at is None:
            return False
        return _advance(reader, spec, feed, 0, None)


def _lock(connection: str, spec: Spec) -> str:
    return f"odoo.feed/{connection}/{spec.model}"


def _project(connection: str, deadline: float, show: Show) -> bool:
    """After a first load; True when there is more to do."""
    waiting = Feed.objects.filter(connection=connection, projected_at=None, absent=False)
    if not waiting.exists() or not is_loaded(connection):
        return False
    with only_one(f"odoo.project/{connection}") as mine, bound(None):
        return mine and not project_loaded(connection, deadline, show)


def _advance(reader: Reader, spec: Spec, feed: Feed, deadline: float, show: Show) -> bool:
    """One pass over one model; False when its first load ran out of time."""
    started = timezone.now()
    feed.absent = reader.on(spec) is None
    if not feed.absent:
        rereading.compare_columns(reader, spec, feed)
        if feed.load_done_at is None:
            if not load(reader, spec, feed, deadline, show):
                return False
        else:
            follow(reader, spec, feed)
    outage.ended(feed)
    feed.ran_at = feed.ok_at = started
    feed.due_at = started + timedelta(seconds=interval_s(spec, absent=feed.absent))
    if not keep_place(feed):
        feed.due_at = None  # set back while this pass ran: look again at once
    feed.save(update_fields=[
        "absent", "ran_at", "ok_at", "due_at", "highest_id", "refreshed_at", "refreshed_to_id", "refresh_size",
    ])  # fmt: skip
    return True


def interval_s(spec: Spec, *, absent: bool) -> int:
    """Seconds from one reading of a model to the next.

    A model that this Odoo does not have is looked for as seldom as master data: its app may be installed.
    """
    pace = "master" if absent else spec.pace
    name = {"open": "open_interval_s", "other": "interval_s", "master": "master_interval_s"}[pace]
    return int(settings.ODOO[name])


def lag_s(connection: str = DEFAULT) -> float | None:
    """Seconds since the feed that is furthest behind was last read well; None before the first load."""
    oldest = [feed.ok_at for feed in Feed.objects.filter(connection=connection)]
    known = [at for at in oldest if at]
    if not known or len(known) < len(oldest):
        return None
    return (timezone.now() - min(known)).total_seconds()
