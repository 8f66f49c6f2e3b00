"""Events in batches: stored messages, claimed → applied by worker processes as `make run` starts them.

Beside them psycopg's executemany INSERTs of the same rows; then the same with every subscriber of the journal.
"""

import statistics
import time
from datetime import UTC, datetime

from bench.accept import body, partner
from bench.ground import until, working
from bench.rows import Row

_MESSAGES = 4000
_EVENTS = 10
_ROUNDS = 3


def measure() -> list[Row]:
    """Medians of three rounds of 4,000 messages of 10 events each, of 4,000 parcels."""
    with working(1, "pipe"):
        applied(store(400))
        alone = statistics.median(applied(store(_MESSAGES)) for _ in range(_ROUNDS))
    with working(2, "pipe"):
        applied(store(400))
        both = statistics.median(applied(store(_MESSAGES)) for _ in range(_ROUNDS))
        bare = statistics.median(_executemany() for _ in range(_ROUNDS))
    with working(2):
        applied(store(400), past=True)
        past = statistics.median(applied(store(_MESSAGES), past=True) for _ in range(_ROUNDS))
    return [
        Row("events in batches, claimed → applied, two workers", both, "events/s", both, 8000),
        Row("  beside executemany INSERTs of the same rows", bare, "events/s", both / bare, 1 / 8),
        Row("  one worker; what the second one adds", alone, "events/s", both / alone, 1.1),
        Row("the same, all subscribers' cursors past", past, "events/s", past, 4000),
    ]  # fmt: skip


def store(messages: int) -> int:
    """Put messages into the inbox as the door does; returns how many events they hold."""
    import hashlib
    import json

    from django.db import transaction
    from uuid6 import uuid7

    from apps.integrations import store as inbox
    from apps.integrations.models import Partner

    sender, now = Partner.objects.get(slug=partner()), datetime.now(UTC)
    first = int(now.timestamp() * 1000) % 10**8 * 10**4
    with transaction.atomic():
        for number in range(first, first + messages):
            raw = json.dumps(body(f"batch-{number}", number, _EVENTS)).encode()
            inbox.insert(
                inbox.NewMessage(
                    public_id=uuid7(), partner_id=sender.pk, key=f"batch-{number}",
                    digest=hashlib.sha256(raw).hexdigest(), received_at=now, correlation_id=f"cor_{number}",
                    media_type="application/json", headers="{}", raw=raw,
                )
            )  # fmt: skip
    return messages * _EVENTS


def applied(events: int, *, past: bool = False) -> float:
    """Wake the workers; events per second until the inbox is empty, and every cursor past if so asked."""
    start = time.perf_counter()
    _wake()
    until(lambda: not waiting() and not (past and unread()), _wake)
    return events / (time.perf_counter() - start)


def _wake() -> None:
    from apps.journal.wake import wake

    wake("inbox.drain")
    wake("journal.drain")


def waiting() -> bool:
    """Whether a message is still to be applied."""
    from apps.integrations.models import Message

    return Message.objects.filter(status="received").exists()


def unread() -> bool:
    """Whether a subscriber is not yet past the journal's last entry."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM journal_cursor c, (SELECT xid, id FROM journal_entry"
            " ORDER BY journal_entry.xid DESC, id DESC LIMIT 1) AS last WHERE (c.xid, c.entry_id) < (last.xid, last.id))"
        )
        return bool(cursor.fetchone()[0])


def _executemany() -> float:
    """INSERT the last run's event rows into a like table, in one transaction, as psycopg does it best."""
    import psycopg
    from django.conf import settings
    from psycopg.types.json import Jsonb

    with psycopg.connect(settings.DATABASE_URL) as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE bench_event (LIKE shipments_event INCLUDING DEFAULTS INCLUDING INDEXES INCLUDING IDENTITY)"
        )
        cursor.execute(
            "SELECT * FROM shipments_event ORDER BY id DESC LIMIT %s", [_MESSAGES * _EVENTS]
        )
        names = [column.name for column in cursor.description or ()]
        rows = [
            tuple(Jsonb(value) if isinstance(value, dict | list) else value for value in row)
            for row in cursor.fetchall()
        ]
        marks = ", ".join(["%s"] * len(names))
        sql = f"INSERT INTO bench_event ({', '.join(names)}) OVERRIDING SYSTEM VALUE VALUES ({marks})"  # our own names
        start = time.perf_counter()
        cursor.executemany(sql, rows)
        connection.commit()
        return len(rows) / (time.perf_counter() - start)
