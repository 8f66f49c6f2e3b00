"""What becomes of a delivery and its address: taken, tried again, a dead letter, an address that is given up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.exceptions.services import Evidence, clear_case, open_case
from apps.integrations.models.outgoing import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    Outcome,
    Subscription,
    SubscriptionState,
)
from apps.integrations.outgoing import stuck
from apps.integrations.outgoing.catalog import PING
from apps.integrations.outgoing.rules import GIVE_UP, lane_rest_s, rest_s
from apps.integrations.outgoing.sending import Answer
from apps.journal.services import NewEntry, append
from apps.journal.wake import wake

FAILING_AFTER: Final = 3
_GONE: Final = 410
_CASE: Final = "subscription_disabled"


def ring() -> None:
    """Wake the lanes once this transaction is committed."""
    transaction.on_commit(lambda: wake("outgoing.deliver"))


@transaction.atomic
def settle(delivery: Delivery, attempt: DeliveryAttempt, answer: Answer, now: datetime) -> None:
    """Write down how a try ended, and what follows from it for the delivery and the whole lane."""
    DeliveryAttempt.objects.filter(pk=attempt.pk).update(
        outcome=answer.outcome,
        took_ms=answer.took_ms,
        http_status=answer.http_status,
        says=answer.says,
        answer=answer.body,
    )
    row = Subscription.objects.select_for_update().filter(pk=delivery.subscription_id).first()
    if row is None:
        return  # removed while its last call was under way, and its deliveries with it
    ended = Delivery.objects.exclude(state=DeliveryState.WAITING).filter(pk=delivery.pk).exists()
    if ended and not answer.taken:
        return  # this worker's lease ran out, another one sent it: what this try heard changes nothing
    if answer.taken:
        _taken(delivery, row, answer, now)
    else:
        _not_taken(delivery, row, answer, now)


def _taken(delivery: Delivery, row: Subscription, answer: Answer, now: datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.SENT, http_status=answer.http_status, says="", ended_at=now
    )
    row.sent_at, row.failures, row.failing_since, row.rest_until = now, 0, None, None
    if row.state == SubscriptionState.FAILING:
        row.state, row.says = SubscriptionState.ACTIVE, ""
    mended = row.state == SubscriptionState.ACTIVE and row.disabled_at is not None
    if row.state == SubscriptionState.ACTIVE:
        row.says, row.disabled_at = "", None
    row.save()
    if row.fetched:
        stuck.done(delivery, answer.body, now)
    if mended:
        clear_case(f"{_CASE}:{row.public_id}", says="The address takes events again.", now=now)


def _not_taken(delivery: Delivery, row: Subscription, answer: Answer, now: datetime) -> None:
    row.failures += 1
    row.failing_since = row.failing_since or now
    row.says = answer.says
    rest_lane_s = lane_rest_s(row.failures, random.random(), asked_s=answer.retry_after_s)
    # What an agent could not do says nothing of the rest of its work: it is there, it asks.
    row.rest_until = None if row.fetched else now + timedelta(seconds=rest_lane_s)
    if row.state == SubscriptionState.ACTIVE and row.failures >= FAILING_AFTER:
        row.state = SubscriptionState.FAILING
    row.save()
    exhausted = now - (delivery.first_tried_at or now) >= GIVE_UP
    if delivery.kind == PING or exhausted:
        _dead(delivery, row, answer, now)
    else:
        rest = rest_s(delivery.attempts, random.random(), asked_s=answer.retry_after_s)
        Delivery.objects.filter(pk=delivery.pk).update(
            next_at=now + timedelta(seconds=rest), http_status=answer.http_status, says=answer.says
        )
    if answer.http_status == _GONE and delivery.kind != PING:
        disable(row, "gone", "It answered 410: the receiver no longer wants events there.", now)
    elif exhausted and delivery.kind != PING and row.fetched:
        stuck.given_up(delivery, row, answer.says, now)
    elif exhausted and delivery.kind != PING and _silent(row, now):
        disable(row, "exhausted", f"It took nothing for three days. {answer.says}", now)


def _silent(row: Subscription, now: datetime) -> bool:
    return row.failing_since is not None and now - row.failing_since >= GIVE_UP


def _dead(delivery: Delivery, row: Subscription, answer: Answer, now: datetime) -> None:
    """A ping is a question: it is asked once, and its answer stands on the screen."""
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.DEAD, http_status=answer.http_status, says=answer.says, ended_at=now
    )
    if delivery.kind != PING:
        append(
            NewEntry(
                "delivery.dead",
                delivery.public_id,
                {
                    "subscription": row.public_id,
                    "kind": delivery.kind,
                    "attempts": delivery.attempts,
                    "http_status": answer.http_status,
                },
                correlation_id=delivery.correlation_id,
            )
        )


@transaction.atomic
def withhold(delivery: Delivery, attempt: DeliveryAttempt, says: str, now: datetime) -> None:
    """Not sent: its owner may no longer see what it is about. Kept as a dead letter; the address has no part in it."""
    DeliveryAttempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.BLOCKED, says=says)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.DEAD, http_status=None, says=says, ended_at=now
    )
    stuck.not_done(delivery, says)


@transaction.atomic
def disable(row: Subscription, reason: str, says: str, now: datetime) -> None:
    """Stop calling an address, and open the case that says so to its owner team; once."""
    changed = (
        Subscription.objects.filter(pk=row.pk)
        .exclude(state=SubscriptionState.DISABLED)
        .update(state=SubscriptionState.DISABLED, says=says[:300], disabled_at=now)
    )
    if not changed:
        return
    row.refresh_from_db()
    companies = list(row.companies.values_list("pk", flat=True)[:2])
    open_case(
        _CASE,
        f"{_CASE}:{row.public_id}",
        title=f"{row.name} is no longer told"[:200],
        says=f"{says} What happens meanwhile is kept in the journal and sent when it is resumed.",
        subject=row.public_id,
        evidence=[Evidence("subscription", row.public_id, says, now)],
        company_id=companies[0] if len(companies) == 1 else None,
        now=now,
    )
    append(NewEntry("subscription.disabled", row.public_id, {"reason": reason}))


def removed(row: Subscription) -> None:
    """Nobody waits for this address any more."""
    says = "The subscription was removed."
    clear_case(f"{_CASE}:{row.public_id}", says=says, now=timezone.now())


def interrupted(delivery_id: int) -> None:
    """Tries whose worker died in them say so; the event is sent again under the same id."""
    DeliveryAttempt.objects.filter(delivery_id=delivery_id, outcome=Outcome.SENDING).update(
        outcome=Outcome.BROKEN_OFF, says="The tower stopped in between; it is sent again."
    )


def count_try(delivery: Delivery, now: datetime, lease_s: float) -> DeliveryAttempt:
    """Commit that a try begins, before a byte leaves: a crash then leaves a delivery that is due again."""
    interrupted(delivery.pk)
    Delivery.objects.filter(pk=delivery.pk).update(
        attempts=F("attempts") + 1,
        first_tried_at=delivery.first_tried_at or now,
        next_at=now + timedelta(seconds=lease_s),
    )
    delivery.attempts += 1
    delivery.first_tried_at = delivery.first_tried_at or now
    return DeliveryAttempt.objects.create(delivery=delivery, number=delivery.attempts, at=now)
