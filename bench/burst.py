"""50,000 events at once during normal load: the door and two workers as `make run` starts them."""

import threading
import time

from bench.accept import partner, requests
from bench.batch import unread, waiting
from bench.ground import called, served, until, working
from bench.rows import Row

_NORMAL, _NORMAL_S = 100, 40  # single events a second, all along
_MESSAGES, _EVENTS = 5000, 10


def measure() -> list[Row]:
    """How fast the burst is taken and drained, what is missing after it, and what the others feel of it."""
    from apps.journal.wake import wake
    from apps.shipments.models import Event

    slug, before = partner(), Event.objects.count()
    normal = requests(slug, "normal", _NORMAL * _NORMAL_S)
    burst = requests(slug, "burst", _MESSAGES, _EVENTS)
    others: dict[str, float] = {}
    with served("wsgi", "controltower.wsgi:application") as tower, working(2):
        called(tower, requests(slug, "warm", 200))
        before += 200
        beside = threading.Thread(target=lambda: others.update(called(tower, normal, _NORMAL)))
        beside.start()
        time.sleep(3)
        start = time.perf_counter()
        taken = called(tower, burst)
        accepted_s = time.perf_counter() - start
        until(lambda: _of_the_burst_waiting(), lambda: wake("inbox.drain"))
        drained_s = time.perf_counter() - start
        beside.join()
        until(lambda: not waiting() and not unread(), lambda: wake("inbox.drain"))
    events = _MESSAGES * _EVENTS
    lost = events + len(normal) - (Event.objects.count() - before)
    if taken["statuses"] != {"202": _MESSAGES}:
        raise SystemExit(f"the burst was answered {taken['statuses']}")
    return [
        Row("a burst of 50,000 events beside 100/s, accepted", events / accepted_s, "events/s"),
        Row("  drained, from its first request on", events / drained_s, "events/s"),
        Row("  events missing afterwards", lost, "events", lost, 0, least=False),
        Row("  p99 of the others' answers meanwhile", others["p99"], "ms"),
    ]


def _of_the_burst_waiting() -> bool:
    from apps.integrations.models import Message

    return not Message.objects.filter(status="received", key__startswith="burst-").exists()
