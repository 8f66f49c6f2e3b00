"""What becomes of messages beside the ordinary way: rejected at the door, in conflict, dead, replayed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from apps.exceptions.services import Evidence, clear_case, open_case
from apps.integrations import store
from apps.integrations.formats.base import Refused
from apps.integrations.models import Message
from apps.integrations.models.messages import Status
from apps.journal.services import NewEntry, append, append_many
from apps.journal.wake import wake

# Of what a message tells again one event for each number is noted, so the number's are all looked at; who was read
# under a newer mapping since has said already what it gives.
_TELLERS: Final = """
SELECT DISTINCT told.message_id FROM shipments_event gone
JOIN shipments_event e ON e.package_id = gone.package_id AND e.source = gone.source
JOIN integrations_repetition told ON told.event_id = e.id
JOIN integrations_message m ON m.id = told.message_id AND m.mapping_version <= gone.mapping_version
WHERE gone.public_id = ANY(%s::uuid[])
"""


@transaction.atomic
def rejected(message: store.NewMessage, refused: Refused, slug: str) -> str:
    """Keep a signed but malformed message with its reason; returns its public id (of the first, when it repeats)."""
    kept = replace(
        message,
        status=Status.REJECTED.value,
        reason=refused.reason,
        detail=refused.detail,
        processed_at=message.received_at,
    )
    if store.insert(kept) is None:
        return _repeated(message.partner_id, message.key).public_id
    public_id = f"msg_{message.public_id.hex}"
    store.count_fates({(message.partner_id, Status.REJECTED.value): (1, 0)}, message.received_at)
    append(
        NewEntry(
            "message.rejected",
            public_id,
            {"partner": slug, "reason": refused.reason},
            actor=slug,
            correlation_id=message.correlation_id,
        )
    )
    return public_id


@transaction.atomic
def conflict_found(message: store.NewMessage, first: store.Known, slug: str) -> store.Known:
    """Keep a message whose key is known with other content: the first counts, this one is shown and opens a case."""
    key = f"{message.key}#{message.digest[:16]}"
    kept = replace(
        message,
        key=key,
        status=Status.CONFLICT.value,
        reason="same_id_other_content",
        conflicts=1,
        detail=f"The id {message.key} came before with other content; the first message counts.",
        processed_at=message.received_at,
        first_id=first.id,
    )
    inserted = store.insert(kept)
    if inserted is None:
        return _repeated(message.partner_id, key)
    public_id = f"msg_{message.public_id.hex}"
    store.count_fates({(message.partner_id, Status.CONFLICT.value): (1, 0)}, message.received_at)
    append(
        NewEntry(
            "message.conflict",
            public_id,
            {"partner": slug, "first": first.public_id, "events": 0},
            actor=slug,
            correlation_id=message.correlation_id,
        )
    )
    _open(
        "message_conflict",
        public_id,
        f"{slug} sent the same id with other content",
        message.received_at,
        first=first.public_id,
    )
    return store.Known(
        inserted, public_id, message.digest, message.correlation_id, Status.CONFLICT.value
    )


def _repeated(partner_id: int, key: str) -> store.Known:
    known = store.find(partner_id, key)
    if known is None:
        raise RuntimeError("a message vanished between two statements")
    store.count_repeat(known.id)
    return known


def open_event_conflict(public_id: str, slug: str, count: int, now: datetime) -> None:
    """A case for a message whose events are known with other content (FORMATS 0.4)."""
    append(
        NewEntry(
            "message.conflict",
            public_id,
            {"partner": slug, "first": None, "events": count},
            actor=slug,
        )
    )
    _open("message_conflict", public_id, f"{slug} changed what it said about {count} event(s)", now)


def open_dead(public_id: str, slug: str, detail: str, now: datetime) -> None:
    """A case for a message that could not be applied after the last attempt."""
    append(
        NewEntry(
            "message.dead", public_id, {"partner": slug, "reason": "apply_failed"}, actor="system"
        )
    )
    _open(
        "message_dead", public_id, f"A message of {slug} could not be applied: {detail}"[:300], now
    )


def close_dead(public_id: str, now: datetime) -> None:
    """A message that was dead has been applied after all: its case, if there is one, is closed."""
    clear_case(f"message_dead:{public_id}", says="The message was replayed and applied.", now=now)


def _open(kind: str, public_id: str, says: str, now: datetime, *, first: str | None = None) -> None:
    evidence = [Evidence("message", public_id, says, now)]
    if first:
        evidence.append(Evidence("message", first, "The message that came first", now))
    open_case(kind, f"{kind}:{public_id}", subject=public_id, evidence=evidence, now=now)


@transaction.atomic
def replay(message: Message, *, actor: str) -> bool:
    """Read the stored bytes again under the active mapping; False when it is not the message's turn.

    A newer mapping version supersedes the message's events, the same version brings nothing new
    (FORMATS 0.4). Conflicts and rejected messages can be replayed too: a person said so. Idempotent
    while it waits.
    """
    locked = Message.objects.select_for_update().get(pk=message.pk)
    if locked.status == Status.RECEIVED:
        return False
    locked.status = Status.RECEIVED
    locked.reason, locked.detail = "", ""
    locked.attempts, locked.next_attempt_at = 0, None
    locked.save(update_fields=["status", "reason", "detail", "attempts", "next_attempt_at"])
    append(
        NewEntry(
            "message.replayed",
            locked.public_id,
            {"at": timezone.now().isoformat()},
            actor=actor,
            correlation_id=locked.correlation_id,
        )
    )
    transaction.on_commit(lambda: wake("inbox.drain"))
    return True


@transaction.atomic
def replay_tellers(taken_back: Sequence[str]) -> int:
    """Have the other messages read again that told events (public ids) which their first teller gives no more.

    Whoever still gives one brings it back; who does not is where it ends: each goes round once, because what is
    read again is of the newer mapping. Returns how many were not waiting already.
    """
    if not taken_back:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_TELLERS, [[ref.removeprefix("evt_") for ref in taken_back]])
        ids = [row[0] for row in cursor.fetchall()]
    return replay_many(ids, actor="system") if ids else 0


@transaction.atomic
def replay_many(message_ids: Sequence[int], *, actor: str) -> int:
    """As replay, for many by database id, locked in that order; returns how many were not waiting already."""
    locked = (
        Message.objects.select_for_update(of=("self",))
        .filter(pk__in=message_ids)
        .exclude(status=Status.RECEIVED)
        .order_by("pk")
    )
    rows = list(locked.only("pk", "public_id", "correlation_id"))
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(
        status=Status.RECEIVED, reason="", detail="", attempts=0, next_attempt_at=None
    )
    at = {"at": timezone.now().isoformat()}
    append_many(
        NewEntry(
            "message.replayed", row.public_id, at, actor=actor, correlation_id=row.correlation_id
        )
        for row in rows
    )
    transaction.on_commit(lambda: wake("inbox.drain"))
    return len(rows)
