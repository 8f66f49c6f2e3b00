"""A message that kills the worker itself: the others go on, and it is not tried for ever."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.exceptions.models import Case
from apps.integrations import inbox
from apps.integrations.models import Drain, Message
from tests.integrations.factories import batch, make_partner, post, stored

pytestmark = pytest.mark.django_db(transaction=True)

_WORKER = """
import os, signal, django
django.setup()
from apps.integrations import inbox
whole = inbox.apply
def deadly(incoming):
    if any(fact.tracking_number == "DEADLY" for message in incoming for fact in message.events):
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(incoming)
inbox.apply = deadly
inbox.drain()
"""


def worker() -> int:
    """Drain in a process of its own, against the test's database; -9 when it was killed."""
    head, _, query = settings.DATABASE_URL.partition("?")
    url = head.rpartition("/")[0] + "/" + connection.settings_dict["NAME"] + (query and "?" + query)
    done = subprocess.run(
        [sys.executable, "-c", _WORKER], cwd=Path(settings.BASE_DIR), timeout=60, capture_output=True, check=False,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "controltower.settings"},
    )  # fmt: skip
    assert done.returncode in (0, -9), done.stderr.decode()
    return done.returncode


def rested() -> None:
    Message.objects.exclude(next_attempt_at=None).update(
        next_attempt_at=timezone.now() - timedelta(seconds=1)
    )


def test_what_kills_the_worker_travels_alone_after_that_and_is_dead_after_six_attempts():
    partner = make_partner()
    first, deadly, last = (
        post(partner, batch(key, number))
        for key, number in (("a", "AB1"), ("b", "DEADLY"), ("c", "CD1"))
    )

    assert worker() == -9  # the whole batch
    assert [stored(answer).attempts for answer in (first, deadly, last)] == [0, 0, 0]
    assert worker() == -9  # one by one, counted before
    assert (stored(first).status, stored(first).attempts) == ("processed", 0)
    assert (stored(deadly).status, stored(deadly).attempts) == ("received", 1)
    assert stored(deadly).next_attempt_at > timezone.now()
    Message.objects.exclude(next_attempt_at=None).update(
        next_attempt_at=timezone.now() + timedelta(hours=1)
    )
    assert worker() == 0  # it rests: the others go on
    assert (stored(last).status, Drain.objects.count()) == ("processed", 0)
    for attempt in range(2, inbox.ATTEMPTS + 1):
        rested()
        assert worker() == -9
        assert stored(deadly).attempts == attempt
    rested()
    assert worker() == 0

    assert (stored(deadly).status, stored(deadly).reason) == ("dead", "apply_failed")
    assert "worker died" in stored(deadly).detail
    assert Case.objects.get(kind="message_dead").subject == stored(deadly).public_id


def test_a_drain_that_goes_well_leaves_no_trace_and_takes_no_other_for_dead():
    partner = make_partner()
    answer = post(partner, batch("a", "AB1"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7311, 1000000)")
        cursor.execute(
            "INSERT INTO integrations_drain (id, began_at) OVERRIDING SYSTEM VALUE VALUES (1000000, now())"
        )
    try:
        assert worker() == 0  # the lock is held here: nobody died
        assert Drain.objects.count() == 1
        assert (stored(answer).status, stored(answer).attempts) == ("processed", 0)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(7311, 1000000)")
    post(partner, batch("b", "AB2"))
    assert worker() == 0
    assert Drain.objects.count() == 0
