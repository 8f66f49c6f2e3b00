"""Recordsets as the code of a server action sees them: fields as attributes, methods as methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .. import dispatch, orm
from ..behaviour import NO_RESULT
from ..errors import MissingError
from .convert import to_code, to_read, to_store

if TYPE_CHECKING:
    from .environment import Environment

_ANSWERS: dict[str, str] = {
    "message_post": "mail.message",
    "activity_schedule": "mail.activity",
    "copy": "",
}
"""Methods whose answer is a recordset inside the server; "" is the model itself."""


class Records:
    """Some records of one model, in order."""

    def __init__(self, environment: Environment, model: str, ids: tuple[int, ...]) -> None:
        self._env, self._name, self._ids = environment, model, ids

    # --- what every recordset has --------------------------------------------------------------
    @property
    def env(self) -> Environment:
        return self._env

    @property
    def id(self) -> Any:
        return self.ensure_one()._ids[0] if self._ids else False

    @property
    def ids(self) -> list[int]:
        return list(self._ids)

    def ensure_one(self) -> Records:
        if len(self._ids) != 1:
            raise ValueError(f"Expected singleton: {self!r}")
        return self

    def __repr__(self) -> str:
        shown = f"{self._ids[0]}," if len(self._ids) == 1 else ", ".join(map(str, self._ids))
        return f"{self._name}({shown})"

    def __iter__(self) -> Iterator[Records]:
        return (self._with((i,)) for i in self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __bool__(self) -> bool:
        return bool(self._ids)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Records):
            return False
        return other._name == self._name and set(other._ids) == set(self._ids)

    def __hash__(self) -> int:
        return hash((self._name, frozenset(self._ids)))

    def __contains__(self, other: object) -> bool:
        if isinstance(other, Records):
            return len(other) == 1 and other._ids[0] in self._ids
        return isinstance(other, str) and other in self._env.env.model(self._name).fields

    def __or__(self, other: Records) -> Records:
        return self._with(tuple(dict.fromkeys(self._ids + other._ids)))

    def __add__(self, other: Records) -> Records:
        return self._with(self._ids + other._ids)

    def __sub__(self, other: Records) -> Records:
        return self._with(tuple(i for i in self._ids if i not in other._ids))

    def __and__(self, other: Records) -> Records:
        return self._with(tuple(i for i in self._ids if i in other._ids))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._value(key)
        if isinstance(key, slice):
            return self._with(self._ids[key])
        return self._with((self._ids[key],))

    def __setitem__(self, name: str, value: Any) -> None:
        self.write({name: value})

    def __getattr__(self, name: str) -> Any:
        if name in self._env.env.model(self._name).fields:
            return self._value(name)
        if self._known(name):
            return self._method(name)
        raise AttributeError(f"{self._name!r} object has no attribute {name!r}")

    def _with(self, ids: tuple[int, ...]) -> Records:
        return Records(self._env, self._name, ids)

    def _value(self, name: str) -> Any:
        env = self._env.env
        field = env.model(self._name).fields.get(name)
        if field is None:
            raise KeyError(name)
        if name == "id":
            return self.id
        if not self._ids:
            return to_code(self._env, field, field.empty)
        row_id = self.ensure_one()._ids[0]
        if env.get(self._name, row_id) is None:
            raise MissingError(self._name, row_id, env.uid)
        orm.read(env, self._name, [row_id], [name])
        if name == "display_name":
            return env.display_name(self._name, row_id)
        return to_code(self._env, field, env.value(self._name, row_id, name))

    def _known(self, name: str) -> bool:
        behaviour = self._env.env.registry.behaviour(self._name)
        return hasattr(behaviour, f"rpc_{name}") or name in dispatch.ON_MODEL | dispatch.ON_RECORDS

    def _method(self, name: str) -> Callable[..., Any]:
        env = self._env.env.derived()
        on_records = dispatch.is_on_records(env, self._name, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            given = [to_store(a) for a in args]
            named = {k: to_store(v) for k, v in kwargs.items()}
            lead: list[Any] = [list(self._ids)] if on_records else []
            answer = dispatch.call(env, self._name, name, [*lead, *given], named)
            if answer is NO_RESULT:
                return None
            if name in _ANSWERS:
                return self._records_of(_ANSWERS[name] or self._name, answer)
            return answer

        return call

    def _records_of(self, model: str, answer: Any) -> Records:
        """From the answers of the wire: an id, a list of ids or the text "model(1, 2)"."""
        if isinstance(answer, str):
            inner = answer.partition("(")[2].rstrip(")")
            answer = [int(part) for part in inner.split(",") if part.strip()]
        ids = [answer] if isinstance(answer, int) else answer
        return self._env.records(model, tuple(ids))

    # --- the record methods --------------------------------------------------------------------
    def browse(self, ids: Any = ()) -> Records:
        many = ids if isinstance(ids, Iterable) else ([ids] if ids else [])
        return self._with(tuple(int(i) for i in many))

    def search(
        self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None
    ) -> Records:
        env = self._env.env
        return self._with(
            tuple(orm.search(env, self._name, to_store(domain), offset, limit, order))
        )

    def search_count(self, domain: Any, limit: int | None = None) -> int:
        return orm.search_count(self._env.env, self._name, to_store(domain), limit)

    def create(self, vals_list: Any) -> Records:
        answer = orm.create(self._env.env.derived(), self._name, to_store(vals_list))
        return self._records_of(self._name, answer)

    def write(self, vals: dict[str, Any]) -> bool:
        fields = self._env.env.model(self._name).fields
        given = {n: self._written(fields.get(n), v) for n, v in vals.items()}
        return orm.write(self._env.env.derived(), self._name, list(self._ids), given)

    def _written(self, field: Any, value: Any) -> Any:
        if isinstance(value, Records):
            many = field is not None and field.type != "many2one"
            return [[6, 0, value.ids]] if many else value.id
        return to_store(value)

    def unlink(self) -> bool:
        return orm.unlink(self._env.env.derived(), self._name, list(self._ids))

    def read(self, fields: list[str] | None = None, load: Any = "_classic_read") -> list[Any]:
        rows = orm.read(self._env.env, self._name, list(self._ids), fields, load)
        return [to_read(self._env, self._name, row) for row in rows]

    def exists(self) -> Records:
        present = [i for i in self._ids if self._env.env.get(self._name, i) is not None]
        return self._with(tuple(present))

    # --- other views of the same records -------------------------------------------------------
    def with_context(self, *args: dict[str, Any], **more: Any) -> Records:
        base = dict(args[0]) if args else self._env.context
        return Records(self._env(context={**base, **more}), self._name, self._ids)

    def with_user(self, user: Any) -> Records:
        return Records(self._env(user=user, su=False), self._name, self._ids)

    def with_company(self, company: Any) -> Records:
        chosen = int(getattr(company, "id", company))
        others = [c for c in self._env.env.companies if c != chosen]
        return self.with_context(allowed_company_ids=[chosen, *others])

    def sudo(self, flag: bool = True) -> Records:
        return Records(self._env(su=flag), self._name, self._ids)

    def mapped(self, path: str | Callable[[Records], Any]) -> Any:
        if callable(path):
            return [path(one) for one in self]
        first, _, rest = path.partition(".")
        field = self._env.env.model(self._name).fields[first]
        if not field.relation:
            return [one[first] for one in self]
        found: tuple[int, ...] = ()
        for one in self:
            found += one[first]._ids
        reached = self._env.records(field.relation, tuple(dict.fromkeys(found)))
        return reached.mapped(rest) if rest else reached

    def filtered(self, test: str | Callable[[Records], Any]) -> Records:
        check = (
            test if callable(test) else lambda one: bool(one.mapped(str(test)) not in ([], [False]))
        )
        return self._with(tuple(one._ids[0] for one in self if check(one)))

    def sorted(self, key: Any = None, reverse: bool = False) -> Records:
        if key is None:
            ids = self._env.env.registry.sort(self._env.env, self._name, self.ids, None)
            return self._with(tuple(reversed(ids) if reverse else ids))
        by = key if callable(key) else lambda one: one[key]
        return self._with(tuple(one._ids[0] for one in sorted(self, key=by, reverse=reverse)))
