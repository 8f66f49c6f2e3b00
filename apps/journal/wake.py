"""Wake-ups: Celery is the alarm clock, the rows are the queue.

A wake-up never blocks or fails its caller: a thread of this process sends it, at most once in a few
milliseconds for each task, and a lost one costs only the time until beat's next sweep.
"""

import os
import threading

import structlog
from celery import current_app
from django.conf import settings

log = structlog.get_logger(__name__)

_QUIET_S = 0.02


class _Bell:
    def __init__(self) -> None:
        self._rung: set[str] = set()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._pid = 0

    def ring(self, task: str) -> None:
        # What is rung and not yet sent is sent after this: at a busy door most rings end here, without the lock.
        if task in self._rung and self._pid == os.getpid():
            return
        with self._condition:
            if self._thread is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self._thread = threading.Thread(target=self._run, name="wake", daemon=True)
                self._thread.start()
            self._rung.add(task)
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._rung:
                    self._condition.wait()
                rung, self._rung = self._rung, set()
            for task in rung:
                self._send(task)
            threading.Event().wait(_QUIET_S)

    def _send(self, task: str) -> None:
        try:
            current_app.send_task(task, expires=30, retry=False)
        except Exception as error:  # noqa: BLE001  the broker may be away: beat's sweep finds the row
            log.warning("wake_up_lost", task=task, reason=str(error))


_bell = _Bell()


def wake(task: str) -> None:
    """Ask a worker to run a payload-free task soon. Returns at once, never raises."""
    if getattr(settings, "WAKE_UPS", True):
        _bell.ring(task)
