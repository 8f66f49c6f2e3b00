"""The list of commands, narrowed by state, kind and reason: what waits for a person stands first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, QuerySet, When
from django.http import QueryDict

from apps.accounts.models import User
from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState, Reason
from apps.integrations.odoo.command.kinds import KINDS
from apps.integrations.odoo.command.queries import dressed, loaded
from apps.integrations.queries import commands_of

PAGE: Final = 50
STATES: Final = sorted(CommandState.choices, key=lambda one: one[0] != CommandState.PARKED)
"""As on the screen: what waits for a person first."""


@dataclass(frozen=True, slots=True)
class CommandFilters:
    """What the list is narrowed to; an unknown word narrows nothing."""

    state: str = ""
    kind: str = ""
    reason: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> CommandFilters:
        """Read from the address."""
        state, kind, reason = (query.get(name, "") for name in ("state", "kind", "reason"))
        return cls(
            state=state if state in CommandState.values else "",
            kind=kind if kind in titles() else "",
            reason=reason if reason in Reason.values else "",
        )

    @property
    def query(self) -> str:
        """For an address, without what is empty."""
        named = {"state": self.state, "kind": self.kind, "reason": self.reason}
        return urlencode({name: value for name, value in named.items() if value})

    @property
    def rest(self) -> str:
        """The same without the state, to be joined to one."""
        named = {"kind": self.kind, "reason": self.reason}
        words = urlencode({name: value for name, value in named.items() if value})
        return f"&{words}" if words else ""


def titles() -> dict[str, str]:
    """Every kind by its key, as people call it, in the order of the alphabet."""
    named = ((key, kind.title) for key, kind in KINDS.items())
    return dict(sorted(named, key=lambda one: one[1]))


def listed(user: User, filters: CommandFilters, number: str = "") -> Page[Any]:
    """One page of commands, those that wait for a person before the others, newest first.

    number is what the address says; one that is no page shows the nearest.
    """
    waits = Case(When(state=CommandState.PARKED, then=0), default=1)
    rows = _narrowed(loaded(user), filters).order_by(waits, "-pk")
    page = Paginator(rows, PAGE).get_page(number)
    page.object_list = [dressed(row, user) for row in page.object_list]
    return page


def waiting(user: User) -> int:
    """How many wait for a person."""
    return commands_of(user).filter(state=CommandState.PARKED).count()


def _narrowed(rows: QuerySet[Command], filters: CommandFilters) -> QuerySet[Command]:
    for name in ("state", "kind", "reason"):
        if value := getattr(filters, name):
            rows = rows.filter(**{name: value})
    return rows
