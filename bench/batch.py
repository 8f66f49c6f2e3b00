"""Events in batches: claimed → applied, beside psycopg executemany INSERTs of the same rows, and all cursors past."""

import time
from datetime import UTC, datetime
from itertools import count

from bench.accept import SECRET, body
from bench.rows import Row

_MESSAGES = 2000
_EVENTS = 10
_RUNS = count(1)


def measure() -> list[Row]:
    """One process, one drain: 2,000 stored messages of 10 events each, of 2,000 parcels."""
    _drained(_store(400))
    events = _store(_MESSAGES)
    applied = _drained(events)
    past = _all_past(_store(_MESSAGES))
    bare = _executemany()
    return [
        Row("events in batches, claimed → applied", applied, "events/s", applied, 8000),
        Row(
            "  beside executemany INSERTs of the same rows", bare, "events/s", applied / bare, 1 / 8
        ),
        Row("the same, all subscribers' cursors past", past, "events/s", past, 4000),
    ]


def _store(messages: int) -> int:
    """Put messages into the inbox as the door does; returns how many events they hold."""
    import hashlib
    import json

    from django.db import transaction
    from uuid6 import uuid7

    from apps.integrations import partners, store
    from apps.integrations.models import Partner

    if not Partner.objects.filter(slug="bench").exists():
        partners.add(partners.NewPartner(name="bench", format="tpl_generic", secret=SECRET))
    partner, now, run = Partner.objects.get(slug="bench"), datetime.now(UTC), next(_RUNS)
    with transaction.atomic():
        for number in range(messages):
            key = f"batch-{now:%m%d%H%M%S%f}-{number}"
            raw = json.dumps(body(key, run * 1_000_000 + number, _EVENTS)).encode()
            store.insert(
                store.NewMessage(
                    public_id=uuid7(), partner_id=partner.pk, key=key, digest=hashlib.sha256(raw).hexdigest(),
                    received_at=now, correlation_id=f"cor_{key}", media_type="application/json", headers="{}", raw=raw,
                )
            )  # fmt: skip
    return messages * _EVENTS


def _drained(events: int) -> float:
    from apps.integrations import inbox

    start = time.perf_counter()
    inbox.drain()
    return events / (time.perf_counter() - start)


def _all_past(events: int) -> float:
    from apps.integrations import inbox
    from apps.journal.subscribers import all_subscribers, drain

    start = time.perf_counter()
    inbox.drain()
    while sum(drain(subscriber) for subscriber in all_subscribers()):
        continue
    return events / (time.perf_counter() - start)


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
