"""Threads of this process for work that waits for others: a task starts them and returns, and holds no worker up."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import structlog
from django.db import connection

log = structlog.get_logger(__name__)


class Threads:
    """At most `most` threads at a time, one for each key; a forked process has its own."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._lock = threading.Lock()
        self._busy: dict[int, threading.Thread] = {}
        self._pid = 0

    def start(self, key: int, work: Callable[[int], object]) -> bool:
        """Begin work(key); False when it is under way already, or all threads are busy."""
        with self._lock:
            if self._pid != os.getpid():
                self._busy, self._pid = {}, os.getpid()
            if key in self._busy or len(self._busy) >= self._most:
                return False
            thread = threading.Thread(
                target=self._run, args=(key, work), name=f"{self._name}-{key}", daemon=True
            )
            self._busy[key] = thread
            thread.start()
            return True

    def _run(self, key: int, work: Callable[[int], object]) -> None:
        try:
            work(key)
        except (
            Exception
        ) as error:  # one key's surprise must not end the others': it is told and counted
            log.error("thread_failed", of=self._name, key=key, exc_info=error)
        finally:
            connection.close()
            with self._lock:
                self._busy.pop(key, None)

    def wait(self) -> None:
        """Until those that run now are done (tests, and commands that must not end before them)."""
        for thread in list(self._busy.values()):
            thread.join()


def lend_connection() -> None:
    """Give this thread's database connection back to the process's pool while it waits for somebody else.

    Otherwise a handful of slow receivers would hold every connection that the workers of the process share.
    """
    if not connection.in_atomic_block:
        connection.close()
