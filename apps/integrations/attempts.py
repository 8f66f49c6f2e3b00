"""Counting what failed: a rest after each attempt, and after the last one the message is dead and a case opens."""

from datetime import timedelta
from typing import Any, Final

import structlog
from django.db import connection, transaction
from django.utils import timezone

from apps.integrations import lanes, messages, store
from apps.integrations.models.messages import Status

log = structlog.get_logger(__name__)

ATTEMPTS: Final = 6
_RESTS_S: Final = (3, 30, 300, 1800, 7200)
_DIED: Final = "The worker died while it read or applied this message."


def due_again(limit: int) -> list[int]:
    """Messages that failed before and whose rest is over, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id FROM integrations_message m JOIN integrations_partner p ON p.id = m.partner_id"
            " WHERE m.status = 'received' AND m.attempts > 0 AND p.switch <> 'paused'"
            " AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= %s) ORDER BY m.id LIMIT %s",
            [timezone.now(), limit],
        )
        return [row[0] for row in cursor.fetchall()]


def due_at_all() -> bool:
    """Whether any message of a partner that is not paused waits for its turn now."""
    return bool(lanes.waiting(timezone.now()) or due_again(1))


@transaction.atomic
def begin(message_id: int) -> bool:
    """Count an attempt before it is made, committed: should it kill the worker, it has been counted.

    False when it is not this message's turn, or its last attempt killed a worker: then it is dead now.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attempts FROM integrations_message WHERE id = %s AND status = 'received'"
            " AND (next_attempt_at IS NULL OR next_attempt_at <= %s) FOR UPDATE SKIP LOCKED",
            [message_id, now],
        )
        row = cursor.fetchone()
    if row is None:
        return False
    if row[0] >= ATTEMPTS:
        _write(message_id, row[0], _DIED)
        return False
    _write(message_id, row[0] + 1, _DIED, last=False)
    return True


def take_back(message_id: int) -> None:
    """The attempt was no failure of the message's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_message SET attempts = attempts - 1, next_attempt_at = NULL,"
            " reason = CASE status WHEN 'received' THEN '' ELSE reason END,"
            " detail = CASE status WHEN 'received' THEN '' ELSE detail END"
            " WHERE id = %s AND attempts > 0",
            [message_id],
        )


@transaction.atomic
def failed(message_id: int, error: BaseException | None, *, counted: bool) -> None:
    """The guilty message and its reason; `counted` when begin has counted the attempt already."""
    says = f"{type(error).__name__}: {error}"[:1000].replace("\x00", "")
    log.error("message_failed", message=message_id, exc_info=error)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attempts FROM integrations_message WHERE id = %s FOR UPDATE", [message_id]
        )
        attempts = cursor.fetchone()[0]
    _write(message_id, attempts if counted else attempts + 1, says)


def _write(message_id: int, attempts: int, says: str, *, last: bool = True) -> None:
    """Store the count with its rest; after the last attempt (unless it is yet to be made) the message is dead."""
    now = timezone.now()
    is_dead = last and attempts >= ATTEMPTS
    rest = now + timedelta(seconds=_RESTS_S[min(attempts, len(_RESTS_S)) - 1])
    values: list[Any] = [attempts, None if is_dead else rest, says]
    values += [Status.DEAD.value, now] if is_dead else [Status.RECEIVED.value, None]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_message AS m SET attempts = %s, next_attempt_at = %s, reason = 'apply_failed',"
            " detail = %s, status = %s, processed_at = coalesce(%s, processed_at) FROM integrations_partner p"
            " WHERE m.id = %s AND p.id = m.partner_id RETURNING m.public_id, p.id, p.slug",
            [*values, message_id],
        )
        public_id, partner_id, slug = cursor.fetchone()
    if is_dead:
        store.count_fates({(partner_id, Status.DEAD.value): (1, 0)}, now)
        messages.open_dead(f"msg_{public_id.hex}", slug, says, now)
