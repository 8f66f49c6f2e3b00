"""Subscribers: who hears which kinds, and the loop that hands entries over exactly once.

A cursor on the id alone would lose entries of transactions that commit late, so the cursor is
(xid, id) and only entries below `pg_snapshot_xmin` are handed over (DESIGN, "One event's way").
The cursor moves in the handler's own transaction: what the handler did and that it did it commit together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.journal import stopping
from apps.journal.correlation import bound
from apps.journal.models import Cursor, Entry, StuckEntry

log = structlog.get_logger(__name__)

BATCH = 500
ATTEMPTS = 8
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
_HORIZON_OF_OWN = (
    "SELECT greatest(pg_snapshot_xmax(pg_current_snapshot()), pg_current_xact_id_if_assigned())"
    "::text"
)
Handler = Callable[[list[Entry]], None]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A named reader of the journal. Urgent ones are drained first: open screens wait for them."""

    name: str
    kinds: tuple[str, ...]
    handle: Handler
    urgent: bool = False


_subscribers: dict[str, Subscriber] = {}


def subscribe(name: str, *kinds: str, urgent: bool = False) -> Callable[[Handler], Handler]:
    """Register a handler that takes lists of entries of the given kinds, in journal order."""

    def register(handle: Handler) -> Handler:
        if name in _subscribers:
            raise ValueError(f"subscriber {name} is declared twice")
        _subscribers[name] = Subscriber(name, kinds, handle, urgent)
        return handle

    return register


def all_subscribers() -> list[Subscriber]:
    """All registered subscribers, the urgent ones first, then by name."""
    return sorted(_subscribers.values(), key=lambda one: (not one.urgent, one.name))


def get(name: str) -> Subscriber:
    """The registered subscriber; KeyError when there is none of that name."""
    return _subscribers[name]


def drain(subscriber: Subscriber, limit: int = BATCH) -> int:
    """Hand over what has settled since the cursor; returns how many entries were handled.

    Returns 0 when another process holds this cursor or it rests after a failure. A batch that fails is
    tried one entry at a time; the guilty one is tried again with growing rests and then set aside
    (StuckEntry), so that one bad entry never stops the others.
    """
    handled = 0
    while True:
        try:
            count, more = _drain_once(subscriber, limit)
        except Exception as error:  # noqa: BLE001  whatever it is, it is kept with its reason on the cursor
            _record_failure(subscriber, error)
            return handled
        handled += count
        if not more or stopping.asked():
            return handled


def _drain_once(subscriber: Subscriber, limit: int) -> tuple[int, bool]:
    horizon = _horizon()
    newest = _newest_settled(horizon)
    if newest is None or _stands_at(subscriber) >= newest:
        return 0, False
    with transaction.atomic():
        cursor = (
            Cursor.objects.select_for_update(skip_locked=True)
            .filter(subscriber=subscriber.name)
            .first()
        )
        if cursor is None:
            Cursor.objects.bulk_create([Cursor(subscriber=subscriber.name)], ignore_conflicts=True)
            return 0, not _locked(subscriber.name)
        if cursor.retry_at and cursor.retry_at > timezone.now():
            return 0, False
        size = 1 if cursor.failures else limit
        entries = _read(subscriber, cursor, horizon, size)
        if entries:
            with bound(entries[0].correlation_id):
                subscriber.handle(entries)
        full = len(entries) == size
        cursor.xid, cursor.entry_id = (entries[-1].xid, entries[-1].id) if full else newest
        cursor.failures, cursor.last_error, cursor.retry_at = 0, "", None
        cursor.save()
    return len(entries), full


def _newest_settled(horizon: int) -> tuple[int, int] | None:
    """(xid, id) of the last entry below the horizon, of whatever kind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entry.xid::text AS number, id FROM journal_entry AS entry WHERE xid < %s::text::xid8"
            " ORDER BY entry.xid DESC, id DESC LIMIT 1",  # the column: a text would sort 958 above 1245
            [str(horizon)],
        )
        row = cursor.fetchone()
    return (int(row[0]), row[1]) if row else None


def _stands_at(subscriber: Subscriber) -> tuple[int, int]:
    cursor = Cursor.objects.filter(subscriber=subscriber.name).first() or Cursor()
    return cursor.xid, cursor.entry_id


def _locked(name: str) -> bool:
    with transaction.atomic():
        return (
            not Cursor.objects.select_for_update(skip_locked=True).filter(subscriber=name).exists()
        )


def _sees_own_transaction() -> bool:
    """Tests run inside one transaction that never commits; there a subscriber sees its own entries."""
    return bool(getattr(settings, "JOURNAL_SEES_OWN_TRANSACTION", False))


def _horizon() -> int:
    """Below which transaction everything has come to its end.

    In a test the own transaction counts too. Its number can lie beyond the snapshot's xmax, which is the last
    *ended* one's plus one: an autovacuum that began just before it and still runs is enough.
    """
    own = _sees_own_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_HORIZON_OF_OWN if own else _HORIZON)
        return int(cursor.fetchone()[0]) + own


def _read(subscriber: Subscriber, cursor: Cursor, horizon: int, limit: int) -> list[Entry]:
    return list(
        Entry.objects.raw(
            """
            SELECT * FROM journal_entry
            WHERE (xid, id) > (%s::text::xid8, %s) AND xid < %s::text::xid8 AND kind = ANY(%s)
            ORDER BY xid, id LIMIT %s
            """,
            [str(cursor.xid), cursor.entry_id, str(horizon), list(subscriber.kinds), limit],
        )
    )


def _record_failure(subscriber: Subscriber, error: Exception) -> None:
    with transaction.atomic():
        cursor = Cursor.objects.select_for_update().get(subscriber=subscriber.name)
        cursor.failures += 1
        cursor.last_error = f"{type(error).__name__}: {error}"[:2000]
        log.error(
            "subscriber_failed",
            subscriber=subscriber.name,
            failures=cursor.failures,
            exc_info=error,
        )
        if cursor.failures > ATTEMPTS:
            _set_aside(subscriber, cursor)
        else:
            rest_s = 0 if cursor.failures == 1 else min(60, 2 ** (cursor.failures - 1))
            cursor.retry_at = timezone.now() + timedelta(seconds=rest_s)
        cursor.save()


def _set_aside(subscriber: Subscriber, cursor: Cursor) -> None:
    entries = _read(subscriber, cursor, _horizon(), 1)
    if entries:
        guilty = entries[0]
        StuckEntry.objects.get_or_create(
            subscriber=subscriber.name,
            entry_id=guilty.id,
            defaults={"kind": guilty.kind, "subject": guilty.subject, "error": cursor.last_error},
        )
        cursor.xid, cursor.entry_id = guilty.xid, guilty.id
    cursor.failures, cursor.retry_at = 0, None


def behind() -> dict[str, int]:
    """For each subscriber, how many entries of its kinds lie before it, settled or not."""
    waiting = {}
    for subscriber in all_subscribers():
        cursor = Cursor.objects.filter(subscriber=subscriber.name).first() or Cursor()
        with connection.cursor() as db:
            db.execute(
                "SELECT count(*) FROM (SELECT 1 FROM journal_entry WHERE (xid, id) > (%s::text::xid8, %s)"
                " AND kind = ANY(%s) LIMIT 10000) AS few",
                [str(cursor.xid), cursor.entry_id, list(subscriber.kinds)],
            )
            waiting[subscriber.name] = db.fetchone()[0]
    return waiting
