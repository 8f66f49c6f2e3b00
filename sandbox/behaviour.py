"""What a model adds to the plain record methods: defaults, hooks, buttons, computed fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .store import Row

if TYPE_CHECKING:
    from .env import Env


class NoResult:
    """A method answered None: the response has no `result` member."""


NO_RESULT = NoResult()


class Behaviour:
    """Base of all. `rpc_<method>(env, ids, ...)` are callable over the wire on records,
    those named in model_methods as `rpc_<method>(env, ...)`; `compute_<field>` give computed fields.
    """

    model: ClassVar[str] = ""
    model_methods: ClassVar[frozenset[str]] = frozenset()
    # methods that check for themselves who may call them
    open_methods: ClassVar[frozenset[str]] = frozenset()
    title_field: ClassVar[str] = "name"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        name = row.get(self.title_field)
        return str(name) if name else f"{self.model or 'record'},{row_id}"

    def defaults(self, env: Env, values: Row) -> Row:
        """Values of a new record that were not given."""
        return {}

    def instead(self, env: Env, values: Row) -> int | None:
        """The record a creation uses instead of making one; None for a new one."""
        return None

    def created(self, env: Env, row_id: int, given: Row) -> None:
        """After the row and its lines exist."""

    def check_write(self, env: Env, ids: list[int], values: Row) -> None:
        """Refuse a write by raising UserError. values as given, lines' commands included."""

    def before_write(self, env: Env, ids: list[int], values: Row) -> Row:
        """Check and complete a write. Raise UserError to refuse it."""
        return values

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        """After the rows changed."""

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        """Raise UserError to refuse a deletion."""

    def unlinked(self, env: Env, rows: list[Row]) -> None:
        """After the rows are gone."""

    def search_name(self, env: Env, row_id: int, row: Row) -> Any:
        """What name searches look at."""
        return self.display_name(env, row_id, row)
