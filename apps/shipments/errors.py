"""Errors of this room."""

from django.db import OperationalError


class Raced(OperationalError):
    """Two transactions did the same thing at once; run it again, like after a deadlock."""


class BadDocument(ValueError):
    """A file that cannot be taken as evidence; its text is for the person who sent it."""


class NotTheirs(PermissionError):
    """Somebody may not own this order, or not now; `says` is a sentence for the screen, `code` for programs."""

    def __init__(self, code: str, says: str) -> None:
        super().__init__(says)
        self.code = code
        self.says = says


class BadOwner(ValueError):
    """A change of the ownership matrix that makes no sense; its text is for the person who asked for it."""


class BadNote(ValueError):
    """A note of what somebody said that cannot be kept as a claim; its text is for the person."""
