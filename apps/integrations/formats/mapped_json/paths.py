"""Where a field stands in somebody's JSON: a dotted path, compiled once, walked in as many steps as it has.

`status.code` starts at the entry, `^.number` at the element that holds the entry's list (once more `^` for each
further list), `$.carrier` at the top of the message. `[0]` is one element of a list, `["a.b"]` a key with odd
characters. Only the path of the entries themselves has `[]`: each element of that list. No filters, no search, no
expressions: what a path costs never depends on what the message holds. Reasons: docs/decisions, "Layouts are data".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

MAX_LENGTH: Final = 200
MAX_STEPS: Final = 8
_STEP: Final = re.compile(r'\[(?P<at>[0-9]{1,4})\]|\["(?P<quoted>[^"]{1,120})"\]|\[(?P<each>)\]')
_NAME: Final = re.compile(r'[^.\[\]"^$\s][^.\[\]"]*')

EACH: Final = object()
"""The step of an entries' path that stands for every element of a list."""


class BadPath(ValueError):
    """A text that is no path; it says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path: how many lists to go up (-1: to the top of the message), then keys and positions."""

    text: str
    up: int
    steps: tuple[Any, ...]

    def read(self, scopes: Sequence[Any]) -> Any:
        """What stands there, or None. scopes are the message, then each enclosing element, the entry last."""
        if self.up >= len(scopes):
            return None
        return walk(scopes[0] if self.up < 0 else scopes[-1 - self.up], self.steps)


def walk(value: Any, steps: Sequence[Any]) -> Any:
    """Follow keys and positions from a value; None where something else stands on the way."""
    for step in steps:
        # The decoder makes plain dicts and lists; asking for their exact types costs a fifth of isinstance(Mapping).
        kind = type(value)
        if kind is dict:
            value = value.get(step)
        elif kind is list and type(step) is int and step < len(value):
            value = value[step]
        else:
            return None
    return value


def path(text: str) -> Path:
    """The path of one field; raises BadPath."""
    rest, up = _bounded(text), 0
    if rest == "$" or rest.startswith(("$.", "$[")):
        rest, up = rest[1:], -1
    while up >= 0 and (rest == "^" or rest.startswith(("^.", "^["))):
        rest, up = rest[1:].removeprefix("."), up + 1
    steps = _steps(rest.removeprefix("."), text)
    if EACH in steps:
        raise BadPath(f"{text}: [] belongs into the path of the entries, not of a field")
    if not steps:
        raise BadPath(f"{text}: name a field")
    return Path(text, up, steps)


def entries_path(text: str) -> tuple[tuple[Any, ...], ...]:
    """The stages to the entries: each ends at a list whose elements are gone through; () is the message itself.

    `data.shipments[].events[]` gives (("data", "shipments"), ("events",)). Raises BadPath.
    """
    rest = _bounded(text, empty=True).removeprefix("$").removeprefix(".")
    stages: list[tuple[Any, ...]] = []
    stage: list[Any] = []
    for step in _steps(rest, text):
        if step is EACH:
            stages.append(tuple(stage))
            stage = []
        else:
            stage.append(step)
    if stage:
        raise BadPath(f"{text}: end the path of the entries with [], or leave it empty")
    return tuple(stages)


def _bounded(text: str, *, empty: bool = False) -> str:
    found = text.strip()
    if not found and not empty:
        raise BadPath("a path is empty")
    if len(found) > MAX_LENGTH:
        raise BadPath(f"a path has at most {MAX_LENGTH} characters")
    return found


def _steps(rest: str, text: str) -> tuple[Any, ...]:
    steps: list[Any] = []
    at, wants_name = 0, True
    while at < len(rest):
        bracket = _STEP.match(rest, at)
        name = _NAME.match(rest, at) if wants_name else None
        if bracket is not None:
            steps.append(_of_bracket(bracket))
            at, wants_name = bracket.end(), False
        elif name is not None:
            steps.append(name[0].rstrip())
            at, wants_name = name.end(), False
        elif rest[at] == "." and not wants_name and at + 1 < len(rest):
            at, wants_name = at + 1, True
        else:
            raise BadPath(f"{text}: not understood from character {at + 1} on")
    if len(steps) > MAX_STEPS:
        raise BadPath(f"{text}: more than {MAX_STEPS} steps")
    return tuple(steps)


def _of_bracket(match: re.Match[str]) -> Any:
    if match["at"] is not None:
        return int(match["at"])
    return match["quoted"] if match["quoted"] is not None else EACH


def key(name: str) -> str:
    """A key as a step of a path: quoted where it holds what means something in a path."""
    return name if _NAME.fullmatch(name) and name == name.strip() else f'["{name}"]'
