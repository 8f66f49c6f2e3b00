"""Writing message heads and bodies: one statement each, without the ORM, because every message passes here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from apps.integrations.models import Refusal
from apps.integrations.models.messages import Status

REFUSAL_DAYS: Final = 30
REFUSALS_KEPT: Final = 200_000

_HEAD: Final = """
WITH head AS (
    INSERT INTO integrations_message
        (public_id, partner_id, key, digest, status, reason, detail, received_at, processed_at,
         correlation_id, media_type, size, attempts, events, duplicates, conflicts, skipped_events,
         repeats, first_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, 0, 0, %s, 0, 0, %s)
    ON CONFLICT (partner_id, key) DO NOTHING
    RETURNING id, received_at
)
INSERT INTO integrations_messagebody (message_id, received_at, headers, raw)
SELECT id, received_at, %s::jsonb, %s FROM head
RETURNING message_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A head and its bytes, ready to be stored; `headers` is masked JSON."""

    public_id: UUID
    partner_id: int
    key: str
    digest: str
    received_at: datetime
    correlation_id: str
    media_type: str
    headers: str
    raw: bytes
    status: str = Status.RECEIVED.value
    reason: str = ""
    detail: str = ""
    processed_at: datetime | None = None
    conflicts: int = 0
    first_id: int | None = None


def insert(message: NewMessage) -> int | None:
    """Store head and body in one statement; returns the head's id, or None when the key is known.

    Outside a transaction the statement commits by itself: when this returns, the bytes are safe.
    It goes past Django's cursor because a prepared statement costs half of one that is planned anew.
    """
    with _bare() as bare:
        row = psycopg.Cursor(bare).execute(_HEAD, _values(message)).fetchone()
    return row[0] if row else None


def insert_all(messages: Sequence[NewMessage]) -> list[int | None]:
    """As insert for each, in one commit and one round trip; an error undoes them all.

    Must not be called in a transaction. They go in the order of their keys, so that two processes that were sent
    the same messages do not wait for each other.
    """
    found: list[int | None] = [None] * len(messages)
    order = sorted(range(len(messages)), key=lambda i: (messages[i].partner_id, messages[i].key))
    with _bare() as bare:
        try:
            with bare.pipeline():
                answers = [
                    psycopg.Cursor(bare).execute(_HEAD, _values(messages[index])) for index in order
                ]
        except BaseException:
            # psycopg would go on with a statement that was prepared in what is undone now.
            bare.close()
            connections[DEFAULT_DB_ALIAS].close()
            raise
        for index, answer in zip(order, answers, strict=True):
            row = answer.fetchone()
            found[index] = row[0] if row else None
    return found


@contextmanager
def _bare() -> Iterator[psycopg.Connection[Any]]:
    """This thread's connection as psycopg knows it; its errors as Django's."""
    database = connections[DEFAULT_DB_ALIAS]  # looked up once: the proxy looks it up at every use
    database.ensure_connection()
    raw: psycopg.Connection[Any] = database.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = 5
    with database.wrap_database_errors:
        yield raw


def _values(message: NewMessage) -> tuple[object, ...]:
    return (
        message.public_id,
        message.partner_id,
        message.key,
        message.digest,
        message.status,
        message.reason,
        message.detail,
        message.received_at,
        message.processed_at,
        message.correlation_id,
        message.media_type,
        len(message.raw),
        message.conflicts,
        message.first_id,
        message.headers,
        message.raw,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """The message that is already stored under a key."""

    id: int
    public_id: str
    digest: str
    correlation_id: str
    status: str


def find(partner_id: int, key: str) -> Known | None:
    """The stored message of a partner's key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, public_id, digest, correlation_id, status FROM integrations_message"
            " WHERE partner_id = %s AND key = %s",
            [partner_id, key],
        )
        row = cursor.fetchone()
    return Known(row[0], f"msg_{row[1].hex}", *row[2:]) if row else None


def count_repeat(message_id: int) -> None:
    """One more delivery of what is already here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_message SET repeats = repeats + 1 WHERE id = %s", [message_id]
        )


def raw_of(message_id: int) -> bytes:
    """The stored bytes; empty when their partition was dropped after its retention."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT raw FROM integrations_messagebody WHERE message_id = %s", [message_id]
        )
        row = cursor.fetchone()
    return bytes(row[0]) if row else b""


def count_fates(fates: dict[tuple[int, str], tuple[int, int]], day: datetime) -> None:
    """Add (partner, status) → (messages, events) to the day's counts, always in the same row order."""
    rows = [
        (partner, day.date(), status, *counts)
        for (partner, status), counts in sorted(fates.items())
    ]
    if not rows:
        return
    partners, days, statuses, messages, events = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO integrations_messagecount AS counted (partner_id, day, status, messages, events)
            SELECT * FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[], %s::bigint[])
            ON CONFLICT (partner_id, day, status) DO UPDATE
            SET messages = counted.messages + excluded.messages, events = counted.events + excluded.events
            """,
            [list(partners), list(days), list(statuses), list(messages), list(events)],
        )


@transaction.atomic
def note_refusal(
    *,
    slug: str,
    reason: str,
    detail: str,
    digest: str,
    size: int,
    address: str,
    correlation_id: str,
) -> None:
    """Keep digest and reason of what was not taken; never its content."""
    Refusal.objects.create(
        partner_slug=slug[:60],
        reason=reason,
        detail=detail[:300],
        digest=digest,
        size=size,
        address=address[:60],
        correlation_id=correlation_id,
    )


def forget_refusals(now: datetime) -> int:
    """Drop refusals older than REFUSAL_DAYS and all but the newest REFUSALS_KEPT; returns how many went.

    Anybody may knock at the door unsigned, so what is noted of it must not grow for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM integrations_refusal WHERE at < %s"
            " OR id <= (SELECT max(id) FROM integrations_refusal) - %s",
            [now - timedelta(days=REFUSAL_DAYS), REFUSALS_KEPT],
        )
        return int(cursor.rowcount)
