"""When which model is compared with Odoo: quickly each hour, fully each night, and whenever somebody asks.

Odoo's scheduled action and beat are two ways to the same rows; either alone is enough (R20).
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone

from apps.integrations.odoo.follow.loading import is_loaded
from apps.integrations.odoo.follow.reconcile import try_reconcile
from apps.integrations.odoo.line.locks import only_one
from apps.journal.correlation import bound
from apps.mirror.models import Feed, Reconciliation
from apps.mirror.specs import SPECS

_REST: Final = 0.5
"""After each chunk half the time it took: reconciling takes no more than two thirds of one Odoo worker (R251)."""
_AT_ONCE: Final = timedelta(minutes=1)


def ask(connection: str, now: datetime) -> None:
    """Have every model of this Odoo compared quickly, soon."""
    Feed.objects.filter(connection=connection, reconcile_asked_at=None).update(
        reconcile_asked_at=now
    )


def run(connection: str, *, budget_s: float = 60, throttle: float = _REST) -> bool:
    """Compare what is due, a model at a time; True when there is more to do."""
    give_up = time.monotonic() + budget_s
    with only_one(f"odoo.reconcile/{connection}") as mine, bound(None):
        if not mine or not is_loaded(connection):
            return False
        for model, full in models_due(connection, timezone.now()):
            if time.monotonic() > give_up:
                return True
            done = try_reconcile(
                connection, full=full, mend=True, models=[model], throttle=throttle
            )
            if done is None:
                return False
    return False


def models_due(connection: str, now: datetime) -> list[tuple[str, bool]]:
    """(model, whether fully) of this Odoo, in the order of the specs."""
    night = _last_night(now)
    every = timedelta(seconds=int(settings.ODOO["reconcile_s"]))
    last = {
        row["model"]: row
        for row in Reconciliation.objects.filter(connection=connection)
        .values("model")
        .annotate(
            any=Max("started_at"),
            full=Max("started_at", filter=Q(kind="full", refused=False)),
            well=Max("started_at", filter=Q(refused=False)),
        )
    }
    found = []
    feeds = {
        feed.model: feed
        for feed in Feed.objects.filter(connection=connection, absent=False)
        if feed.load_done_at
    }
    for spec in SPECS:
        feed = feeds.get(spec.model)
        if feed is None or feed.load_done_at is None:
            continue
        row = last.get(spec.model, {"any": None, "full": None, "well": None})
        if row["any"] and row["any"] != row["well"] and now - row["any"] < every:
            continue  # refused just now: tried again as often as if it had been compared
        at = max(filter(None, (row["any"], feed.load_done_at)))
        asked = feed.reconcile_asked_at is not None and (
            row["any"] is None or now - row["any"] > _AT_ONCE
        )
        if max(filter(None, (row["full"], feed.load_done_at))) < night:
            found.append((spec.model, True))
        elif asked or now - at >= every:
            found.append((spec.model, False))
    return found


def _last_night(now: datetime) -> datetime:
    hour, _, minute = str(settings.ODOO["reconcile_at"]).partition(":")
    at = now.replace(hour=int(hour), minute=int(minute or 0), second=0, microsecond=0)
    return at if at <= now else at - timedelta(days=1)
