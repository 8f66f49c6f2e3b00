"""Lanes: each address has its own, worked by one thread at a time, so that none waits for another.

The row is the queue: a lane is taken by a lease on its subscription, which ends by itself when the worker dies.
The task that finds due lanes only starts their threads and returns; a slow receiver holds a thread of this
process and nothing else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.integrations.errors import BadPartner
from apps.integrations.models.outgoing import (
    Delivery,
    DeliveryAttempt,
    Subscription,
    SubscriptionState,
)
from apps.integrations.outgoing import collecting, fates
from apps.integrations.outgoing.catalog import PING
from apps.integrations.outgoing.secrets import live_secrets
from apps.integrations.outgoing.sending import Answer, Line
from apps.integrations.outgoing.sight import Listener, listeners
from apps.integrations.threads import Threads, lend_connection
from apps.journal.correlation import bound

log = structlog.get_logger(__name__)

THREADS: Final = 32
LEASE_S: Final = 60.0
"""Longer than one call can take (3 s + 15 s): a lane whose worker died is free again after it."""
TURN_S: Final = 20.0
"""A lane with much to send gives its thread back after this long, so that the others get theirs."""
FRESH: Final = timedelta(minutes=1)
"""Rights were looked at when a delivery was made; after this long they are looked at again before it is sent."""
NO_LONGER: Final = "Its owner may no longer see what it is about, so it was not sent."
_CALLED: Final = (SubscriptionState.ACTIVE, SubscriptionState.FAILING)


def due_lanes(now: datetime, limit: int) -> list[int]:
    """Subscriptions with something to send now that nobody is at, those that answer well first."""
    waiting = Delivery.objects.filter(
        subscription=OuterRef("pk"), state="waiting", next_at__lte=now
    )
    free = Q(worked_until=None) | Q(worked_until__lte=now)
    rested = Q(rest_until=None) | Q(rest_until__lte=now)
    return list(
        Subscription.objects.filter(free, fetched=False)
        .filter(
            (Q(state__in=_CALLED) & rested & Exists(waiting)) | Exists(waiting.filter(kind=PING))
        )
        .order_by("failures", "pk")
        .values_list("pk", flat=True)[:limit]
    )


_pool = Threads("lane", THREADS)


def start_due() -> int:
    """Start a thread for each due lane and return at once; how many were started."""
    return sum(_pool.start(pk, work_lane) for pk in due_lanes(timezone.now(), THREADS))


def wait() -> None:
    """Until the lanes that run now are done (tests, and commands that must not end before them)."""
    _pool.wait()


def work_lane(pk: int) -> int:
    """Send what is due for one subscription, oldest first, until nothing is or its turn is over; how many went out."""
    if not _take(pk):
        return 0
    turn, sent, ends = _Turn(Line()), 0, time.monotonic() + TURN_S
    try:
        while time.monotonic() < ends:
            taken = _send_next(pk, turn)
            if taken is None:
                break
            sent += taken
    finally:
        turn.line.close()
        _leave(pk, turn)
    return sent


@dataclass(slots=True)
class _Turn:
    """One worker's turn at a lane: its connection, until when the lane is its own, and what the owner may see."""

    line: Line
    lease: datetime | None = None
    listener: Listener | None = None


def _leave(pk: int, turn: _Turn) -> None:
    """Free the lane, unless the lease ran out and it is somebody else's by now."""
    rows = Subscription.objects.filter(pk=pk)
    if turn.lease is not None:
        rows = rows.filter(worked_until=turn.lease)
    rows.update(worked_until=None)


def _take(pk: int) -> bool:
    now = timezone.now()
    free = Q(worked_until=None) | Q(worked_until__lte=now)
    lease = now + timedelta(seconds=LEASE_S)
    return bool(Subscription.objects.filter(free, pk=pk).update(worked_until=lease))


def _send_next(pk: int, turn: _Turn) -> bool | None:
    """True: taken; False: not taken; None: nothing is due, or the lane rests."""
    claimed = _claim(pk)
    if claimed is None:
        return None
    delivery, attempt, row = claimed
    turn.lease = row.worked_until
    with bound(delivery.correlation_id):
        if not _still_theirs(row, delivery, turn):
            fates.withhold(delivery, attempt, NO_LONGER, timezone.now())
            return False
        answer = _call(turn.line, row, delivery)
        fates.settle(delivery, attempt, answer, timezone.now())
    return answer.taken


def _still_theirs(row: Subscription, delivery: Delivery, turn: _Turn) -> bool:
    """Whether the owner may see it now: asked of what was made a while ago (tried again, collected, replayed)."""
    if delivery.kind == PING or timezone.now() - delivery.created_at < FRESH:
        return True
    if turn.listener is None:
        mine = collecting.with_rights(Subscription.objects.filter(pk=row.pk))
        (turn.listener,) = listeners(mine)
    return collecting.may_still_hear(delivery, turn.listener)


def _call(line: Line, row: Subscription, delivery: Delivery) -> Answer:
    try:
        secrets = live_secrets(row, timezone.now())
    except BadPartner as error:
        return Answer("blocked", str(error))
    lend_connection()
    return line.post(row.url, delivery.body, secrets, delivery.public_id, timezone.now())


@transaction.atomic
def _claim(pk: int) -> tuple[Delivery, DeliveryAttempt, Subscription] | None:
    now = timezone.now()
    row = Subscription.objects.select_for_update().filter(pk=pk, fetched=False).first()
    if row is None:
        return None
    due = Delivery.objects.filter(subscription_id=pk, state="waiting", next_at__lte=now)
    resting = row.rest_until is not None and row.rest_until > now
    if row.state not in _CALLED or resting:
        due = due.filter(kind=PING)
    delivery = due.order_by("next_at", "pk").first()
    if delivery is None:
        return None
    row.worked_until = now + timedelta(seconds=LEASE_S)
    row.save(update_fields=["worked_until"])
    return delivery, fates.count_try(delivery, now, LEASE_S), row


def forget_old(now: datetime, keep: timedelta = timedelta(days=30)) -> int:
    """Drop what was taken more than 30 days ago, ten thousand at a time; dead letters stay until they are replayed."""
    old = Delivery.objects.filter(state="sent", ended_at__lt=now - keep).order_by("ended_at")
    try:
        return Delivery.objects.filter(
            pk__in=list(old.values_list("pk", flat=True)[:10_000])
        ).delete()[0]
    except DatabaseError as error:
        log.warning("deliveries_not_forgotten", reason=str(error))
        return 0
