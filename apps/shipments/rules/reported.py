"""What follows from the reports about one thing, all of them at once: handing over, freight, release, return.

Pure, over live reports that count (no claims, none superseded), in order of when they happened, so that the order of
arrival plays no part. Rules: PRODUCT.md R28, R32, R66, R71 to R75, R87, R91, R92; docs/events.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

_HANDOVER: Final = (
    "booking.requested", "carrier.booked", "carrier.accepted", "carrier.rejected", "label.issued", "label.failed",
    "tracking.assigned", "shipment.dispatched", "pickup.confirmed",
)  # fmt: skip
_STATES: Final[Mapping[str, str]] = {
    "booking.requested": "booking requested", "carrier.booked": "booked", "carrier.accepted": "accepted by the carrier",
    "carrier.rejected": "refused by the carrier", "label.issued": "label issued",
    "label.failed": "label failed", "tracking.assigned": "number assigned",
    "shipment.dispatched": "dispatched", "pickup.confirmed": "picked up",
}  # fmt: skip
_RETURN: Final[Mapping[str, str]] = {
    "return.initiated": "initiated", "return.label_issued": "label issued", "return.received": "received",
    "return.inspected": "inspected", "return.credited": "credited",
}  # fmt: skip
_CHARGES: Final = ("freight.charge_changed", "freight.invoice_received")
_MONEY: Final = ("carrier.cost_quoted", *_CHARGES)


@dataclass(frozen=True, slots=True)
class Told:
    """One report, as these rules need it. subject is what its source calls what it is about."""

    ref: str
    kind: str
    at: datetime
    source: str
    source_kind: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One state with its time: `state` in words, `more` what its report adds (number, carrier, reason)."""

    kind: str
    state: str
    at: datetime
    source: str
    source_kind: str
    ref: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Handover:
    """How far a shipment is with its carrier. owner: the kind of system whose word the newest step is (R28).

    possession_at: since when the carrier has the goods, by a reported pickup (R74), None without one.
    """

    state: str
    owner: str
    source: str
    steps: tuple[Step, ...]
    possession_at: datetime | None


@dataclass(frozen=True, slots=True)
class Freight:
    """What carrying it costs, in one currency. delta: charged less approved; None where `says` tells why not."""

    currency: str
    quoted: Decimal | None
    approved: Decimal | None
    charged: Decimal | None
    delta: Decimal | None
    says: str


@dataclass(frozen=True, slots=True)
class Check:
    """One release check: its name, whether it passed (None: its source does not say), and a word of its source."""

    name: str
    passed: bool | None
    says: str


@dataclass(frozen=True, slots=True)
class Release:
    """The release of an order: who said so and when, and every check with its result (R66)."""

    at: datetime
    source: str
    ref: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class ReturnCycle:
    """One return as it was reported. took: from its first step to the credit, or to its last step while `open`."""

    subject: str
    steps: tuple[Step, ...]
    took: timedelta
    open: bool


def _ordered(told: Iterable[Told], kinds: Iterable[str]) -> list[Told]:
    wanted = frozenset(kinds)
    return sorted((one for one in told if one.kind in wanted), key=lambda one: (one.at, one.ref))


def _step(one: Told, words: Mapping[str, str]) -> Step:
    named = (one.details.get(name) for name in ("carrier", "tracking_number", "reason", "result"))
    more = ", ".join(str(part).replace("_", " ") for part in named if part)
    return Step(one.kind, words[one.kind], one.at, one.source, one.source_kind, one.ref, more[:200])


def handover(told: Iterable[Told]) -> Handover | None:
    """Every step between shipment and carrier with its time; None where nobody reported one."""
    steps = _ordered(told, _HANDOVER)
    if not steps:
        return None
    last = steps[-1]
    pickups = [one.at for one in steps if one.kind == "pickup.confirmed"]
    return Handover(
        _STATES[last.kind], last.source_kind, last.source,
        tuple(_step(one, _STATES) for one in steps), pickups[0] if pickups else None,
    )  # fmt: skip


