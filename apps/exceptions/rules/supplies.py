"""What is wrong with a supply now: later than first promised, or too late for what waits for it.

Rules: PRODUCT.md R3 and R136 (inbound delay), R6 and R138 (production against dispatch).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.exceptions.rules.facts import local
from apps.exceptions.rules.findings import Evidence

SUPPLY_KINDS: Final = ("inbound_delay", "production_slip")
_NAMED: Final = 5  # orders that a sentence names before it counts the rest


@dataclass(frozen=True, slots=True)
class Waiting:
    """One order that waits for the supply. needed_at: when its goods are to leave; ref, shipment: public ids."""

    order_id: int
    ref: str
    name: str
    shipment: str
    needed_at: datetime | None
    says: str


@dataclass(frozen=True, slots=True)
class SupplyFact:
    """A supply with who waits for it. promised: somebody confirmed it and it is still to come."""

    id: int
    ref: str
    reference: str
    kind: str
    partner: str
    promised: bool
    expected_at: datetime | None
    first_expected_at: datetime | None
    slip_h: int
    slip_says: str
    changed_at: datetime
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class SupplyFinding:
    """One deviation of a supply that holds now. order_id: the order that needs it first, if any does."""

    kind: str
    dedupe: str
    title: str
    says: str
    reason: str
    supply: str
    order_id: int | None
    evidence: tuple[Evidence, ...]


def supply_findings(fact: SupplyFact, tolerance_h: int) -> list[SupplyFinding]:
    """What is wrong with a supply; tolerance_h is how many hours later than first said is no news."""
    if not fact.promised or fact.expected_at is None:
        return []
    if fact.kind == "purchase":
        return [_delay(fact)] if fact.slip_h > tolerance_h else []
    late = [one for one in fact.waiting if one.needed_at and one.needed_at < fact.expected_at]
    return [_slip(fact, late)] if late else []


def dedupe(kind: str, supply: str) -> str:
    """The key of a supply's case."""
    return f"{kind}:{supply}"


def over(kind: str, fact: SupplyFact) -> str:
    """Why a case of this kind is over, as a sentence (R169)."""
    if not fact.promised:
        return f"{fact.reference} is {'received' if fact.kind == 'purchase' else 'finished'} or cancelled."
    if kind == "production_slip":
        return f"{fact.reference} finishes before anything that waits for it is to leave."
    return f"{fact.reference} is expected as first promised again."


def _delay(fact: SupplyFact) -> SupplyFinding:
    assert fact.expected_at is not None
    days = max(round(fact.slip_h / 24), 1)
    title = f"{fact.reference} comes {days} day{'s' * (days != 1)} late"
    who = fact.partner or "The supplier"
    says = (
        f"{who} now says {local(fact.expected_at, '')} UTC for {fact.reference}. {fact.slip_says}. "
    )
    return _finding("inbound_delay", fact, title, says, "supplier_later", fact.waiting)


def _slip(fact: SupplyFact, late: list[Waiting]) -> SupplyFinding:
    assert fact.expected_at is not None
    first = late[0]
    assert first.needed_at is not None
    title = f"{fact.reference} finishes after {first.shipment or first.name} is to leave"
    says = (
        f"{fact.reference} is to finish on {local(fact.expected_at, '')} UTC; "
        f"{first.shipment or first.name} is to leave on {local(first.needed_at, '')} UTC. "
    )
    return _finding("production_slip", fact, title, says, "finish_after_dispatch", tuple(late))


def _finding(
    kind: str, fact: SupplyFact, title: str, says: str, reason: str, waiting: tuple[Waiting, ...]
) -> SupplyFinding:
    """Every new date is new evidence, and so is every order that comes to wait: both raise the count."""
    assert fact.expected_at is not None
    evidence = [
        Evidence(
            "supply",
            f"{fact.ref}@{fact.expected_at:%Y-%m-%dT%H:%M}",
            f"{fact.reference} expected {local(fact.expected_at, '')} UTC",
            fact.changed_at,
        )
    ]
    evidence += [
        Evidence("order", one.ref, f"{one.name} waits for it: {one.says}", fact.changed_at)
        for one in waiting
    ]
    return SupplyFinding(
        kind, dedupe(kind, fact.ref), title[:200], says + _who_waits(waiting), reason, fact.ref,
        waiting[0].order_id if waiting else None, tuple(evidence),
    )  # fmt: skip


def _who_waits(waiting: tuple[Waiting, ...]) -> str:
    if not waiting:
        return "No order waits for it."
    names = [one.name for one in waiting[:_NAMED]]
    more = len(waiting) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more else "")
    return f"{listed} wait{'s' * (len(waiting) == 1)} for it."
