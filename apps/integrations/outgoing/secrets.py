"""Secrets of subscriptions, to sign with or for an agent to show: made here, shown once, two valid at a change."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from apps.accounts.models import digest
from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.models.outgoing import Subscription, SubscriptionSecret
from apps.integrations.partners import seal, unseal

OVERLAP_H: Final = 24
LONGEST_OVERLAP_H: Final = 14 * 24
AGENT: Final = "cta_"
"""What an agent's credential begins with."""


def new_secret(row: Subscription, now: datetime, *, overlap_h: int = OVERLAP_H) -> str:
    """One more secret, from now on the first that signs; the others are good beside it for overlap_h hours more.

    Returns it: this is the only time it can be read. Never more than two are good: a third ends the oldest at once.
    """
    until = now + timedelta(hours=overlap_h)
    older = list(_live(row, now))
    for place, known in enumerate(older):
        ends = until if place == 0 else now
        if known.valid_until is None or known.valid_until > ends:
            known.valid_until = ends
            known.save(update_fields=["valid_until"])
    if row.fetched:
        secret = AGENT + secrets.token_urlsafe(32)
        SubscriptionSecret.objects.create(subscription=row, digest=digest(secret))
    else:
        secret = SCHEMES["standard_webhooks"].generate()
        SubscriptionSecret.objects.create(subscription=row, sealed=seal(secret))
    return secret


def shown(credential: str, now: datetime) -> SubscriptionSecret | None:
    """The valid credential of an agent with its subscription and owner, or None."""
    good = Q(valid_until=None) | Q(valid_until__gt=now)
    rows = SubscriptionSecret.objects.select_related("subscription__owner", "subscription__client")
    return rows.filter(good, digest=digest(credential), subscription__fetched=True).first()


def live_secrets(row: Subscription, now: datetime) -> list[str]:
    """The secrets that sign now, the newest first. Raises BadPartner when SECRET_KEY no longer opens them."""
    return [unseal(known.sealed) for known in _live(row, now)]


def _live(row: Subscription, now: datetime) -> list[SubscriptionSecret]:
    rows = row.secrets.order_by("-pk")
    return [known for known in rows if known.valid_until is None or known.valid_until > now]