def freight(told: Iterable[Told]) -> Freight | None:
    """Quoted, approved and charged: the newest word for each; approved is what a report names so, else the first quote."""
    rows = [one for one in _ordered(told, _MONEY) if _amount(one.details) is not None]
    if not rows:
        return None
    quotes = [one for one in rows if one.kind == "carrier.cost_quoted"]
    charges = [one for one in rows if one.kind in _CHARGES]
    named = [one for one in rows if _number(one.details.get("approved")) is not None]
    agreed = named[-1] if named else (quotes[0] if quotes else None)
    approved = None
    if agreed is not None:
        approved = _number(agreed.details.get("approved")) if named else _amount(agreed.details)
    charged = _amount(charges[-1].details) if charges else None
    currencies = {_currency(one) for one in (agreed, charges[-1] if charges else None) if one}
    says, delta = "", None
    if charged is None:
        says = "nothing was charged yet"
    elif approved is None:
        says = "no amount was approved or quoted"
    elif len(currencies) > 1:
        says = "approved and charged are in different currencies"
    else:
        delta = charged - approved
    return Freight(
        _currency(rows[-1]), _amount(quotes[-1].details) if quotes else None, approved, charged, delta, says
    )  # fmt: skip


def _currency(one: Told) -> str:
    return str(one.details.get("currency") or "").upper()[:3]


def _amount(details: Mapping[str, Any]) -> Decimal | None:
    for name in ("amount", "total", "charge", "cost"):
        found = _number(details.get(name))
        if found is not None:
            return found
    return None


def _number(value: Any) -> Decimal | None:
    """A finite amount; None for what is none (a source writes what it likes)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < 10**15 else None


def release(told: Iterable[Told]) -> Release | None:
    """The first release of an order that holds, with its checks: a list in its order, names without one by the alphabet."""
    rows = _ordered(told, ("order.released",))
    if not rows:
        return None
    one = rows[0]
    return Release(one.at, one.source, one.ref, checks_of(one.details))


def checks_of(details: Mapping[str, Any]) -> tuple[Check, ...]:
    """The checks of a release: {"credit": true, "stock": "passed"} or [{"name", "passed", "says"}]."""
    given = details.get("checks")
    pairs: Sequence[tuple[Any, Any]] = ()
    if isinstance(given, dict):
        pairs = sorted(given.items())  # the database keeps no order of names
    elif isinstance(given, list):
        pairs = [
            (one.get("name") or one.get("check") or one.get("code"), one)
            for one in given
            if isinstance(one, dict)
        ]
    return tuple(_check(str(name)[:60], said) for name, said in pairs[:50] if name)


_YES: Final = frozenset({"passed", "pass", "ok", "yes", "true", "done"})
_NO: Final = frozenset({"failed", "fail", "no", "false", "refused", "blocked"})


def _check(name: str, said: Any) -> Check:
    words = ""
    if isinstance(said, dict):
        words = str(said.get("says") or said.get("reason") or said.get("note") or "")
        said = next(
            (said[key] for key in ("passed", "ok", "result", "status") if key in said), None
        )
    if isinstance(said, bool):
        return Check(name.replace("_", " "), said, words[:200])
    text = str(said or "").strip().lower()
    passed = True if text in _YES else False if text in _NO else None
    return Check(
        name.replace("_", " "), passed, (words or ("" if passed is not None else text))[:200]
    )


def returns(told: Iterable[Told]) -> list[ReturnCycle]:
    """Each return that was reported, with its steps and how long it took; the oldest first (R91)."""
    by: dict[str, list[Told]] = {}
    for one in _ordered(told, _RETURN):
        by.setdefault(one.subject, []).append(one)
    found = []
    for subject, rows in by.items():
        credited = [one.at for one in rows if one.kind == "return.credited"]
        end = credited[0] if credited else rows[-1].at
        steps = tuple(_step(one, _RETURN) for one in rows)
        found.append(ReturnCycle(subject, steps, max(end - rows[0].at, timedelta(0)), not credited))
    return found


def quality_blocks(told: Iterable[Told]) -> list[Told]:
    """The quality holds that stand: of each thing the newest word, where that is a hold (R87)."""
    newest: dict[str, Told] = {}
    for one in _ordered(told, ("quality.hold_placed", "quality.hold_released")):
        newest[one.subject] = one
    return [one for one in newest.values() if one.kind == "quality.hold_placed"]
