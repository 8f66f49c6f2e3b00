"""Which behaviour belongs to which model, and the hooks every change passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from . import related, sorting
from .behaviour import Behaviour
from .dialect import Dialect
from .schema import Model
from .store import Row, Store

if TYPE_CHECKING:
    from .env import Env

Computed = Callable[["Env", int, Row], Any]


class Deliveries:
    """How many webhooks were sent; drop loses all that follow."""

    def __init__(self) -> None:
        self.drop = False
        self.sent = self.lost = 0

    def take(self) -> bool:
        """Count one delivery; False if it is to be lost."""
        if self.drop:
            self.lost += 1
        else:
            self.sent += 1
        return not self.drop

    def told(self) -> dict[str, Any]:
        return {"drop": self.drop, "sent": self.sent, "lost": self.lost}


class Registry:
    """Models, behaviours and store of one running sandbox."""

    def __init__(
        self, store: Store, models: dict[str, Model], dialect: Dialect, behaviours: list[Behaviour]
    ) -> None:
        self.store = store
        self.models = models
        self.dialect = dialect
        self.deliveries = Deliveries()
        self.clock_offset = timedelta(0)
        self._plain = Behaviour()
        self._behaviours = {b.model: b for b in behaviours}
        self._listeners: list[Callable[[Env, str, int, Row | None, Row], None]] = []
        self._computed: dict[tuple[str, str], Computed | None] = {}

    def now(self) -> datetime:
        """The time the sandbox believes it is, aware UTC."""
        return datetime.now(UTC) + self.clock_offset

    def behaviour(self, model: str) -> Behaviour:
        return self._behaviours.get(model, self._plain)

    def computed(self, model: str, field: str) -> Computed | None:
        """The function of a computed field: `compute_<field>` of the behaviour, or its path."""
        key = (model, field)
        if key not in self._computed:
            own = getattr(self.behaviour(model), f"compute_{field}", None)
            self._computed[key] = own or related.reader(model, field)
        return self._computed[key]

    def listen(self, listener: Callable[[Env, str, int, Row | None, Row], None]) -> None:
        self._listeners.append(listener)

    def on_change(self, env: Env, model: str, row_id: int, old: Row | None, new: Row) -> None:
        if env.quiet:
            return
        for listener in self._listeners:
            listener(env, model, row_id, old, new)

    def sort(self, env: Env, model: str, ids: list[int], order: str | None) -> list[int]:
        return sorting.sort(env, model, ids, order)
