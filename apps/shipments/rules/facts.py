"""The plain values that the rules of this room speak of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol


class EventLike(Protocol):
    """What the fold needs of an event. `ref` is its public id; times are aware, UTC."""

    @property
    def ref(self) -> str: ...
    @property
    def identity(self) -> str: ...
    @property
    def milestone(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def exception_reason(self) -> str: ...
    @property
    def pod(self) -> Mapping[str, Any] | None: ...
    @property
    def eta(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PackageState:
    """The fold of one package's live events; `why` names the rule and the deciding events."""

    milestone: str = ""
    status: str = ""
    exception_reason: str = ""
    terminal: bool = False
    first_event_at: datetime | None = None
    last_event_at: datetime | None = None
    picked_up_at: datetime | None = None
    delivered_at: datetime | None = None
    attempts: int = 0
    eta: str = ""
    proof: dict[str, Any] | None = None
    anomalies: tuple[dict[str, Any], ...] = ()
    deciding: str = ""
    event_count: int = 0


@dataclass(frozen=True, slots=True)
class Why:
    """A derived value with the rule that made it and the facts it stands on."""

    value: str
    rule: str
    says: str
    facts: tuple[dict[str, str], ...] = ()
    more: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """How it is stored beside the value: {"rule", "says", "facts": [{"kind", "id", "says"}], …}."""
        return {"rule": self.rule, "says": self.says, "facts": list(self.facts), **self.more}


def fact(kind: str, ref: str, says: str) -> dict[str, str]:
    """One fact behind a derived value: `ref` is a public id that a screen can open."""
    return {"kind": kind, "id": ref, "says": says}


_PAYMENT: Final = {
    "not_paid": "not paid",
    "partial": "paid in part",
    "in_payment": "paid, not yet seen at the bank",
    "reversed": "credited",
    "invoicing_legacy": "from before Odoo's accounting",
    "": "payment unknown",
}


def invoice_fact(one: Mapping[str, Any]) -> dict[str, str]:
    """An invoice as a fact: its name and what Odoo says of its payment, in words."""
    state = str(one["payment_state"])
    return fact("invoice", one["id"], f"{one['name']}: {_PAYMENT.get(state, state)}")


def when(at: datetime | None) -> str:
    """A time inside a sentence: "21 Nov 14:02 UTC"."""
    return f"{at.day} {at:%b %H:%M} UTC" if at else "an unknown time"
