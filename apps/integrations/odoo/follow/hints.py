"""Odoo's hints: which record to look at now instead of at the next poll. A hint is never believed, only followed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import connection as database
from django.db.models import F, Min
from django.utils import timezone

from apps.integrations.models import Wakeup
from apps.integrations.odoo.follow import feed
from apps.integrations.odoo.line.client import DEFAULT
from apps.integrations.odoo.line.errors import LoginRefused, OdooError, OdooRefused
from apps.integrations.odoo.line.locks import only_one
from apps.journal.correlation import bound
from apps.mirror.specs import BY_MODEL, moment

log = structlog.get_logger(__name__)

SETTLE_S = 1.0
"""18.0 sends its hint before it commits (FACTS 9): how long after a hint the record is first read."""

_RESTS_S = (1, 2, 4, 8, 15)
_BATCH = 200

_KEEP = """
INSERT INTO integrations_wakeup (connection, model, record_odoo_id, write_date, hinted_at, not_before, tries)
VALUES (%s, %s, %s, %s, %s, %s, 0)
ON CONFLICT (connection, model, record_odoo_id) DO UPDATE SET
    write_date = GREATEST(integrations_wakeup.write_date, EXCLUDED.write_date),
    hinted_at = EXCLUDED.hinted_at, tries = 0,
    not_before = LEAST(integrations_wakeup.not_before, EXCLUDED.not_before)
"""


def keep(connection: str, model: str, odoo_id: int, write_date: str, now: datetime) -> None:
    """Remember a hint; several for one record become one, due when the first is: a stream of them delays nothing.

    What was read too early for the last one is read again, since the record is then not yet as that one said.
    """
    with database.cursor() as cursor:
        cursor.execute(
            _KEEP,
            [connection, model, odoo_id, write_date[:32], now, now + timedelta(seconds=SETTLE_S)],
        )


def next_due_s(connection: str = DEFAULT) -> float | None:
    """Seconds until a hint may be followed, 0 for now; None without hints."""
    first = Wakeup.objects.filter(connection=connection).aggregate(first=Min("not_before"))["first"]
    return None if first is None else max((first - timezone.now()).total_seconds(), 0.0)


def follow_all(connection: str = DEFAULT, *, patience_s: float = 8, soon_s: float = 1.5) -> int:
    """Follow hints until none is due soon, at most for patience_s; returns how many records were read.

    The worker waits for hints that are about to be due: otherwise beat's next sweep would be the one to see them.
    Only one waits, whoever comes meanwhile goes: each hint wakes a worker, and a stream of them must not have
    all workers waiting here while commands want to be carried.
    """
    give_up, followed = time.monotonic() + patience_s, 0
    while True:
        with only_one(f"odoo.hints/{connection}") as mine:
            if not mine:
                return followed
            followed += _follow_due(connection)
            while (wait_s := _wait_s(connection, soon_s, give_up)) is not None:
                time.sleep(wait_s)
                followed += _follow_due(connection)
        # who came for a hint before the lock was given back has gone: look for that hint
        if _wait_s(connection, soon_s, give_up) is None:
            return followed


def _wait_s(connection: str, soon_s: float, give_up: float) -> float | None:
    """Seconds until the next hint is due; None where that is not soon, or patience ends before."""
    wait_s = next_due_s(connection)
    if wait_s is None or wait_s > soon_s or time.monotonic() + wait_s > give_up:
        return None
    return wait_s


def _follow_due(connection: str) -> int:
    now = timezone.now()
    due = list(
        Wakeup.objects.filter(connection=connection, not_before__lte=now).order_by("not_before")[
            :_BATCH
        ]
    )
    if not due:
        return 0
    wanted: dict[str, set[int]] = {}
    for hint in due:
        if hint.model in BY_MODEL:
            wanted.setdefault(hint.model, set()).add(hint.record_odoo_id)
    try:
        with bound(None):
            _read(connection, wanted)
    except OdooError:
        _again(due, now)  # the feed's own pass finds Odoo away too, and says so
        return 0
    fresh = [hint for hint in due if _is_fresh(connection, hint)]
    for hint in fresh:
        Wakeup.objects.filter(pk=hint.pk, hinted_at=hint.hinted_at).delete()
    _again([hint for hint in due if hint not in fresh], now)
    return len(fresh)


def _read(connection: str, wanted: dict[str, set[int]]) -> None:
    """Read these records at once; where Odoo refuses one model, the others by themselves."""
    try:
        feed.read_now(connection, wanted)
    except LoginRefused:
        raise
    except OdooRefused:
        for model, odoo_ids in wanted.items():
            try:
                feed.read_now(connection, {model: odoo_ids})
            except LoginRefused:
                raise
            except OdooRefused as error:
                log.info("odoo_hint_refused", model=model, reason=error.says)


def _is_fresh(connection: str, hint: Wakeup) -> bool:
    """Whether the mirror now has the record as of the hint or later (write_date is read in whole seconds)."""
    spec = BY_MODEL.get(hint.model)
    if spec is None:
        return True
    row = spec.table._default_manager.filter(
        connection=connection, odoo_id=hint.record_odoo_id
    ).first()
    if row is None or row.odoo_write_date is None:
        return False
    hinted = moment(hint.write_date[:19])
    return hinted is None or row.odoo_write_date >= hinted


def _again(hints: Iterable[Wakeup], now: datetime) -> None:
    """Try later; after the last rest the hint is dropped: a phantom of a rolled back change, or polling's business."""
    for hint in hints:
        same = Wakeup.objects.filter(pk=hint.pk, hinted_at=hint.hinted_at)
        if hint.tries >= len(_RESTS_S):
            same.delete()
        else:
            same.update(
                tries=F("tries") + 1, not_before=now + timedelta(seconds=_RESTS_S[hint.tries])
            )
