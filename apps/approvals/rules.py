"""Pure rules of the approvals room: digests, what changed, who may decide, what releases a hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

Facts = Mapping[str, Any]

FACT_WORDS: Final[dict[str, str]] = {
    "invoice": "the invoice",
    "invoice_state": "the invoice's state",
    "payment_state": "the invoice's payment state",
    "amount_total": "the invoice's amount",
    "amount_residual": "the amount still to pay",
    "currency": "the currency",
    "order": "the order",
    "order_stage": "the order's stage",
    "order_amount": "the order's amount",
    "hold_state": "the hold",
    "evidence": "the evidence",
    "command": "what is asked",
    "record": "the record in Odoo",
}
FINANCE: Final = "finance"
_SYMBOLS: Final[dict[str, str]] = {"EUR": "€", "USD": "$", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class Changed:
    """One fact that is no longer what the decider was shown. `was` is None when it was never shown."""

    field: str
    says: str
    was: Any
    now: Any


def digest(facts: Facts) -> str:
    """SHA-256 of the facts as canonical JSON: the same facts give the same text on every machine."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def changes(seen: Facts | None, now: Facts) -> list[Changed]:
    """Every fact that differs, by name; all of them when what was seen is not known (seen is None)."""
    before = seen or {}
    return [
        Changed(name, fact_words(name), before.get(name), now.get(name))
        for name in sorted({*before, *now})
        if name not in before or name not in now or before[name] != now[name]
    ]


def fact_words(name: str) -> str:
    """How a sentence names a fact; shipments are named by their reference ("shipment WH/OUT/00042")."""
    return FACT_WORDS.get(name, name)


def money(amount: Decimal, currency: str) -> str:
    """An amount for a sentence: "€ 4,180.00", "4,180.00 CHF"."""
    figure = f"{amount:,.2f}"
    symbol = _SYMBOLS.get(currency)
    return f"{symbol} {figure}" if symbol else f"{figure} {currency}".strip()


def applies(when: Mapping[str, Any], about: Mapping[str, Any]) -> bool:
    """Whether a policy's condition is met by what is asked; every part of it must be, {} always is.

    `amount_over` {"amount", "currency"} compares about["amount"] in about["currency"]: an amount that is unknown, or
    in another currency, counts as over it. Any other name must have that very value in about; what is not
    known there counts as met, so that nothing goes out unasked because a fact was missing.
    """
    for name, want in when.items():
        if name == "amount_over":
            known = about.get("amount") is not None and about.get("currency") == want["currency"]
            if known and Decimal(str(about["amount"])) <= Decimal(str(want["amount"])):
                return False
        elif name in about and about[name] != want:
            return False
    return True


def releases(conditions: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a hold's conditions release it (B3).

    Conditions of one `group` must all be met; any one group is enough. So two shipments that miss their proof
    stand in one group, and finance's word in another.
    """
    groups: dict[str, list[bool]] = {}
    for condition in conditions:
        groups.setdefault(str(condition.get("group", "")), []).append(bool(condition["met"]))
    return any(all(met) for met in groups.values())


@dataclass(frozen=True, slots=True)
class Decider:
    """What the segregation rules ask about a person who wants to decide."""

    id: int
    roles: frozenset[str]
    active: bool
    in_scope: bool
    may_decide: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a policy: the role that decides and, if any, its limit."""

    role: str
    limit: Decimal | None = None
    limit_currency: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: for how much, by whom, and who else had a hand in it (user id -> what they did)."""

    amount: Decimal
    currency: str
    requested_by: int
    involved: Mapping[int, str]
    added_evidence: frozenset[int] = frozenset()
    decided_before: frozenset[int] = frozenset()
    what: str = "this release"
    entered_by: frozenset[int] = frozenset()


def step_of(steps: Sequence[Mapping[str, Any]], number: int) -> Step:
    """The step of a policy's data."""
    raw = steps[number]
    limit = raw.get("limit")
    if not limit:
        return Step(str(raw["role"]))
    return Step(str(raw["role"]), Decimal(str(limit["amount"])), str(limit["currency"]))


def refusal(by: Decider, step: Step, asked: Asked) -> tuple[str, str] | None:
    """Why this person may not decide this step, as (code, sentence); None when they may.

    Rules: PRODUCT.md R197 (segregation of duties: order entry and execution are apart from finance's word), R190,
    R192, R195. The order is that of what a person can do about it: what they are first, what they did last.
    """
    if not by.active or not by.in_scope:
        return (
            "out_of_scope",
            "This request belongs to a company or warehouse that you do not work for.",
        )
    if not by.may_decide or step.role not in by.roles:
        return "role", f"Only {_role_words(step.role)} can decide this."
    if by.id == asked.requested_by:
        return "requester", f"You asked for {asked.what}, so somebody else has to decide."
    if by.id in asked.added_evidence:
        return (
            "evidence",
            f"You added the evidence for {asked.what}, so somebody else has to decide.",
        )
    if step.role == FINANCE and by.id in asked.entered_by:
        return "entered", "You entered this order, so somebody else has to decide."
    if step.role == FINANCE and by.id in asked.involved:
        return (
            "involved",
            f"You {asked.involved[by.id]} for this order, so somebody else has to decide.",
        )
    if by.id in asked.decided_before:
        return (
            "earlier_step",
            "You decided an earlier step of this request, so somebody else has to decide this one.",
        )
    return _over_limit(step, asked)


def _over_limit(step: Step, asked: Asked) -> tuple[str, str] | None:
    if step.limit is None:
        return None
    amount, limit = money(asked.amount, asked.currency), money(step.limit, step.limit_currency)
    if asked.currency != step.limit_currency:
        return (
            "limit_currency",
            f"{amount} cannot be compared with the limit of {limit}, so this step cannot decide it.",
        )
    if asked.amount > step.limit:
        return "over_limit", f"{amount} is above the limit of {limit} for {_role_words(step.role)}."
    return None


def _role_words(role: str) -> str:
    return {"customer_service": "customer service"}.get(role, role)
