"""The inbox: claim a batch of stored messages, read them, apply their events, note each one's fate. One transaction.

The row is the queue: a worker that dies between claim and commit leaves the messages as they were.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from apps.integrations import attempts, lanes, mappings, messages, partners, reading, store
from apps.integrations.attempts import ATTEMPTS
from apps.integrations.deadlocks import tried_twice
from apps.integrations.fates import Claimed, Fate, before_apply, note_repetitions, settle, write
from apps.integrations.formats.base import ParseResult, Refused
from apps.integrations.formats.codes import Codes
from apps.integrations.models.messages import Status
from apps.integrations.partners import Reporter
from apps.integrations.watch import on_watch
from apps.journal import stopping
from apps.journal.wake import wake
from apps.shipments.apply import Incoming, apply

__all__ = ["ATTEMPTS", "drain"]

log = structlog.get_logger(__name__)

BATCH: Final = 400
BATCH_BYTES: Final = 16 * 1024 * 1024
_OUTSIDE: Final = frozenset({"08", "40", "53", "55", "57", "58"})
_CANCELLED: Final = "57014"  # a statement that ran too long may well be the message's fault

_CLAIM_ONE: Final = """
SELECT id, public_id, partner_id, received_at, correlation_id, size, processed_at, events, duplicates
FROM integrations_message WHERE status = 'received' AND id = %s FOR UPDATE SKIP LOCKED
"""


class _BatchFailed(Exception):
    def __init__(self, ids: list[int]) -> None:
        super().__init__(f"{len(ids)} messages")
        self.ids = ids


def drain(limit: int = BATCH) -> int:
    """Apply what waits, batch after batch, until nothing is due or the worker is to stop.

    Returns how many messages met their fate.

    A batch that fails is undone and tried again one message at a time; only the guilty one counts an
    attempt (rests of 3 s, 30 s, 5 min, 30 min, 2 h; then dead, and a case). Who failed before travels alone,
    and its attempt is counted before it is made; so does everybody after a worker died with a batch in its
    hands, because one of them may have killed it. A lost database or a lock that cannot be had is nobody's
    fault: raised as OperationalError, and the next wake-up finds the same rows.

    A full batch wakes another worker: a backlog is for all of them, however few wake-ups announced it.
    """
    if not attempts.due_at_all():
        return 0
    with on_watch() as somebody_died:
        done = _drain_carefully(limit) if somebody_died else 0
        while True:
            try:
                count = _drain_batch(limit)
            except _BatchFailed as failed:
                log.warning("batch_failed", messages=len(failed.ids), exc_info=failed.__cause__)
                count = sum(_drain_alone(message_id) for message_id in failed.ids)
            count += sum(_drain_counted(message_id) for message_id in attempts.due_again(limit))
            done += count
            if not count or stopping.asked():
                return done
            if count >= limit:
                wake("inbox.drain")


def _drain_carefully(limit: int) -> int:
    """The heads of all lanes, one by one: a batch takes those, so what killed its worker is among them.

    Twice a batch's number, because a lane's share may have been larger when fewer lanes waited.
    """
    ids = [row[0] for row in lanes.take(2 * limit, timezone.now(), locked=False)]
    return sum(_drain_counted(message_id) for message_id in ids)


def _drain_batch(limit: int) -> int:
    return tried_twice(lambda: _claim_and_apply(limit))


def _drain_alone(message_id: int) -> int:
    try:
        return _claim_and_apply(1, message_id)
    except _BatchFailed as failed:
        attempts.failed(message_id, failed.__cause__, counted=False)
        return 1


def _drain_counted(message_id: int) -> int:
    """One message alone, its attempt counted and committed first; taken back when nothing was wrong with it."""
    if not attempts.begin(message_id):
        return 0
    try:
        return _claim_and_apply(1, message_id, counted=True)
    except _BatchFailed as failed:
        attempts.failed(message_id, failed.__cause__, counted=True)
        return 1
    except OperationalError:
        attempts.take_back(message_id)
        raise


@transaction.atomic
def _claim_and_apply(limit: int, only: int | None = None, *, counted: bool = False) -> int:
    claimed = _claim(limit, only)
    if not claimed:
        return 0
    try:
        _apply(claimed)
        if only is not None and counted:
            attempts.take_back(only)
    except Exception as error:  # whatever it was, it is recorded on the guilty message
        if _is_nobodys_fault(error):
            raise
        raise _BatchFailed([message.id for message in claimed]) from error
    return len(claimed)


def _is_nobodys_fault(error: Exception) -> bool:
    """Whether the database, not a message, was the reason: lost, shutting down, out of room, locked elsewhere.

    By SQLSTATE class, because "operational" also names limits that one message can exceed for ever (54).
    """
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or (state[:2] in _OUTSIDE and state != _CANCELLED)


def _claim(limit: int, only: int | None) -> list[Claimed]:
    """Lock due messages, each lane's oldest, as many as fit into BATCH_BYTES (at least one)."""
    found = lanes.take(limit, timezone.now()) if only is None else _locked(only)
    rows = [Claimed(row[0], f"msg_{row[1].hex}", *row[2:]) for row in found]
    taken: list[Claimed] = []
    room = BATCH_BYTES
    for row in rows:
        room -= row.size
        if room < 0 and taken:
            break
        taken.append(row)
    return taken


