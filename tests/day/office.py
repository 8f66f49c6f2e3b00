"""Who works the day: a signed-in user, a seed, what is there to sell, and a count of what happened."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.client import OdooError, User

BY_HAND = 25


@dataclass(slots=True)
class Office:
    """One day's work. Everything is drawn from the seed, so a day on the same records goes the same way."""

    user: User
    seed: int
    size: int
    done: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    stock: dict[str, list[int]] = field(default_factory=dict)
    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    @property
    def is_19(self) -> bool:
        return self.user.server.is_19

    def __call__(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        return self.user(model, method, *args, **kwargs)

    def has(self, model: str) -> bool:
        """Whether the server has this model: not every Odoo buys or makes."""
        return bool(self("ir.model", "search_count", [["model", "=", model]]))

    def note(self, kind: str, count: int = 1) -> None:
        self.done[kind] += count

    def attempt(self, kind: str, work: Callable[..., Any], *given: Any) -> Any:
        """Do one piece of work and count it; what Odoo refuses is kept and the day goes on."""
        try:
            answer = work(*given)
        except OdooError as error:
            self.refused.append(f"{kind}: {error.name}: {error.message.splitlines()[0][:160]}")
            return None
        self.note(kind)
        return answer

    # --- drawing --------------------------------------------------------------------------------
    def name(self, what: str) -> str:
        return f"{what} {self.seed}-{self.dice.randrange(16**6):06x}"

    def pick(self, kind: str) -> int:
        return self.dice.choice(self.stock[kind])

    def share(self, part: float, least: int = 1) -> int:
        """How many of something a day of this size has."""
        return max(least, round(self.size * part))

    def some(self, ids: list[int], part: float, least: int = 1) -> list[int]:
        """Some of ids, in their order; no more than one clerk does by hand in a day."""
        count = min(len(ids), max(least, min(round(len(ids) * part), BY_HAND)))
        return sorted(self.dice.sample(ids, count))

    def batches(self, ids: list[int]) -> Iterator[list[int]]:
        """The ids in their order, alone and by the dozen: each batch is one transaction of Odoo's."""
        rest = list(ids)
        while rest:
            size = self.dice.choice((1, 4, 10, 25))
            yield rest[:size]
            rest = rest[size:]

    def moment(self, days: float) -> str:
        """A moment days from now as Odoo takes it; the minute is drawn."""
        at = self.start + timedelta(days=days, minutes=self.dice.randrange(600))
        return at.strftime("%Y-%m-%d %H:%M:%S")

    def day(self, days: int) -> str:
        return (self.start + timedelta(days=days)).strftime("%Y-%m-%d")

    # --- looking --------------------------------------------------------------------------------
    def ids(self, model: str, *domain: Any, order: str = "id") -> list[int]:
        return list(self(model, "search", list(domain), order=order))

    def values(self, model: str, ids: list[int], *fields: str) -> dict[int, dict[str, Any]]:
        rows = self(model, "read", ids, list(fields)) if ids else []
        return {row["id"]: row for row in rows}
