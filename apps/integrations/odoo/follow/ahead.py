"""Pages read ahead of who stores them, in a thread of its own: Odoo and the store work at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from queue import Full, Queue
from typing import Final

from django.db import connection as database

from apps.integrations.odoo.line.client import release
from apps.mirror.specs import Record

Page = tuple[datetime, list[Record]]
"""When its reading began, on our clock, and its records."""

_DEPTH: Final = 3
"""Pages that may wait for their taker: evens out models that Odoo gives slowly and models we store slowly."""
_PATIENCE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class _Read:
    model: str
    after_id: int
    page: Page | Exception


class Ahead:
    """Reads these models (with the id after which) from first to last, page after page.

    read(model, after_id) asks Odoo for one page and may raise: the taker of that page gets the error, and the
    next model is read. A page shorter than size is its model's last.
    """

    def __init__(
        self, read: Callable[[str, int], Page], coming: Mapping[str, int], size: int
    ) -> None:
        self._read, self._coming, self._size = read, dict(coming), size
        self._order = {model: place for place, model in enumerate(self._coming)}
        self._pages: Queue[_Read | None] = Queue(_DEPTH)
        self._next: _Read | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="odoo-ahead", daemon=True)
        self._thread.start()

    def take(self, model: str, after_id: int) -> Page | None:
        """The page of a model after an id; None where it is not read ahead. Raises what reading it raised.

        Models are taken in their order; pages of one that was passed over are dropped.
        """
        wanted = self._order.get(model)
        while wanted is not None:
            found = self._next or self._pages.get()
            if found is None:
                self._order.clear()
                return None
            if self._order[found.model] > wanted:
                self._next = found
                return None
            self._next = None
            if (found.model, found.after_id) == (model, after_id):
                if isinstance(found.page, Exception):
                    raise found.page
                return found.page
        return None

    def close(self) -> None:
        """End the thread: after the page that it is reading."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for model, after_id in self._coming.items():
                self._run_model(model, after_id)
            self._put(None)
        finally:
            release()
            database.close()  # this thread's own, where it asked for credentials

    def _run_model(self, model: str, after_id: int) -> None:
        while not self._is_over.is_set():
            try:
                page = self._read(model, after_id)
            except Exception as error:  # noqa: BLE001  whatever it is, the taker gets it
                self._put(_Read(model, after_id, error))
                return
            self._put(_Read(model, after_id, page))
            records = page[1]
            if len(records) < self._size:
                return
            after_id = records[-1]["id"]

    def _put(self, read: _Read | None) -> None:
        while not self._is_over.is_set():
            try:
                self._pages.put(read, timeout=_PATIENCE_S)
            except Full:
                continue
            return
