"""Where the change feed of one model stands: on Odoo's clock, with durations on ours, and neither taken for the other.

Odoo stamps a record with the start of its transaction and shows it when that commits (FACTS 6). Either clock may be
wrong, leap or be set back, and a backup may be restored: what was seen can then be newer than what comes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.mirror.models import Feed

log = structlog.get_logger(__name__)

_HASTE: Final = 1.1
"""How much faster than time a doubtful cursor may move, so that one that lags comes up again."""
_AHEAD: Final = timedelta(minutes=5)
_FURTHEST: Final = timedelta(days=1)
"""No clock is set back by more; what looks like it is something else, and reconciling finds it."""


def overlap() -> timedelta:
    """How far a pass looks back: longer than Odoo's longest transaction."""
    return timedelta(seconds=settings.ODOO["overlap_s"])


def since_of(feed: Feed) -> datetime | None:
    """From where to ask, on Odoo's clock; None for everything.

    Once nothing newer came for twice the overlap no transaction that old can still be open, and only what is newer
    than the cursor is asked for: thousands of records may share its second.
    """
    if feed.cursor_at is None:
        return None
    settled = feed.quiet_s >= 2 * overlap().total_seconds()
    return feed.cursor_at + (timedelta(seconds=1) if settled else -overlap())


def comes_of_age(feed: Feed, written_at: datetime | None, elapsed_s: float) -> bool:
    """Whether a record that is mirrored as of this very second is read again: it is young, or passed 4, 8, 16 … s of age.

    Two transactions of one second look alike. The one that would go unseen is as long as the record's age by now,
    or its stamp would be younger: so it is found no later than twice its own length.
    """
    if written_at is None:
        return False
    if feed.cursor_at is None:
        return True  # the first record of a model that was empty: a hint may have read it in that very second
    before_s = (feed.cursor_at - written_at).total_seconds() + max(feed.quiet_s, 0)
    if before_s < 2:
        return True  # it may have been read in the second in which it was written
    after_s, step_s = before_s + elapsed_s, 4.0
    while step_s <= 2 * overlap().total_seconds():
        if before_s < step_s <= after_s:
            return True
        step_s *= 2
    return False


def move(feed: Feed, newest: datetime | None, elapsed_s: float, now: datetime) -> None:
    """Move the cursor to what was newest in a pass; quiet_s is how long it has stood, by passes.

    Where Odoo's clock was set back (quiet_s is negative until it has caught up) or runs ahead of ours, the cursor
    goes no further than time did, or what is written meanwhile would lie behind it.
    """
    to = newest
    if newest and feed.cursor_at and (feed.quiet_s < 0 or newest > now + _AHEAD):
        passed_s = (max(feed.quiet_s, 0) + elapsed_s) * _HASTE + 1
        to = min(newest, feed.cursor_at + timedelta(seconds=passed_s)).replace(microsecond=0)
    # Our own clock may have leapt: one pass counts for no more than a few intervals.
    counted_s = min(elapsed_s, 4.0 * int(settings.ODOO["interval_s"]))
    if to is not None and (feed.cursor_at is None or to > feed.cursor_at):
        feed.cursor_at = to
        feed.quiet_s = min(feed.quiet_s + counted_s, 0)
    else:
        feed.quiet_s += counted_s


def first_place(newest: datetime | None, now: datetime) -> datetime | None:
    """Where to start: at the newest record, unless it was written when Odoo's clock was ahead of time."""
    return now.replace(microsecond=0) if newest and newest > now + _AHEAD else newest


def is_late(feed: Feed, written_at: datetime) -> bool:
    """Whether a record that is new bears a time from before what we still look at, though not from long ago."""
    since = since_of(feed)
    if since is None or feed.cursor_at is None:
        return False
    return feed.cursor_at - _FURTHEST <= written_at < since - overlap()


def set_back(feed: Feed, to: datetime, says: str) -> None:
    """Look again from an earlier time, in all models of this Odoo, and have all compared.

    A pass over another model may be under way: it began before, and what it learned of its place no longer counts
    (`keep_place`).
    """
    log.warning("odoo_feed_set_back", connection=feed.connection, model=feed.model, reason=says)
    for pk in Feed.objects.filter(connection=feed.connection).values_list("pk", flat=True):
        with transaction.atomic():
            row = Feed.objects.select_for_update().get(pk=pk)
            row.set_backs += 1
            here = row if pk != feed.pk else feed
            here.set_backs = row.set_backs
            here.reconcile_asked_at, here.notice = timezone.now(), says
            if here.cursor_at is not None and to < here.cursor_at:
                back = max(to, here.cursor_at - _FURTHEST)
                here.quiet_s = -(here.cursor_at - back).total_seconds()
                here.cursor_at, here.edge = back, []
            here.save(update_fields=["set_backs", "reconcile_asked_at", "notice", *_PLACE])


_PLACE: Final = ("cursor_at", "quiet_s", "edge")


def keep_place(feed: Feed) -> bool:
    """Store where a pass ended, unless the feed was set back meanwhile; False then, and the row's place stands."""
    mine = Feed.objects.filter(pk=feed.pk, set_backs=feed.set_backs)
    return bool(mine.update(**{name: getattr(feed, name) for name in _PLACE}))
