"""The shape of a spec: which of Odoo's fields stand in which column of ours."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from apps.mirror import models as tables
from apps.mirror.specs.values import text


@dataclass(frozen=True, slots=True)
class Column:
    """One column of ours. `source` lists Odoo's names for it, the first that the server has is read.

    `names` is "model:field": the many2one is shown by that field of the record it points to.
    `volatile` says that Odoo does not store the field: it changes without moving write_date, so it is read
    again on a timer while the document is open.
    """

    name: str
    source: tuple[str, ...]
    convert: Callable[[Any], Any] = text
    names: str = ""
    volatile: bool = False

    def on(self, known: Collection[str]) -> str | None:
        """The name of the field on a server that has these."""
        return next((name for name in self.source if name in known), None)


@dataclass(frozen=True, slots=True)
class Spec:
    """How one Odoo model is mirrored.

    `model` is its name here, in the feeds and in the history; `alternatives` are its names on other versions.
    `pace` names the polling interval: open, other or master. `watched` columns keep their history. `points`
    are many2ones (of an x2many: its first) whose target must be mirrored first, so that scope and addresses can
    be resolved.
    `scope_fields` are read for the scope alone; what else it follows from stands in columns.
    `echoes` are columns with ids of the same model that Odoo keeps on both records but dates on one: when such a
    column changes, the records that came in or fell out must be read again.
    `unsettled` are the states in which Odoo may delete a record, or change a value of it that it does not store:
    neither leaves a trace, so these records are looked at on a timer.
    """

    model: str
    table: type[tables.Mirrored]
    columns: tuple[Column, ...]
    pace: str = "master"
    domain: tuple[Any, ...] = ()
    watched: tuple[str, ...] = ()
    points: dict[str, str] = field(default_factory=dict)
    alternatives: tuple[str, ...] = ()
    scope_fields: tuple[str, ...] = ("company_id",)
    echoes: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()

    @property
    def scoped(self) -> bool:
        """Whether rows carry company, warehouse and customer."""
        return issubclass(self.table, tables.Scoped)

    @property
    def volatile(self) -> tuple[str, ...]:
        """Names of the columns that Odoo does not store."""
        return tuple(column.name for column in self.columns if column.volatile)

    def on(self, has: Callable[[str], bool]) -> str | None:
        """The model's name on a server; None where it has none, since the app is not installed."""
        return next((name for name in (self.model, *self.alternatives) if has(name)), None)

    def wanted(self, known: Collection[str]) -> list[str]:
        """Odoo's field names to ask for, of those the server has (one unknown field fails the whole call)."""
        names = {"write_date", "active"} & set(known)
        names |= {name for column in self.columns if (name := column.on(known))}
        return sorted(names | (set(self.scope_fields) & set(known) if self.scoped else set()))

    def asked(self) -> list[str]:
        """Every field of Odoo's that `wanted` or `searched` may look for."""
        terms = [term[0].split(".")[0] for term in self.domain if isinstance(term, tuple)]
        sources = [name for column in self.columns for name in column.source]
        return sorted({"write_date", "active", *terms, *sources, *self.scope_fields, *self.points})

    def searched(self, known: Collection[str]) -> list[Any]:
        """The domain on a server with these fields: a term on a field that it lacks is left out.

        A record cannot be linked to a production where there are none, so the other terms are all there is.
        """
        rest = list(self.domain)
        found: list[Any] = []
        while rest:
            found += _term(rest, known)
        return found


def _term(rest: list[Any], known: Collection[str]) -> list[Any]:
    """Take one term, with its operands, off the front of a domain in prefix notation."""
    head = rest.pop(0)
    if head in ("|", "&"):
        left, right = _term(rest, known), _term(rest, known)
        return [head, *left, *right] if left and right else left or right
    if head == "!":
        operand = _term(rest, known)
        return [head, *operand] if operand else []
    return [head] if head[0].split(".")[0] in known else []


def column(
    name: str,
    *source: str,
    convert: Callable[[Any], Any] = text,
    names: str = "",
    volatile: bool = False,
) -> Column:
    """A column; without a source Odoo's field has our name."""
    return Column(name, source or (name,), convert, names, volatile)


CURRENCY = column("currency", "currency_id", names="res.currency:name")
