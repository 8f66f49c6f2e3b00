"""The find box looks into rooms that do not know each other: each says here how things of its own are found by a text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. `page` is the name of its address, `icon` its symbol; public_id what the address takes."""

    page: str
    icon: str
    public_id: str
    name: str
    says: str


Finder = Callable[[Any, str], list[Hit]]
"""(user, text) -> at most a handful of hits within what the user may see; it is asked at every key stroke."""
_finders: Final[list[Finder]] = []


def finder(find: Finder) -> Finder:
    """Register a room's own way to find things."""
    _finders.append(find)
    return find


def elsewhere(user: Any, text: str) -> list[Hit]:
    """What the registered rooms find."""
    return [hit for find in _finders for hit in find(user, text)]
