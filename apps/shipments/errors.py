"""Errors of this room."""

from django.db import OperationalError


class Raced(OperationalError):
    """Two transactions did the same thing at once; run it again, like after a deadlock."""


class BadDocument(ValueError):
    """A file that cannot be taken as evidence; its text is for the person who sent it."""
