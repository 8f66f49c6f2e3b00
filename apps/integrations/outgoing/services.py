"""The verbs of subscriptions: add, change, new secret, pause, resume, ping, replay, remove."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from apps.accounts.models import ApiClient, Company, Customer, User, Warehouse
from apps.integrations.models.outgoing import (
    Audience,
    Delivery,
    DeliveryState,
    Subscription,
    SubscriptionState,
)
from apps.integrations.outgoing import fates, fetching, guard, stuck
from apps.integrations.outgoing.catalog import OFFERS, PING, VERSION
from apps.integrations.outgoing.collecting import body_of, webhook_id
from apps.integrations.outgoing.errors import AddressNotAllowed, BadSubscription
from apps.integrations.outgoing.secrets import LONGEST_OVERLAP_H, OVERLAP_H, new_secret
from apps.integrations.outgoing.sight import allowed_kinds
from apps.journal.correlation import current
from apps.journal.ids import new_id
from apps.journal.services import NewEntry, append

ASK_EVERY_S: Final = (5, 86_400)
MOST_OF_ONE: Final = 50
"""Subscriptions of one owner: each multiplies what every event costs."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subscription is to be. Empty kinds, warehouses, customers: all the owner may have; companies: all.

    fetched: an agent asks, at least every ask_every_s seconds, and no address is called; settled when it is added.
    """

    name: str
    url: str
    audience: str = Audience.TOWER
    kinds: tuple[str, ...] = ()
    companies: tuple[Company, ...] = ()
    warehouses: tuple[Warehouse, ...] = ()
    customers: tuple[Customer, ...] = ()
    version: int = VERSION
    fetched: bool = False
    ask_every_s: int = 60


@transaction.atomic
def add(
    wanted: Wanted, *, owner: User, now: datetime, client: ApiClient | None = None
) -> tuple[Subscription, str]:
    """A new subscription and its secret, which cannot be read again. Raises BadSubscription.

    A person who is only a customer subscribes in a customer's words, whatever was asked.
    """
    checked = _checked(wanted, owner)
    if Subscription.objects.filter(owner=owner).count() >= MOST_OF_ONE:
        raise BadSubscription("name", f"You have {MOST_OF_ONE} subscriptions already; remove one.")
    row = Subscription.objects.create(
        name=checked.name,
        url=checked.url,
        fetched=checked.fetched,
        ask_every_s=checked.ask_every_s,
        audience=checked.audience,
        kinds=sorted(checked.kinds),
        version=checked.version,
        owner=owner,
        client=client,
    )
    _scope(row, checked)
    secret = new_secret(row, now)
    told = {"audience": row.audience, "kinds": row.kinds}
    append(NewEntry("subscription.added", row.public_id, told, actor=owner.public_id))
    return row, secret


@transaction.atomic
def change(row: Subscription, wanted: Wanted, *, by: User) -> Subscription:
    """Let it be otherwise from now on; waiting deliveries go to the new address. Raises BadSubscription."""
    checked = _checked(replace(wanted, fetched=row.fetched), row.owner)
    locked = Subscription.objects.select_for_update().get(pk=row.pk)
    before = _shape(locked)
    locked.name, locked.url, locked.audience = checked.name, checked.url, checked.audience
    locked.kinds, locked.version = sorted(checked.kinds), checked.version
    locked.ask_every_s = checked.ask_every_s
    if before["url"] != checked.url:
        locked.failures, locked.rest_until = 0, None
    locked.save()
    _scope(locked, checked)
    after = _shape(locked)
    news = sorted(name for name in after if after[name] != before[name])
    if news:
        _changed(locked, news, by)
        fates.ring()
    return locked


def rotate(row: Subscription, *, by: User, now: datetime, overlap_h: int = OVERLAP_H) -> str:
    """Another secret; the one before signs beside it for overlap_h hours (0 to 336). Raises BadSubscription."""
    if not 0 <= overlap_h <= LONGEST_OVERLAP_H:
        raise BadSubscription("overlap_h", f"Between 0 and {LONGEST_OVERLAP_H} hours.")
    with transaction.atomic():
        locked = Subscription.objects.select_for_update().get(pk=row.pk)
        secret = new_secret(locked, now, overlap_h=overlap_h)
        _changed(locked, ["secret"], by)
    return secret


@transaction.atomic
def pause(row: Subscription, *, by: User) -> bool:
    """Send nothing for a while; what happens is collected. False when it was paused or disabled already."""
    locked = Subscription.objects.select_for_update().get(pk=row.pk)
    if locked.state not in (SubscriptionState.ACTIVE, SubscriptionState.FAILING):
        return False
    locked.state, locked.silent_at = SubscriptionState.PAUSED, None
    locked.save(update_fields=["state", "silent_at", "changed_at"])
    stuck.heard(locked, "It was paused.")
    _changed(locked, ["paused"], by)
    return True


@transaction.atomic
def resume(row: Subscription, *, by: User, now: datetime) -> datetime | None:
    """Send again. Returns since when the journal must be read again: it was disabled then, and collected nothing.

    Raises BadSubscription when its owner may no longer sign in.
    """
    locked = Subscription.objects.select_for_update().select_related("owner").get(pk=row.pk)
    if not locked.owner.is_active:
        raise BadSubscription("state", "Its owner may no longer sign in; add it anew as yourself.")
    if locked.state in (SubscriptionState.ACTIVE, SubscriptionState.FAILING):
        return None
    was_disabled = locked.state == SubscriptionState.DISABLED
    since = locked.disabled_at if was_disabled else None
    locked.state, locked.says = SubscriptionState.ACTIVE, ""
    locked.failures, locked.failing_since, locked.rest_until = 0, None, None
    locked.save()
    waiting = Delivery.objects.filter(subscription=locked, state=DeliveryState.WAITING)
    waiting.exclude(fetching.in_hand()).update(next_at=now, first_tried_at=None)
    _changed(locked, ["resumed"], by)
    fates.ring()
    return since


@transaction.atomic
def ping(row: Subscription, *, by: User, now: datetime) -> Delivery:
    """One test event, sent at once and once, also to a paused or disabled address."""
    entry = new_id("ent")
    says = {"says": "This is a test. Nothing happened.", "subscription": row.public_id}
    delivery = Delivery.objects.create(
        public_id=webhook_id(row, entry),
        subscription=row,
        entry=entry,
        kind=PING,
        subject=row.public_id,
        body=body_of(PING, entry, row.public_id, now, says, row.version),
        occurred_at=now,
        correlation_id=current(),
        next_at=now,
    )
    fates.ring()
    return delivery


@transaction.atomic
def remove(row: Subscription, *, by: User) -> None:
    """Forget the subscription with all its deliveries and secrets."""
    locked = Subscription.objects.select_for_update().filter(pk=row.pk).first()
    if locked is None:
        return  # somebody was quicker
    _changed(locked, ["removed"], by)
    fates.removed(locked)
    stuck.removed(locked)
    locked.delete()


@transaction.atomic
def replay_one(delivery: Delivery, *, by: User, now: datetime) -> bool:
    """Send one event again under its own id; False while it waits anyway, and for a ping."""
    # The subscription first, as whoever settles a try does.
    Subscription.objects.select_for_update().get(pk=delivery.subscription_id)
    locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if locked.state == DeliveryState.WAITING or locked.kind == PING:
        return False
    again([locked.pk], now)
    told = {"deliveries": 1, "from": None, "to": None}
    append(
        NewEntry(
            "subscription.replayed",
            delivery.subscription.public_id,
            told,
            actor=by.public_id,
            correlation_id=locked.correlation_id,
        )
    )
    return True


def again(pks: Sequence[int], now: datetime) -> int:
    """These deliveries are due now, with three days before them; the addresses are called at once."""
    called = Subscription.objects.filter(deliveries__pk__in=pks).values("pk")
    list(Subscription.objects.select_for_update().filter(pk__in=called).order_by("pk"))
    count = Delivery.objects.filter(pk__in=pks).update(
        state=DeliveryState.WAITING,
        next_at=now,
        first_tried_at=None,
        attempts=0,
        ended_at=None,
        says="",
    )
    if count:
        Subscription.objects.filter(deliveries__pk__in=pks).update(rest_until=None)
        fates.ring()
    return count


def _checked(wanted: Wanted, owner: User) -> Wanted:
    name = wanted.name.strip()
    if not name or len(name) > 120:
        raise BadSubscription("name", "A name has 1 to 120 characters.")
    if not ASK_EVERY_S[0] <= wanted.ask_every_s <= ASK_EVERY_S[1]:
        raise BadSubscription("ask_every_s", "An agent asks every 5 seconds to once a day.")
    url = _address(wanted)
    if wanted.audience not in Audience.values:
        raise BadSubscription("audience", "It is told as tower or as customer.")
    desk = owner.may("subscriptions.change")
    audience = wanted.audience if desk else Audience.CUSTOMER
    _check_kinds(wanted.kinds, owner, audience)
    if wanted.version != VERSION:
        raise BadSubscription("version", f"There is version {VERSION} of the payloads.")
    companies = wanted.companies or tuple(Company.objects.filter(pk__in=owner.scope.companies))
    if not companies:
        raise BadSubscription("companies", "You were granted no company.")
    _within(companies, owner.scope.companies, "companies")
    _within(wanted.warehouses, owner.scope.warehouses, "warehouses")
    _within(wanted.customers, owner.scope.customers, "customers")
    if any(one.company_id not in {None, *(c.pk for c in companies)} for one in wanted.customers):
        raise BadSubscription("customers", "A customer belongs to another company.")
    if audience == Audience.CUSTOMER and not wanted.customers and owner.scope.customers is None:
        raise BadSubscription("customers", "Name the customer whose system this is.")
    return replace(wanted, name=name, url=url, audience=audience, companies=companies)


def _address(wanted: Wanted) -> str:
    """The address that is called; none for an agent, which asks."""
    if wanted.fetched:
        if wanted.url:
            raise BadSubscription("url", "An agent asks; no address is called.")
        return ""
    try:
        guard.target(wanted.url)
    except AddressNotAllowed as error:
        raise BadSubscription("url", str(error)) from error
    return wanted.url


def _check_kinds(kinds: Collection[str], owner: User, audience: str) -> None:
    unknown = sorted(set(kinds) - set(OFFERS))
    if unknown:
        raise BadSubscription("kinds", f"There is no kind {unknown[0][:60]}.")
    refused = sorted(set(kinds) - allowed_kinds(owner, audience))
    if refused:
        raise BadSubscription("kinds", f"{refused[0]} is not yours to hear of.")


def _within(rows: Collection[Any], granted: frozenset[int] | None, field: str) -> None:
    if granted is not None and any(row.pk not in granted for row in rows):
        raise BadSubscription(field, "One of these was not granted to you.")


def _scope(row: Subscription, wanted: Wanted) -> None:
    row.companies.set(wanted.companies)
    row.warehouses.set(wanted.warehouses)
    row.customers.set(wanted.customers)


def _shape(row: Subscription) -> dict[str, Any]:
    return {
        "name": row.name,
        "url": row.url,
        "ask_every_s": row.ask_every_s,
        "audience": row.audience,
        "kinds": row.kinds,
        "version": row.version,
        "companies": sorted(row.companies.values_list("pk", flat=True)),
        "warehouses": sorted(row.warehouses.values_list("pk", flat=True)),
        "customers": sorted(row.customers.values_list("pk", flat=True)),
    }


def _changed(row: Subscription, what: list[str], by: User) -> None:
    append(NewEntry("subscription.changed", row.public_id, {"changed": what}, actor=by.public_id))
