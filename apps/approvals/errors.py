"""What the approvals room refuses, in sentences for the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.approvals.models import Decision, Request
    from apps.approvals.rules import Changed


class ApprovalError(Exception):
    """`code` is for programs, `says` a whole sentence for people."""

    def __init__(self, code: str, says: str) -> None:
        super().__init__(says)
        self.code = code
        self.says = says


class NotAllowed(ApprovalError):
    """This person may not do this: role, scope, limit, or a hand in the matter."""


class StaleFacts(ApprovalError):
    """The facts are no longer those the decider was shown; `changed` names each with was and now (B8)."""

    def __init__(self, changed: Sequence[Changed]) -> None:
        names = ", ".join(change.says for change in changed)
        super().__init__(
            "stale_facts", f"Nothing was decided, because this changed since you looked: {names}."
        )
        self.changed = tuple(changed)


class AlreadyDecided(ApprovalError):
    """Somebody was faster, or the request is over for another reason; `decision` is theirs, if there is one."""

    def __init__(self, says: str, decision: Decision | None) -> None:
        super().__init__("already_decided", says)
        self.decision = decision


class AlreadyRequested(ApprovalError):
    """The same thing is already waiting for a decision."""

    def __init__(self, says: str, request: Request) -> None:
        super().__init__("already_requested", says)
        self.request = request


class NotHeld(ApprovalError):
    """There is nothing to release: the hold has ended."""


class ReasonMissing(ApprovalError):
    """A request or a rejection without a reason."""


class BadEvidence(ApprovalError):
    """A file that cannot be evidence, or a document that is not there."""
