"""Why Odoo said no, told apart by what a person may do about it; pure."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any, Final

from apps.integrations.models.commands import Reason
from apps.integrations.odoo.command.guard_code import REFUSAL
from apps.integrations.odoo.line.errors import FOREIGN, OdooRefused

_LOCKED: Final = re.compile(
    r"lock date|prior to and inclusive of|period (is|has been) (closed|locked)|fiscal year.{0,40}(closed|locked)",
    re.IGNORECASE,
)
"""How Odoo words a closed period, 18 and 19; it has no error class of its own (FACTS 2)."""

_GUARD: Final = {
    "changed": Reason.CHANGED,
    "gone": Reason.GONE,
    "wizard": Reason.WIZARD,
    "not_done": Reason.NOT_DONE,
    "checksum": Reason.NOT_DONE,
    "short": Reason.SHORT,
    "not_returnable": Reason.RULE,
    "not_allowed": Reason.GUARD_MISSING,
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Odoo's no. says is fit for a screen; changed is what differs, where that is why."""

    reason: Reason
    says: str
    changed: list[dict[str, Any]]


def refused(error: OdooRefused) -> Refused:
    """What an error of Odoo's means for a command."""
    words, marker, told = error.says.partition(REFUSAL)
    if marker:
        return _by_the_guard(words.strip(), told)
    if error.name == "AccessError":
        return Refused(Reason.RIGHT, f"Odoo: {error.says}", [])
    if error.name == FOREIGN:
        return Refused(Reason.GUARD_MISSING, error.says, [])
    if error.name == "MissingError":
        return Refused(Reason.GONE, f"Odoo: {error.says}", [])
    if " while evaluating\n" in error.says:  # Odoo repeats the whole code behind these words
        says = error.says.partition(" while evaluating\n")[0]
        return Refused(Reason.RULE, f"Odoo's guarded action failed: {says}", [])
    if _LOCKED.search(error.says):
        return Refused(Reason.CLOSED_PERIOD, f"Odoo: {error.says}", [])
    return Refused(Reason.RULE, f"Odoo: {error.says}", [])


def _by_the_guard(words: str, told: str) -> Refused:
    code, _, literal = told.partition(":")
    reason = _GUARD.get(code.strip(), Reason.RULE)
    try:
        facts = ast.literal_eval(literal.strip() or "[]")
    except (ValueError, SyntaxError):
        facts = []
    changed = [
        {"field": one[0], "expected": one[1], "found": one[2]}
        for one in facts
        if isinstance(one, list | tuple) and len(one) == 3
    ]
    if reason == Reason.SHORT and changed:
        lacks = "; ".join(
            f"{one['field']}: {one['found']:g} of {one['expected']:g}" for one in changed
        )
        return Refused(reason, f"{words} {lacks}.", [])
    return Refused(reason, words or "The guarded action refused.", changed)
