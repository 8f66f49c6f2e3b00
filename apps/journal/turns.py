"""How many threads of one process do the same work at once."""

import threading
from collections.abc import Callable


class Turns:
    """Room for some threads at one work that looks for itself what there is to do.

    Who comes when all the room is taken goes away at once but leaves word, and whoever is at it looks once
    more before going: what a wake-up was sent for is never missed.
    """

    def __init__(self, most: int) -> None:
        self._room = threading.BoundedSemaphore(most)
        self._word = threading.Event()

    def take(self, work: Callable[[], object]) -> None:
        """Do the work, again as long as word was left meanwhile; nothing where others of this process are at it."""
        self._word.set()
        while self._word.is_set() and self._room.acquire(blocking=False):
            try:
                self._word.clear()
                work()
            finally:
                self._room.release()
