"""Odoo away, or refusing: said on the feed's row, retried with growing rests, a case when it lasts."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from apps.exceptions.services import Evidence, clear_case, open_case
from apps.integrations.models import Command
from apps.integrations.odoo.line.errors import LoginRefused, OdooAway, OdooBusy, OdooError
from apps.journal.wake import wake
from apps.mirror.feeds import Trouble
from apps.mirror.models import Feed

log = structlog.get_logger(__name__)

PATIENCE = 3
"""Failures in a row before a case; a refused login does not get better by waiting and opens it at once."""

_FIRST_REST_S, _LONGEST_REST_S = 5, 60


def rest(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: 5 s doubling to a minute."""
    return timedelta(
        seconds=min(_LONGEST_REST_S, _FIRST_REST_S * 2 ** min(max(failures - 1, 0), 10))
    )


def failed(feed: Feed, error: OdooError) -> None:
    """Keep what went wrong. Odoo being away or refusing the login is one outage of all feeds of the connection."""
    now = timezone.now()
    whole = isinstance(error, OdooAway | LoginRefused)
    if feed.failures == 0:
        log.warning(
            "odoo_feed_failed", model=feed.model, reason=error.says
        )  # once per outage, not per try
    feed.failures = min(feed.failures + 1, 1000)
    feed.error, feed.trouble = error.says, _trouble(error)
    feed.ran_at, feed.due_at = now, now + rest(feed.failures)
    with transaction.atomic():
        feed.save(update_fields=["failures", "error", "trouble", "ran_at", "due_at"])
        if whole:
            Feed.objects.filter(connection=feed.connection).exclude(pk=feed.pk).update(
                error=error.says,
                trouble=feed.trouble,
                failures=feed.failures,
                due_at=feed.due_at,
            )
        lasting = feed.failures >= PATIENCE and not isinstance(error, OdooBusy)
        if lasting or isinstance(error, LoginRefused):
            _open(feed, error, whole=whole)


def ended(feed: Feed) -> None:
    """A pass went well: the outage, if there was one, is over."""
    if not feed.failures and not feed.error:
        return
    log.warning("odoo_feed_recovered", model=feed.model, failures=feed.failures)
    feed.failures, feed.error, feed.trouble = 0, "", ""
    with transaction.atomic():
        feed.save(update_fields=["failures", "error", "trouble"])
        for whole in (True, False):
            clear_case(_dedupe(feed, whole=whole), says="Odoo answers again.", now=timezone.now())
        # Whoever waited for Odoo may try at once.
        Feed.objects.filter(connection=feed.connection, failures__gt=0).update(due_at=None)
        Command.objects.filter(connection=feed.connection, state="waiting").update(
            next_attempt_at=None
        )
        transaction.on_commit(lambda: wake("odoo.commands"))


def _trouble(error: OdooError) -> Trouble:
    if isinstance(error, LoginRefused):
        return Trouble.LOGIN
    return Trouble.AWAY if isinstance(error, OdooAway) else Trouble.MODEL


def _dedupe(feed: Feed, *, whole: bool) -> str:
    return f"odoo:{feed.connection}" if whole else f"odoo:{feed.connection}:{feed.model}"


def _open(feed: Feed, error: OdooError, *, whole: bool) -> None:
    now = timezone.now()
    title = "Odoo cannot be reached" if whole else f"Odoo does not give us {feed.model}"
    if isinstance(error, LoginRefused):
        title = "Odoo refuses our login"
    open_case(
        "integration_down",
        _dedupe(feed, whole=whole),
        title=title,
        subject=f"odoo:{feed.connection}",
        evidence=[Evidence("odoo", f"odoo:{feed.connection}:{feed.model}", error.says[:300], now)],
        now=now,
    )
