"""Celery entry points of the journal: wake-ups without payload."""

import time

from celery import shared_task
from django.db import connection

from apps.journal import partitions, stopping
from apps.journal.subscribers import all_subscribers, behind, drain
from apps.journal.turns import Turns

_SETTLE_S = 0.03
_PATIENCE_S = 2.0
# While one waits for a slow subscriber the other serves the rest. Every stored message may send a wake-up: without
# a bound they held all threads of a worker, and its inbox was drained by nobody.
_drains = Turns(2)


@shared_task(name="journal.drain", ignore_result=True)
def drain_journal() -> None:
    """Drain every subscriber until nothing is before any cursor, or what is left is not settled yet.

    An entry becomes visible to subscribers only when no older transaction is open; so for a short
    while we look again instead of waiting for beat's next sweep.
    """
    try:
        _drains.take(_until_settled)
    finally:
        connection.close()


def _until_settled() -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        handled = sum(drain(subscriber) for subscriber in all_subscribers())
        if stopping.asked():
            break
        if handled:
            continue
        if time.monotonic() > give_up or not any(behind().values()):
            break
        time.sleep(_SETTLE_S)


@shared_task(name="journal.make_partitions", ignore_result=True)
def make_partitions() -> None:
    """Keep this month's and the next two months' partitions in place."""
    partitions.make()
