"""Work that an agent fetches: it asks, gets deliveries for a while, and says of each how it ended (PRODUCT.md R33).

The same deliveries as those that are sent: their filters, payloads, tries, rests, dead letters and replays. A lease
is a delivery's `next_at`, as it is in a lane, and the try that is under way; when it runs out the try has failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce, Greatest

from apps.integrations.models.outgoing import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    Outcome,
    Subscription,
    SubscriptionState,
)
from apps.integrations.outgoing import collecting, fates, stuck
from apps.integrations.outgoing.catalog import PING
from apps.integrations.outgoing.errors import LeaseOver
from apps.integrations.outgoing.lanes import FRESH, NO_LONGER
from apps.integrations.outgoing.sending import MOST_KEPT, Answer
from apps.integrations.outgoing.sight import listeners
from apps.journal.models import Entry

MOST: Final = 50
LEASE_S: Final = (10, 3600)
_MISSED: Final = 3
"""Cadences an agent may miss before it is silent."""
_LEAST_SILENT: Final = timedelta(minutes=2)
_SERVED: Final = (SubscriptionState.ACTIVE, SubscriptionState.FAILING)
_SETTLED_BY_A_QUESTION: Final = 20
"""Leases that ran out which an agent's own question settles; the sweep does the others."""
_RAN_OUT: Final = "Its lease ran out, and nobody said how it ended."


@dataclass(frozen=True, slots=True)
class Leased:
    """One piece of work in an agent's hands. at: when it was leased, which names the lease."""

    delivery: Delivery
    at: datetime
    until: datetime


def lease(row: Subscription, *, most: int, lease_s: int, now: datetime) -> list[Leased]:
    """What is due, oldest first, at most so many, for lease_s seconds (10 to 3,600); of two agents only one gets each.

    A paused or disabled subscription gives pings only. What the owner may no longer see becomes a dead letter.
    """
    _asked(row, now)
    expire(now, of=row, most=_SETTLED_BY_A_QUESTION)
    taken = _claim(row, most, now, now + timedelta(seconds=lease_s))
    withheld = _withhold(row, taken, now)
    return [one for one in taken if one.delivery.pk not in withheld]


@transaction.atomic
def _claim(row: Subscription, most: int, now: datetime, until: datetime) -> list[Leased]:
    waiting = Delivery.objects.filter(subscription=row, state=DeliveryState.WAITING)
    due = waiting.filter(next_at__lte=now).exclude(in_hand())
    if row.state not in _SERVED:
        due = due.filter(kind=PING)
    locked = due.select_for_update(skip_locked=True, of=("self",)).order_by("next_at", "pk")
    rows = list(locked[:most])
    Delivery.objects.filter(pk__in=[one.pk for one in rows]).update(
        attempts=F("attempts") + 1,
        first_tried_at=Coalesce("first_tried_at", now),
        next_at=until,
        says="",
    )
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(delivery=one, number=one.attempts + 1, at=now, outcome=Outcome.LEASED)
        for one in rows
    )
    for one in rows:
        one.attempts += 1
    return [Leased(one, now, until) for one in rows]


def _withhold(row: Subscription, taken: list[Leased], now: datetime) -> set[int]:
    """Those of a while ago that the owner may no longer see, as in a lane: dead letters now."""
    old = [
        one for one in taken if one.delivery.kind != PING and now - one.delivery.created_at >= FRESH
    ]
    if not old:
        return set()
    (listener,) = listeners(collecting.with_rights(Subscription.objects.filter(pk=row.pk)))
    gone = [one for one in old if not collecting.may_still_hear(one.delivery, listener)]
    for one in gone:
        fates.withhold(one.delivery, one.delivery.tries.get(at=one.at), NO_LONGER, now)
    return {one.delivery.pk for one in gone}


def in_hand() -> Exists:
    """Of a delivery: its newest try is a lease of which nobody has said yet how it ended, nor the clock."""
    return Exists(
        DeliveryAttempt.objects.filter(
            delivery=OuterRef("pk"), outcome=Outcome.LEASED, number=OuterRef("attempts")
        )
    )


@transaction.atomic
def _asked(row: Subscription, now: datetime) -> None:
    """It is there. After a silence the three days of its work begin anew: while it was away nobody tried."""
    mine = Subscription.objects.filter(pk=row.pk)
    mine.update(asked_at=now)
    if mine.exclude(silent_at=None).update(silent_at=None):
        row.deliveries.filter(state=DeliveryState.WAITING).update(first_tried_at=None)
        stuck.heard(row, "It asks for its work again.")


