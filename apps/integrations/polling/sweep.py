"""Beat's sweep: every poll takes its turns in a thread of its own, so that a slow partner delays nobody (R230)."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Final

import httpx
import structlog
from django.db import connection
from django.utils import timezone

from apps.integrations import incidents
from apps.integrations.models import Poll
from apps.integrations.odoo.line.locks import only_one
from apps.integrations.polling import silence
from apps.integrations.polling.asking import open_client
from apps.integrations.polling.turn import take_turn
from apps.journal.correlation import bound

log = structlog.get_logger(__name__)

THREADS: Final = 8
"""Partners asked at the same time by one worker."""

TURN_S: Final = 8.0
_REST_S: Final = 1.0


def sweep(
    *,
    turn_s: float = TURN_S,
    open_with: Callable[[], httpx.Client] = open_client,
    clock: Callable[[], datetime] = timezone.now,
) -> int:
    """Ask all partners that are due for turn_s seconds; returns how many requests were made.

    A partner whose turn takes long keeps one thread; all others are asked again meanwhile. Two workers
    never ask one partner at once: a session's advisory lock on its poll.
    """
    silence.watch(clock())
    incidents.follow(clock())
    if not Poll.objects.filter(on=True).exists():
        return 0
    end, made = time.monotonic() + turn_s, 0
    under_way: dict[int, Future[int]] = {}
    with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="poll") as threads:
        while True:
            fresh = 0
            for poll_id in (
                Poll.objects.filter(on=True).order_by("asked_at").values_list("pk", flat=True)
            ):
                known = under_way.get(poll_id)
                if known is not None and not known.done():
                    continue
                if known is not None:
                    fresh += known.result()
                under_way[poll_id] = threads.submit(_in_thread, poll_id, open_with, clock)
            made += fresh
            if time.monotonic() + _REST_S >= end:
                break
            threading.Event().wait(_REST_S)
    return made + sum(future.result() for future in under_way.values())


def _in_thread(
    poll_id: int, open_with: Callable[[], httpx.Client], clock: Callable[[], datetime]
) -> int:
    try:
        return turn_of(poll_id, open_with, clock)
    except (
        Exception
    ) as error:  # one partner's surprise must not end the others' turns: it is told and counted
        log.error("poll_failed", poll=poll_id, exc_info=error)
        return 0
    finally:
        connection.close()


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
            return take_turn(poll, client, clock())
