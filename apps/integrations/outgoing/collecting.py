"""From journal entries to deliveries: who hears of what, and in which words. One batch, a handful of statements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db.models import QuerySet
from django.utils import timezone

from apps.integrations.models import Message
from apps.integrations.models.outgoing import Delivery, Subscription, SubscriptionState
from apps.integrations.outgoing import fates
from apps.integrations.outgoing.catalog import OFFERS
from apps.integrations.outgoing.facts import Fact, plain, read
from apps.integrations.outgoing.sight import Listener, allowed_kinds, listeners
from apps.journal.ids import to_uuid
from apps.journal.models import Entry


def with_rights(rows: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """The subscriptions with what `sight.listeners` needs loaded."""
    return rows.select_related("owner").prefetch_related("companies", "warehouses", "customers")


def enqueue(entries: Sequence[Entry]) -> int:
    """Make a delivery for each subscription that hears of an entry; returns how many are new.

    Paused subscriptions collect too, disabled ones do not (resuming one reads the journal again from there).
    One whose owner left is disabled into a case.
    """
    live = Subscription.objects.exclude(state=SubscriptionState.DISABLED)
    heard = listeners(with_rights(live))
    if not heard:
        return 0
    for one in heard:
        if one.owner_left:
            fates.disable(one.row, "owner", "Its owner may no longer sign in.", timezone.now())
    return store(made(entries, [one for one in heard if not one.owner_left]))


def made(entries: Sequence[Entry], heard: Sequence[Listener]) -> list[Delivery]:
    """The deliveries of these entries for these listeners, not stored yet."""
    pairs = [(entry, one) for entry in entries for one in heard if one.hears(entry)]
    facts = read({(OFFERS[entry.kind].facts, entry.subject) for entry, _ in pairs})
    now = timezone.now()
    deliveries = []
    for entry, one in pairs:
        data = told(entry, one, facts.get(entry.subject))
        if data is not None:
            deliveries.append(_delivery(entry, one.row, data, now))
    return deliveries


def store(deliveries: Iterable[Delivery]) -> int:
    """Insert what is new; an entry is never delivered to a subscription under two ids."""
    rows = list(deliveries)
    if not rows:
        return 0
    known = set(
        Delivery.objects.filter(public_id__in=[row.public_id for row in rows]).values_list(
            "public_id", flat=True
        )
    )
    fresh = [row for row in rows if row.public_id not in known]
    Delivery.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
    if fresh:
        fates.ring()
    return len(fresh)


def told(entry: Entry, one: Listener, fact: Fact | None) -> dict[str, Any] | None:
    """The `data` of one event for one listener; None when the row is not theirs (any more).

    A row that was removed since leaves its id, and what the entry itself says, to those who see its scope.
    """
    offer = OFFERS[entry.kind]
    if fact is not None and offer.facts != "message" and not one.covers(offer.facts, *fact.scope):
        return None
    if one.for_customer:
        return fact.customer if fact is not None else None
    data: dict[str, Any] = dict(fact.data) if fact is not None else {"id": entry.subject}
    if fact is not None and fact.within is not None:
        data |= fact.within(one.scope)
    kept = {name: entry.payload[name] for name in offer.keeps if name in entry.payload}
    return {**data, "change": kept} if kept else data


def may_still_hear(delivery: Delivery, one: Listener) -> bool:
    """Whether a delivery that was made before is still for this listener: role, active, and the row's scope as it is now.

    Of a row that is gone nothing new can be said: what it was told when it was theirs may go out.
    """
    offer = OFFERS.get(delivery.kind)
    if one.owner_left or offer is None:
        return False
    if delivery.kind not in allowed_kinds(one.row.owner, one.row.audience):
        return False
    if offer.facts == "message":
        slugs = Message.objects.filter(public_id=delivery.subject).values_list("partner__slug")
        return all(slug in one.partners for (slug,) in slugs)
    fact = read([(offer.facts, delivery.subject)]).get(delivery.subject)
    return fact is None or one.covers(offer.facts, *fact.scope)


def webhook_id(subscription: Subscription, entry: str) -> str:
    """The id of (subscription, entry): the same whenever it is made, so that a receiver knows a repeat."""
    mine = to_uuid("sub", subscription.public_id)
    theirs = to_uuid("ent", entry)
    assert isinstance(mine, UUID)
    assert isinstance(theirs, UUID)
    return f"dlv_{uuid5(mine, theirs.hex).hex}"


def body_of(
    kind: str, entry: str, subject: str, at: datetime, data: dict[str, Any], version: int
) -> str:
    """The exact text of an event: compact JSON, keys in the order of docs/outgoing.md."""
    return json.dumps(
        {
            "type": kind,
            "version": version,
            "timestamp": plain(at),
            "id": entry,
            "subject": subject,
            "data": data,
        },
        separators=(",", ":"),
        ensure_ascii=False,
    )


def _delivery(entry: Entry, row: Subscription, data: dict[str, Any], now: datetime) -> Delivery:
    return Delivery(
        public_id=webhook_id(row, entry.public_id),
        subscription=row,
        entry=entry.public_id,
        kind=entry.kind,
        subject=entry.subject,
        body=body_of(entry.kind, entry.public_id, entry.subject, entry.at, data, row.version),
        occurred_at=entry.at,
        correlation_id=entry.correlation_id,
        next_at=now,
    )
