"""Signing secrets of subscriptions: made here, shown once, two valid while a receiver changes over."""

from datetime import datetime, timedelta
from typing import Final

from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.models.outgoing import Subscription, SubscriptionSecret
from apps.integrations.partners import seal, unseal

OVERLAP_H: Final = 24
LONGEST_OVERLAP_H: Final = 14 * 24


def new_secret(row: Subscription, now: datetime, *, overlap_h: int = OVERLAP_H) -> str:
    """One more secret, from now on the first that signs; the others sign beside it for overlap_h hours more.

    Returns it: this is the only time it can be read. Never more than two sign: a third ends the oldest at once.
    """
    secret = SCHEMES["standard_webhooks"].generate()
    until = now + timedelta(hours=overlap_h)
    older = list(_live(row, now))
    for place, known in enumerate(older):
        ends = until if place == 0 else now
        if known.valid_until is None or known.valid_until > ends:
            known.valid_until = ends
            known.save(update_fields=["valid_until"])
    SubscriptionSecret.objects.create(subscription=row, sealed=seal(secret))
    return secret


def live_secrets(row: Subscription, now: datetime) -> list[str]:
    """The secrets that sign now, the newest first. Raises BadPartner when SECRET_KEY no longer opens them."""
    return [unseal(known.sealed) for known in _live(row, now)]


def _live(row: Subscription, now: datetime) -> list[SubscriptionSecret]:
    rows = row.secrets.order_by("-pk")
    return [known for known in rows if known.valid_until is None or known.valid_until > now]
