"""One call's view of the records: a snapshot, its own changes over it, and what Odoo's ORM does."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .errors import AccessError, MissingError
from .schema import INHERITS, X2MANY, Field, Model
from .store import Changes, Row, Store, Table

if TYPE_CHECKING:
    from .registry import Registry

Context = dict[str, Any]


def utc_text(moment: datetime) -> str:
    """A moment as Odoo stores write_date: naive UTC text with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


class Env:
    """A transaction of one user. stamp is its start: the write_date of all it writes."""

    def __init__(
        self, registry: Registry, uid: int, context: Context, stamp: str | None = None
    ) -> None:
        self.registry = registry
        self.store: Store = registry.store
        self.dialect = registry.dialect
        self.uid = uid
        self.context = context
        self.stamp = stamp or utc_text(registry.now())
        self.now = self.stamp[:19]
        self.today = self.stamp[:10]
        self.base: dict[str, Table] = self.store.root
        self.changes: Changes = {}
        self.after_commit: list[Any] = []
        self.quiet = False
        self.sudo = False
        self.automated: set[tuple[int, int]] = set()
        self._companies: tuple[int, ...] | None = None

    def derived(
        self, *, uid: int | None = None, context: Context | None = None, su: bool | None = None
    ) -> Env:
        """The same transaction seen by another user, with another context, or with all rights."""
        other = copy.copy(self)
        other.uid = self.uid if uid is None else uid
        other.context = dict(self.context if context is None else context)
        other.sudo = self.sudo if su is None else su
        other._companies = None
        return other

    @property
    def superuser(self) -> bool:
        """True when no rights are checked: user 1, or a view with all rights."""
        return self.sudo or self.uid == 1

    def model(self, name: str) -> Model:
        return self.registry.models[name]

    def field(self, model: str, name: str) -> Field:
        return self.registry.models[model].fields[name]

    # --- records -------------------------------------------------------------------------------
    def get(self, model: str, row_id: int) -> Row | None:
        """The stored row or None. Never change what it returns: use put()."""
        mine = self.changes.get(model)
        if mine is not None and row_id in mine:
            return mine[row_id]
        return self.base[model].rows.get(row_id)

    def row(self, model: str, row_id: int) -> Row:
        """The stored row; raises MissingError."""
        found = self.get(model, row_id)
        if found is None:
            raise MissingError(model, row_id, self.uid)
        return found

    def ids(self, model: str) -> Iterable[int]:
        mine = self.changes.get(model)
        rows = self.base[model].rows
        if not mine:
            return rows.keys()
        kept = [i for i in rows if i not in mine]
        kept.extend(i for i, row in mine.items() if row is not None)
        return kept

    def rows(self, model: str) -> Iterator[tuple[int, Row]]:
        for row_id in self.ids(model):
            found = self.get(model, row_id)
            if found is not None:
                yield row_id, found

    def where(self, model: str, field: str, value: Any) -> list[int]:
        """Ids of the rows whose stored field has this value, by id. Uses the index if there is one."""
        index = self.base[model].index.get(field)
        if index is None:
            return sorted(i for i, row in self.rows(model) if row.get(field) == value)
        found = set(index.get(value, ()))
        for row_id, row in self.changes.get(model, {}).items():
            if row is not None and row.get(field) == value:
                found.add(row_id)
            else:
                found.discard(row_id)
        return sorted(found)

    # --- values --------------------------------------------------------------------------------
    def value(self, model: str, row_id: int, name: str) -> Any:
        """A field as stored or computed: many2one a bare id or False, x2many a list of ids."""
        field = self.registry.models[model].fields[name]
        row = self.row(model, row_id)
        computed = self.registry.computed(model, name)
        if computed is not None:
            return computed(self, row_id, row)
        if name in row:
            return row[name]
        if field.inverse:
            return self.children(model, row_id, field)
        if not field.stored and model in INHERITS:
            link, parent = INHERITS[model]
            if name in self.registry.models[parent].fields and row.get(link):
                return self.value(parent, row[link], name)
        return field.empty

    def children(self, model: str, row_id: int, field: Field) -> list[int]:
        if field.relation not in self.base or field.name.startswith("website_"):
            return []
        found = self.where(field.relation, field.inverse, row_id)
        if field.inverse == "res_id":
            key = "res_model" if field.relation != "mail.message" else "model"
            found = [i for i in found if self.row(field.relation, i).get(key) == model]
        if "active" in self.registry.models[field.relation].fields:
            found = [i for i in found if self.row(field.relation, i).get("active", True)]
        if len(found) > 1:
            found = self.registry.sort(self, field.relation, found, None)
        return found

    def display_name(self, model: str, row_id: int) -> str:
        if model not in self.registry.models or self.get(model, row_id) is None:
            return f"{model},{row_id}"
        return self.registry.behaviour(model).display_name(self, row_id, self.row(model, row_id))

    # --- changes -------------------------------------------------------------------------------
    def insert(self, model: str, values: Row) -> int:
        """A new row without rules or checks. Answers its id."""
        row_id = self.store.next_value(model)
        row = {
            "create_date": self.stamp,
            "create_uid": self.uid,
            "write_date": self.stamp,
            "write_uid": self.uid,
            **values,
        }
        self.changes.setdefault(model, {})[row_id] = row
        self.registry.on_change(self, model, row_id, None, row)
        return row_id

    def put(self, model: str, row_id: int, **values: Any) -> None:
        """Change a row the way a write does: write_date moves whether or not values differ."""
        old = self.row(model, row_id)
        new = {**old, **values, "write_date": self.stamp, "write_uid": self.uid}
        self.changes.setdefault(model, {})[row_id] = new
        self.registry.on_change(self, model, row_id, old, new)

    def compute(self, model: str, row_id: int, **values: Any) -> bool:
        """Store computed fields: write_date moves only if a value differs. True if one did."""
        old = self.row(model, row_id)
        changed = {k: v for k, v in values.items() if old.get(k, self._empty(model, k)) != v}
        if changed:
            self.put(model, row_id, **changed)
        return bool(changed)

    def touch_silently(self, model: str, row_id: int, **values: Any) -> None:
        """Store bookkeeping that real servers keep elsewhere: no write_date, no hooks."""
        self.changes.setdefault(model, {})[row_id] = {**self.row(model, row_id), **values}

    def delete(self, model: str, row_id: int) -> None:
        self.row(model, row_id)
        self.changes.setdefault(model, {})[row_id] = None

    def _empty(self, model: str, name: str) -> Any:
        field = self.registry.models[model].fields.get(name)
        return field.empty if field else None

    # --- companies -----------------------------------------------------------------------------
    @property
    def companies(self) -> tuple[int, ...]:
        """Companies whose records the call sees; the first is the current one.

        Raises AccessError for a company in the context that the user does not have.
        """
        if self._companies is None:
            user = self.row("res.users", self.uid)
            own = list(user.get("company_ids", []))
            asked = self.context.get("allowed_company_ids")
            if asked:
                if not self.superuser and set(asked) - set(own):
                    raise AccessError("Access to unauthorized or invalid companies.")
                self._companies = tuple(asked)
            else:
                main = int(user["company_id"])
                self._companies = (main, *[c for c in own if c != main])
        return self._companies

    @property
    def company(self) -> int:
        return self.companies[0]

    @property
    def partner(self) -> int:
        """The partner of the user: author of messages."""
        return int(self.row("res.users", self.uid)["partner_id"])

    def is_many(self, model: str, name: str) -> bool:
        return self.registry.models[model].fields[name].type in X2MANY
