"""What the queue refuses, in sentences for the screen."""

from __future__ import annotations


class CaseError(Exception):
    """`code` is for programs, `says` a whole sentence for people."""

    def __init__(self, code: str, says: str) -> None:
        super().__init__(says)
        self.code = code
        self.says = says


class AlreadyTaken(CaseError):
    """A colleague has the case; the sentence names them."""


class AlreadyResolved(CaseError):
    """The case is closed; nothing more can be done in it."""


class NotAllowed(CaseError):
    """The person's role or scope does not cover this."""


class UnknownAction(CaseError):
    """This kind of case has no such action."""


class BadInput(CaseError):
    """An action or note lacks what it needs; `field` names it."""

    def __init__(self, code: str, says: str, field: str = "") -> None:
        super().__init__(code, says)
        self.field = field
