"""Messages that come at the same time share a commit: one request stores what gathered while the last was stored.

A commit costs PostgreSQL more than the rows in it, and a wait for it costs a thread. Nobody waits for company: who
comes while nobody stores begins at once, alone. What each is told is the same as if it had stored its own.
"""

import threading
from dataclasses import dataclass, field
from typing import Final

from django.db import Error

from apps.integrations import store
from apps.integrations.store import NewMessage

_MOST: Final = 32
_HEAVY: Final = 64 * 1024  # bytes: a larger body would keep the others waiting


@dataclass(slots=True, eq=False)
class _Slip:
    """One request's message, and what the request is told when its turn comes."""

    message: NewMessage
    turn: threading.Event = field(default_factory=threading.Event)
    stored: int | None = None
    leads: bool = False
    alone: bool = False


class Gathering:
    """The messages of one process that wait to be stored. One request at a time leads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Slip] = []
        self._is_led = False

    def insert(self, message: NewMessage) -> int | None:
        """As store.insert outside a transaction: the message's id once it is committed, None for a known key."""
        if len(message.raw) > _HEAVY:
            return store.insert(message)
        slip = _Slip(message)
        with self._lock:
            if self._is_led:
                self._waiting.append(slip)
            else:
                slip.leads = self._is_led = True
        if not slip.leads:
            slip.turn.wait()
        if slip.leads:
            return self._lead(slip)
        return store.insert(message) if slip.alone else slip.stored

    def _lead(self, mine: _Slip) -> int | None:
        with self._lock:
            others, self._waiting = self._waiting[: _MOST - 1], self._waiting[_MOST - 1 :]
        if not others:
            try:
                return store.insert(mine.message)
            finally:
                self._hand_on()
        party = [mine, *others]
        try:
            for slip, stored in zip(
                party, store.insert_all([slip.message for slip in party]), strict=True
            ):
                slip.stored = stored
        except Error:
            # Nothing of it is committed, or nobody can tell: each by itself finds out what holds for it.
            for slip in party:
                slip.alone = True
        except BaseException:
            for slip in others:
                slip.alone = True
            raise
        finally:
            self._hand_on()
            for slip in others:
                slip.turn.set()
        return store.insert(mine.message) if mine.alone else mine.stored

    def _hand_on(self) -> None:
        with self._lock:
            if not self._waiting:
                self._is_led = False
                return
            heir = self._waiting.pop(0)
            heir.leads = True
        heir.turn.set()
