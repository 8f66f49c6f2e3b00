"""Noticing that a worker died in the middle of its drain, so that what killed it is not taken in a crowd again.

A worker that drains leaves a row and holds a session's advisory lock on its id. Whoever dies (SIGKILL, out of
memory, a lost database session) lets go of the lock, but the row stays.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

log = structlog.get_logger(__name__)

_LOCK: Final = 7311  # our own first key of PostgreSQL's advisory locks
_MOST: Final = 50


@contextmanager
def on_watch() -> Iterator[bool]:
    """Inside, this worker's death would be noticed; yields whether somebody else's was, and nobody saw to it yet.

    The dead are forgotten when the body ends without an error.
    """
    dead = _dead()
    if dead:
        log.error("drain_died", drains=len(dead))
    mine = _begin()
    buried: list[int] = []
    try:
        yield bool(dead)
        buried = dead
    finally:
        _end([mine, *dead], forget=[mine, *buried])


def _dead() -> list[int]:
    """Drains whose lock is free; their locks are ours then, so that one worker at a time sees to them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM integrations_drain ORDER BY id LIMIT %s", [_MOST])
        found = []
        for (drain_id,) in cursor.fetchall():
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, drain_id])
            if not cursor.fetchone()[0]:
                continue
            cursor.execute("SELECT 1 FROM integrations_drain WHERE id = %s", [drain_id])
            if cursor.fetchone():
                found.append(drain_id)
            else:  # it ended between two of our looks
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, drain_id])
    return found


@transaction.atomic
def _begin() -> int:
    """Lock, then show the row. Lost with PostgreSQL's own crash it would be missed by nobody: not fsynced."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("SELECT nextval(pg_get_serial_sequence('integrations_drain', 'id'))::int")
        drain_id = int(cursor.fetchone()[0])
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK, drain_id])
        cursor.execute(
            "INSERT INTO integrations_drain (id, began_at) OVERRIDING SYSTEM VALUE VALUES (%s, now())",
            [drain_id],
        )
    return drain_id


def _end(locked: list[int], *, forget: list[int]) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute("DELETE FROM integrations_drain WHERE id = ANY(%s)", [forget])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_unlock(%s, id) FROM unnest(%s::int[]) AS id", [_LOCK, locked]
            )
    except (OperationalError, InterfaceError) as error:
        log.warning("watch_lost", reason=str(error))  # the session, and with it every lock, is gone
