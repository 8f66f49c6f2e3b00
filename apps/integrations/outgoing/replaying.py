"""Events of a time range again: what was sent before, and what the journal knows and was never made for this receiver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.integrations.models.outgoing import Delivery, DeliveryState, Subscription
from apps.integrations.outgoing import collecting, services
from apps.integrations.outgoing.catalog import PING
from apps.integrations.outgoing.errors import BadSubscription
from apps.integrations.outgoing.sight import Listener, listeners
from apps.journal.models import Entry
from apps.journal.services import NewEntry, append

LONGEST: Final = timedelta(days=31)
MOST: Final = 10_000
"""Events of one replay: what is more is asked for in parts."""
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Range:
    """What to send again. states: of deliveries that exist (dead, sent); missing: also what was never made."""

    begins: datetime
    ends: datetime
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = (DeliveryState.SENT, DeliveryState.DEAD)
    missing: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replay would do, or did: counts of events, and whether there are more than one replay takes."""

    again: int
    missing: int
    cut: bool


def plan(row: Subscription, wanted: Range) -> Plan:
    """What would be sent; nothing is. Raises BadSubscription for a range that cannot be."""
    _check(wanted)
    repeated = min(_stored(row, wanted).count(), MOST + 1)
    missing = sum(len(chunk) for chunk in _unmade(row, wanted)) if wanted.missing else 0
    return Plan(
        min(repeated, MOST), min(missing, max(MOST - repeated, 0)), repeated + missing > MOST
    )


def carry_out(row: Subscription, wanted: Range, *, by: User, now: datetime) -> Plan:
    """Send them, oldest first, each under its own id. In chunks, each its own transaction; safe to repeat."""
    _check(wanted)
    pks = list(
        _stored(row, wanted).order_by("occurred_at", "pk").values_list("pk", flat=True)[: MOST + 1]
    )
    repeated = pks[:MOST]
    for start in range(0, len(repeated), _CHUNK):
        with transaction.atomic():
            services.again(repeated[start : start + _CHUNK], now)
    made, cut = 0, len(pks) > MOST
    for chunk in _unmade(row, wanted) if wanted.missing else ():
        room = MOST - len(repeated) - made
        cut = cut or len(chunk) > room
        with transaction.atomic():
            made += collecting.store(chunk[: max(room, 0)])
        if cut:
            break
    told = {
        "deliveries": len(repeated) + made,
        "from": wanted.begins.isoformat(),
        "to": wanted.ends.isoformat(),
    }
    append(NewEntry("subscription.replayed", row.public_id, told, actor=by.public_id))
    return Plan(len(repeated), made, cut)


def _check(wanted: Range) -> None:
    if wanted.begins >= wanted.ends:
        raise BadSubscription("to", "The end lies before the beginning.")
    if wanted.ends - wanted.begins > LONGEST:
        raise BadSubscription("from", f"At most {LONGEST.days} days at once.")
    if set(wanted.states) - {DeliveryState.SENT, DeliveryState.DEAD}:
        raise BadSubscription("states", "Events that were sent, or dead letters.")


def _stored(row: Subscription, wanted: Range):  # type: ignore[no-untyped-def]
    rows = Delivery.objects.filter(
        subscription=row,
        occurred_at__gte=wanted.begins,
        occurred_at__lt=wanted.ends,
        state__in=wanted.states,
    ).exclude(kind=PING)
    return rows.filter(kind__in=wanted.kinds) if wanted.kinds else rows


def _unmade(row: Subscription, wanted: Range) -> Iterator[list[Delivery]]:
    """Deliveries of journal entries in the range that this subscription has none of, at most MOST + 1."""
    (one,) = listeners(collecting.with_rights(Subscription.objects.filter(pk=row.pk)))
    kinds = one.kinds & set(wanted.kinds) if wanted.kinds else one.kinds
    if one.owner_left or not kinds:
        return
    found, place = 0, 0
    while found <= MOST:
        entries = _entries(one, wanted, kinds, place)
        if not entries:
            return
        place = entries[-1].pk
        fresh = [entry for entry in entries if one.hears(entry)]
        rows = collecting.made(fresh, [one])
        known = set(
            Delivery.objects.filter(public_id__in=[made.public_id for made in rows]).values_list(
                "public_id", flat=True
            )
        )
        rows = [made for made in rows if made.public_id not in known]
        found += len(rows)
        if rows:
            yield rows


def _entries(one: Listener, wanted: Range, kinds: frozenset[str], place: int) -> list[Entry]:
    # By scope in the database too: a customer with little must not have everybody's entries read for it.
    rows = Entry.objects.filter(
        one.scope.q() | Q(company_id=None),
        at__gte=max(wanted.begins, one.row.created_at),
        at__lt=wanted.ends,
        kind__in=sorted(kinds),
        pk__gt=place,
    )
    return list(rows.order_by("pk")[:_CHUNK])


def resume(row: Subscription, *, by: User, now: datetime) -> Plan | None:
    """Send again, and make what happened while it was disabled; None when there was no such time.

    Raises BadSubscription as services.resume does. What lies longer back than one replay takes, or is more, is
    for a replay of a range.
    """
    since = services.resume(row, by=by, now=now)
    if since is None:
        return None
    begins = max(since - timedelta(minutes=5), now - LONGEST)
    return carry_out(row, Range(begins, now, states=(), missing=True), by=by, now=now)