def _locked(message_id: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_ONE, [message_id])
        return cursor.fetchall()


def _bodies(claimed: Sequence[Claimed]) -> dict[int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT message_id, raw FROM integrations_messagebody"
            " WHERE message_id = ANY(%s) AND received_at BETWEEN %s AND %s",
            [
                [message.id for message in claimed],
                min(message.received_at for message in claimed),
                max(message.received_at for message in claimed),
            ],
        )
        return {message_id: bytes(raw) for message_id, raw in cursor.fetchall()}


def _apply(claimed: list[Claimed]) -> None:
    """Read every message, apply all events together, write all fates together."""
    now = timezone.now()
    bodies = _bodies(claimed)
    known = partners.reporters(sorted({message.partner_id for message in claimed}))
    versions = mappings.in_force(
        (known[message.partner_id].source.format, message.partner_id) for message in claimed
    )
    fates: dict[int, Fate] = {}
    incoming: list[Incoming] = []
    for message in claimed:
        reporter = known[message.partner_id]
        # As it was meant when it came; who was read before is read again under what is in force now.
        moment = message.received_at if message.processed_at is None else now
        tables = versions.at(reporter.source.format, message.partner_id, moment)
        read = _read(message, bodies.get(message.id), reporter, tables)
        if isinstance(read, Fate):
            fates[message.id] = read
            continue
        fates[message.id] = before_apply(message, read, tables.version)
        is_again = message.processed_at is not None
        if read.events or is_again:
            version = tables.version
            incoming.append(
                reading.incoming(message, read.events, reporter, version, is_again=is_again)
            )
    by_id = {message.id: message for message in claimed}
    outcomes = apply(incoming) if incoming else []
    note_repetitions(outcomes)
    for outcome in outcomes:
        settle(fates[outcome.message_id], by_id[outcome.message_id], outcome)
    write(list(fates.values()), now)
    messages.replay_tellers([ref for outcome in outcomes for ref in outcome.taken_back])
    _tell(claimed, fates, known, now)


def _read(
    message: Claimed, raw: bytes | None, reporter: Reporter, tables: Codes
) -> ParseResult | Fate:
    if raw is None:
        return Fate(
            message.id, Status.DEAD, "bytes_gone", "The stored bytes are past their retention."
        )
    try:
        return reading.read(raw, tables, reporter, message.received_at)
    except Refused as refused:
        return Fate(message.id, Status.REJECTED, refused.reason, refused.detail)


def _tell(
    claimed: list[Claimed], fates: dict[int, Fate], known: dict[int, Reporter], now: datetime
) -> None:
    """Count the fates; a case for each message whose events contradict what is known, none for a revived one."""
    counts: dict[tuple[int, str], tuple[int, int]] = {}
    for message in claimed:
        fate = fates[message.id]
        key = (message.partner_id, str(fate.status))
        seen, events = counts.get(key, (0, 0))
        counts[key] = (seen + 1, events + fate.events)
        if message.processed_at is not None and fate.status == Status.PROCESSED:
            messages.close_dead(message.public_id, now)
        if fate.conflicts:
            messages.open_event_conflict(
                message.public_id, known[message.partner_id].source.slug, fate.conflicts, now
            )
    store.count_fates(counts, now)