def done(delivery: Delivery, leased_at: datetime, *, says: str, now: datetime) -> Delivery:
    """The work of this lease is done, also when the lease had run out: what was done was done. Raises LeaseOver
    for a lease that never was. Said again it changes nothing."""
    with transaction.atomic():
        attempt = _try_of(delivery, leased_at)
        if attempt.outcome != Outcome.SENT:
            fates.settle(delivery, attempt, Answer(Outcome.SENT, "", body=says[:MOST_KEPT]), now)
            delivery.tries.filter(outcome=Outcome.LEASED).update(
                outcome=Outcome.TIMED_OUT, says="Another try ended it."
            )
    delivery.refresh_from_db()
    return delivery


def failed(
    delivery: Delivery,
    leased_at: datetime,
    *,
    says: str,
    retry_after_s: float | None,
    now: datetime,
) -> Delivery:
    """It could not be done, and is given again after a rest, or is a dead letter after three days of tries.

    Raises LeaseOver where the lease never was or ran out: somebody else may be at it by now. Said again it changes
    nothing.
    """
    with transaction.atomic():
        attempt = _try_of(delivery, leased_at)
        if attempt.outcome not in (Outcome.LEASED, Outcome.REFUSED):
            raise LeaseOver("This lease is over; the work is done, or somebody else's.")
        if attempt.outcome == Outcome.LEASED:
            answer = Answer(Outcome.REFUSED, says[:300], retry_after_s=retry_after_s)
            fates.settle(delivery, attempt, answer, now)
    delivery.refresh_from_db()
    return delivery


def _try_of(delivery: Delivery, leased_at: datetime) -> DeliveryAttempt:
    """The try of this lease; the subscription is locked first, as every settling does, and the delivery read anew."""
    Subscription.objects.select_for_update().filter(pk=delivery.subscription_id).first()
    try:
        delivery.refresh_from_db()
    except Delivery.DoesNotExist:
        raise LeaseOver("The subscription was removed.") from None
    attempt = delivery.tries.filter(at=leased_at).exclude(outcome=Outcome.BLOCKED).first()
    if attempt is None:
        raise LeaseOver("There is no such lease of this delivery.")
    return attempt


def expire(now: datetime, *, of: Subscription | None = None, most: int = 500) -> int:
    """Leases that ran out are failed tries; how many there were, at most so many."""
    over = DeliveryAttempt.objects.filter(
        outcome=Outcome.LEASED,
        delivery__state=DeliveryState.WAITING,
        delivery__attempts=F("number"),
        delivery__next_at__lte=now,
        delivery__subscription__fetched=True,
    )
    if of is not None:
        over = over.filter(delivery__subscription=of)
    found = over.select_related("delivery").order_by("pk")
    return sum(_run_out(attempt.delivery, attempt.at, now) for attempt in found[:most])


@transaction.atomic
def _run_out(delivery: Delivery, leased_at: datetime, now: datetime) -> bool:
    try:
        attempt = _try_of(delivery, leased_at)
    except LeaseOver:
        return False  # removed since we looked
    if attempt.outcome != Outcome.LEASED or delivery.next_at > now:
        return False  # settled by its agent, or by another worker, since we looked
    fates.settle(delivery, attempt, Answer(Outcome.TIMED_OUT, _RAN_OUT), now)
    return True


def sweep(now: datetime) -> None:
    """What time alone brings about: leases that ran out, agents that are silent."""
    expire(now)
    # One that never asked is still being set up: it is not silent yet.
    asking = Subscription.objects.filter(fetched=True, silent_at=None, state__in=_SERVED)
    for row in asking.exclude(asked_at=None).annotate(heard_at=Greatest("asked_at", "changed_at")):
        if now - row.heard_at > silent_after(row):
            _found_silent(row, now)


def silent_after(row: Subscription) -> timedelta:
    """How long this agent may not ask: three of its own cadences, and never less than two minutes."""
    return max(timedelta(seconds=_MISSED * row.ask_every_s), _LEAST_SILENT)


@transaction.atomic
def _found_silent(row: Subscription, now: datetime) -> None:
    same = Subscription.objects.filter(pk=row.pk, asked_at=row.asked_at, state__in=_SERVED)
    if same.filter(silent_at=None).update(silent_at=now):
        stuck.silent(row, now)


def agents_for(entry: Entry) -> list[str]:
    """Names of the agents that fetch the work of this entry: those that chose its kind by name and hear of it.

    Also of one that is paused: its work is collected and waits, and somebody else's would be done twice.
    """
    chosen = Subscription.objects.filter(fetched=True, kinds__contains=[entry.kind])
    rows = chosen.exclude(state=SubscriptionState.DISABLED).order_by("name")
    heard = listeners(collecting.with_rights(rows))
    mine = [one.row for one in heard if not one.owner_left and one.hears(entry)]
    return [row.name if row.state in _SERVED else f"{row.name} (paused)" for row in mine]
