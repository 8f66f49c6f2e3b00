"""`env` of server code: models by name, the user, the context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ValueProblem
from .records import Records

if TYPE_CHECKING:
    from ..env import Env


class Cursor:
    """`env.cr`: takes statements that lock rows, which nobody needs here: transactions run one after another."""

    def execute(self, statement: str, parameters: Any = None) -> None:
        if not statement.lstrip().upper().startswith(("UPDATE", "SELECT")):
            raise ValueProblem(f"This sandbox runs no SQL: {statement[:80]}")


class Environment:
    """`env` of server code: models by name, the user, the context."""

    def __init__(self, env: Env) -> None:
        self.env = env

    @property
    def cr(self) -> Cursor:
        return Cursor()

    @property
    def uid(self) -> int:
        return self.env.uid

    @property
    def su(self) -> bool:
        return self.env.superuser

    @property
    def context(self) -> dict[str, Any]:
        return dict(self.env.context)

    @property
    def lang(self) -> Any:
        return self.env.context.get("lang")

    @property
    def user(self) -> Records:
        return self(su=True).records("res.users", (self.env.uid,))

    @property
    def company(self) -> Records:
        return self.records("res.company", (self.env.company,))

    @property
    def companies(self) -> Records:
        return self.records("res.company", tuple(self.env.companies))

    def __getitem__(self, model: str) -> Records:
        if model not in self.env.registry.models:
            raise KeyError(model)
        return self.records(model, ())

    def __contains__(self, model: object) -> bool:
        return model in self.env.registry.models

    def __call__(
        self,
        user: Any = None,
        context: dict[str, Any] | None = None,
        su: bool | None = None,
    ) -> Environment:
        uid = None if user is None else int(getattr(user, "id", user))
        return Environment(self.env.derived(uid=uid, context=context, su=su))

    def records(self, model: str, ids: tuple[int, ...]) -> Records:
        return Records(self, model, ids)

    def ref(self, xml_id: str, raise_if_not_found: bool = True) -> Records | None:
        module, _, name = xml_id.partition(".")
        for _, row in self.env.rows("ir.model.data"):
            if row["module"] == module and row["name"] == name:
                return self.records(row["model"], (row["res_id"],))
        if raise_if_not_found:
            raise ValueProblem(f"External ID not found in the system: {xml_id}")
        return None
