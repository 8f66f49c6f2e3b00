"""Whether an order may go out: every release check with its result (PRODUCT.md R65, R66); pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from apps.shipments.rules.rollup import advance
from apps.shipments.rules.stage import Leg, OrderFacts
from apps.shipments.rules.states import ORDER

RULE: Final = "release.1"
_NOT_YET: Final = frozenset({"awaiting_stock", "unknown"})


def release_checks(facts: OrderFacts) -> list[dict[str, Any]]:
    """Confirmation, holds, quality, stock and address, each as {"name", "passed", "says"}, always all of them.

    A check that nothing can be said about has not passed. Released is an order whose every check passed once:
    what comes after is a matter of its stage and of cases.
    """
    legs = [leg for leg in facts.legs if leg.execution != "cancelled"]
    said = ORDER.get(facts.state)
    confirmed = said is not None and said.stage not in ("quoted", "cancelled") and not facts.gone
    holds = [str(hold["says"]) for hold in facts.held if hold.get("blocks") == "shipping"]
    kept = [str(block["says"]) for block in facts.blocks]
    return [
        _check(
            "confirmed", confirmed, said.says if said else "Odoo says a state nobody has mapped"
        ),
        _check("credit and holds", not holds, holds[0] if holds else "nothing holds it"),
        _check("quality", not kept, kept[0] if kept else "nothing is held back"),
        _stock(legs, facts.steps),
        _address(legs),
    ]


def passed(checks: Sequence[dict[str, Any]]) -> bool:
    """Whether every check passed."""
    return all(one["passed"] for one in checks)


def _stock(legs: Sequence[Leg], steps: Sequence[str]) -> dict[str, Any]:
    short = [leg.reference for leg in legs if leg.execution in _NOT_YET]
    if steps and short and all(step in ("assigned", "done", "cancel") for step in steps):
        short = []  # the first step of several has it all; the outgoing one only waits for that
    if not legs and not steps:
        return _check("stock", False, "Odoo has made no transfer yet")
    if not legs:
        ready = all(step in ("assigned", "done", "cancel") for step in steps)
        return _check("stock", ready, "reserved" if ready else "not reserved yet")
    return _check(
        "stock", not short, f"{', '.join(short)} waits for stock" if short else "reserved"
    )


def _address(legs: Sequence[Leg]) -> dict[str, Any]:
    """Goods that have left needed no more of an address than they had."""
    lost = [
        leg.reference
        for leg in legs
        if not leg.ship_to and advance(leg.execution) < advance("dispatched")
    ]
    if not legs:
        return _check("shipping", False, "Odoo has made no transfer yet")
    says = f"{', '.join(lost)} says nowhere to go" if lost else "transfer and address are there"
    return _check("shipping", not lost, says)


def _check(name: str, is_passed: bool, says: str) -> dict[str, Any]:
    return {"name": name, "passed": is_passed, "says": says[:200]}
