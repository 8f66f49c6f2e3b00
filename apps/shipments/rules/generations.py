"""Carriers use tracking numbers again: which events of one number belong to which package."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from apps.shipments.milestones import milestone
from apps.shipments.rules.facts import EventLike
from apps.shipments.rules.fold import in_order

RULE: Final = "generations.2"
FRESH_START: Final = timedelta(hours=24)
FRESH_SCAN: Final = timedelta(days=14)
SILENCE: Final = timedelta(days=120)
AHEAD: Final = timedelta(hours=24)
_STARTING_RANK: Final = 30


class Hinted(EventLike, Protocol):
    """An event that may carry the source's own unique id of the package, and when it was told."""

    @property
    def generation_hint(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...


Event = TypeVar("Event", bound=Hinted)


def segment(events: Iterable[Event]) -> list[list[Event]]:
    """The generations in a set of events of one (carrier, number), oldest first.

    A new one begins when, after a terminal milestone, a starting one (rank up to 30) occurs at least
    24 h later or another one that moves the state and does not belong after a delivery more than
    14 days later; after 120 days of silence; and where the source's own unique id differs. What was told more than
    24 h before it is said to have happened (FORMATS 0.3.7) begins nothing: its clock is wrong, not the number new.
    A pure function of the set: the order of arrival plays no part. Rule: DESIGN, "Package".
    """
    ordered = in_order(events)
    hints = {event.generation_hint for event in ordered if event.generation_hint}
    if len(hints) < 2:
        return _by_time(ordered)
    parts = [part for group in _by_hint(ordered) for part in _by_time(group)]
    return sorted(parts, key=lambda part: (part[0].occurred_at, part[0].identity))


def _by_time(ordered: Sequence[Event]) -> list[list[Event]]:
    parts: list[list[Event]] = []
    ended_at: datetime | None = None
    for event in ordered:
        if not parts or _begins_anew(event, parts[-1][-1].occurred_at, ended_at):
            parts.append([])
            ended_at = None
        parts[-1].append(event)
        if milestone(event.milestone).terminal:
            ended_at = event.occurred_at
    return parts


def _begins_anew(event: Hinted, last_at: datetime, ended_at: datetime | None) -> bool:
    if event.occurred_at - event.received_at > AHEAD:
        return False
    if event.occurred_at - last_at > SILENCE:
        return True
    if ended_at is None:
        return False
    step, since = milestone(event.milestone), event.occurred_at - ended_at
    if not step.moves_state or step.after_delivered:
        return False
    if step.rank <= _STARTING_RANK and since >= FRESH_START:
        return True
    return since > FRESH_SCAN


def _by_hint(ordered: Sequence[Event]) -> list[list[Event]]:
    """Events without a hint go with the hinted package that was last seen begun before them."""
    firsts: list[tuple[datetime, str]] = []
    for event in ordered:
        if event.generation_hint and event.generation_hint not in {hint for _, hint in firsts}:
            firsts.append((event.occurred_at, event.generation_hint))
    groups: dict[str, list[Event]] = {hint: [] for _, hint in firsts}
    for event in ordered:
        begun = [hint for at, hint in firsts if at <= event.occurred_at]
        groups[event.generation_hint or (begun[-1] if begun else firsts[0][1])].append(event)
    return list(groups.values())
