"""What a kind of command is made of. A kind that is not registered does not exist (R21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from apps.integrations.odoo.command.errors import BadCommand
from apps.integrations.odoo.command.targets import Target

GUARD: Final = "guard"
WRITE: Final = "write"
CREATE: Final = "create"

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer a person may pick."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing a kind asks for. type: text, long, date, moment, choice, choices, quantities, document.

    A moment is an instant with its zone; quantities are {line: amount}, none for what stays as it is.
    """

    name: str
    label: str
    type: str = "text"
    required: bool = True
    hint: str = ""
    choices: Callable[[Target], list[Choice]] | None = None
    limit: int = 300


@dataclass(frozen=True, slots=True)
class Plan:
    """What one command will do in Odoo, in Odoo's own terms.

    values are the fields a write sets (also what the guard writes); wanted is what must read so afterwards, beside
    values; create is (model, values, field that carries the key). Facts are keyed `field`, `model,id.field` for
    another record, or `group/model,id.field` for one of several alternatives: `only` names the group that counts.
    shows is what whoever approves it sees beside the facts; amount is what is at stake, in the order's currency.
    """

    intent: str
    note: str
    values: Values = field(default_factory=dict)
    data: Values = field(default_factory=dict)
    wanted: Values = field(default_factory=dict)
    only: str = ""
    documents: list[str] = field(default_factory=list)
    create: tuple[str, Values, str] | None = None
    shows: dict[str, str] = field(default_factory=dict)
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CommandKind:
    """One thing the tower may do in Odoo.

    form is how it is sent: guard (the server action compares and acts), write (fields and key in one call), create
    (one create that carries the key). A guard kind with `fallback` is written where no guard is installed. facts
    are the values a person is shown and decides on, as Odoo spells them; by_hand are the steps without the tower.
    decided marks kinds that only a decision in the tower makes, never a person's form; across those that touch
    goods of other customers too.
    """

    key: str
    title: str
    models: tuple[str, ...]
    form: str
    op: str
    method: str
    needs: str
    done: str
    by_hand: tuple[str, ...]
    asks: tuple[Ask, ...] = ()
    facts: Callable[[Target], Values] = lambda _: {}
    plan: Callable[[Target, Values], Plan] | None = None
    prefill: Callable[[Target], Values] = lambda _: {}
    applies: Callable[[Target], str] = lambda _: ""
    team: str = "operations"
    fallback: bool = False
    app: str = ""
    decided: bool = False
    across: bool = False

    def steps(self, target_name: str, intent: str) -> list[str]:
        """What to do by hand in Odoo, with the record's name filled in (R220)."""
        return [step.format(record=target_name, intent=intent) for step in self.by_hand]


def moment_text(value: datetime | None) -> str | bool:
    """A time as Odoo spells it: naive UTC text, False for none (FACTS 4)."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if value else False


def amount_text(value: Decimal) -> str:
    """An amount or quantity as text with four places."""
    return f"{value:.4f}"


def read_moment(name: str, label: str, given: Any) -> str:
    """Odoo's text for an ISO 8601 instant with its offset. Raises BadCommand."""
    try:
        found = datetime.fromisoformat(str(given))
    except ValueError:
        raise BadCommand("unreadable", f"{label}: this is not a date and time.", name) from None
    if found.tzinfo is None:
        raise BadCommand("no_zone", f"{label}: say the time zone, e.g. 2026-03-01T12:00:00Z.", name)
    return str(moment_text(found))


def read_date(name: str, label: str, given: Any) -> str:
    """An ISO date. Raises BadCommand."""
    try:
        return date.fromisoformat(str(given)).isoformat()
    except ValueError:
        raise BadCommand("unreadable", f"{label}: this is not a date.", name) from None


def read_quantities(name: str, label: str, given: Any) -> dict[str, float]:
    """{line: amount above zero}. Raises BadCommand."""
    if not isinstance(given, Mapping):
        raise BadCommand("unreadable", f"{label}: give an amount for each line.", name)
    found: dict[str, float] = {}
    for line, amount in given.items():
        try:
            number = Decimal(str(amount or 0).replace(",", "."))
        except InvalidOperation:
            raise BadCommand("unreadable", f"{label}: {amount} is not an amount.", name) from None
        if not number.is_finite() or number < 0:
            raise BadCommand("unreadable", f"{label}: {amount} is not an amount.", name)
        if number:
            found[str(line)] = float(number)
    if not found:
        raise BadCommand("missing", f"{label}: say how much of at least one line.", name)
    return found
