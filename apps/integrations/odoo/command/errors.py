"""Why a command is not made, or not moved on, in our own words."""

from __future__ import annotations

from typing import Any


class CommandError(Exception):
    """Any of the below; the text is one sentence for a person."""


class BadCommand(CommandError):
    """What was given does not fit what the kind asks for. `field` names it, `code` says how."""

    def __init__(self, code: str, says: str, field: str = "") -> None:
        super().__init__(says)
        self.code = code
        self.field = field


class NotOnTheList(CommandError):
    """No such kind, or not for this record: refused with 403 and written down (R21)."""


class NotYours(CommandError):
    """The person lacks the right that this kind needs: refused with 403 and written down."""


class SeenIsStale(CommandError):
    """The record is no longer as the person saw it. changed is [{"field", "expected", "found"}] (R213)."""

    def __init__(self, changed: list[dict[str, Any]], says: str) -> None:
        super().__init__(says)
        self.changed = changed


class KeyTaken(CommandError):
    """The same Idempotency-Key came with another content before (R225)."""


class TooLate(CommandError):
    """The command is already on its way, done or ended."""
