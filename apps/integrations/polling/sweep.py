"""Beat's sweep: every poll takes its turns in a thread of its own, so that a slow partner delays nobody (R230).

The task starts the threads and returns: what waits for a partner holds neither Odoo's feed nor another poll up.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import httpx
from django.db.models import Q
from django.utils import timezone

from apps.integrations import incidents
from apps.integrations.models import Poll, Switch
from apps.integrations.odoo.line.locks import only_one
from apps.integrations.polling import silence
from apps.integrations.polling.asking import open_client
from apps.integrations.polling.turn import take_turn
from apps.integrations.threads import Threads
from apps.journal.correlation import bound

THREADS: Final = 8
"""Partners asked at the same time by one process; each holds a database connection (its poll's lock)."""

TURN_S: Final = 8.0
_REST_S: Final = 1.0

_threads = Threads("poll", THREADS)


def start_due(
    *,
    turn_s: float = TURN_S,
    open_with: Callable[[], httpx.Client] = open_client,
    clock: Callable[[], datetime] = timezone.now,
) -> int:
    """Start a thread for each poll that may ask now and return at once; how many were started.

    Two workers never ask one partner at once: a session's advisory lock on its poll.
    """
    now = clock()
    silence.watch(now)
    incidents.follow(now)
    rested = Q(rest_until=None) | Q(rest_until__lte=now)
    rows = Poll.objects.filter(rested, on=True, partner__switch=Switch.LIVE).order_by("asked_at")
    work = partial(_ask_for_a_while, turn_s=turn_s, open_with=open_with, clock=clock)
    return sum(_threads.start(poll_id, work) for poll_id in rows.values_list("pk", flat=True))


def wait() -> None:
    """Until the turns that run now are over."""
    _threads.wait()


def _ask_for_a_while(
    poll_id: int, *, turn_s: float, open_with: Callable[[], httpx.Client], clock: Callable[[], datetime]
) -> None:  # fmt: skip
    """Turn after turn while there is something to ask, for turn_s seconds."""
    end = time.monotonic() + turn_s
    while turn_of(poll_id, open_with, clock) and time.monotonic() + _REST_S < end:
        threading.Event().wait(_REST_S)


def turn_of(
    poll_id: int,
    open_with: Callable[[], httpx.Client] = open_client,
    clock: Callable[[], datetime] = timezone.now,
) -> int:
    """One turn of one poll, if nobody else has it; returns how many requests were made."""
    with only_one(f"poll/{poll_id}") as mine, bound(None):
        if not mine:
            return 0
        poll = Poll.objects.select_related("partner__carrier").get(pk=poll_id)
        with open_with() as client:
            return take_turn(poll, client, clock)
