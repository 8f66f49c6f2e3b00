"""Whose package is it: which events of one tracking number belong together, before generations.

A pure function of all live events of the number and of what Odoo has said about it, so that neither
the order of arrival nor the split into batches plays a part.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from apps.shipments.milestones import milestone
from apps.shipments.rules.generations import SILENCE, Hinted, segment

RULE: Final = "matching.1"
_AFTER_END: Final = timedelta(days=14)


class Matched(Hinted, Protocol):
    """An event with the carrier its source named (database id) and the companies it was granted."""

    @property
    def carrier_id(self) -> int | None: ...
    @property
    def fence(self) -> str: ...


Event = TypeVar("Event", bound=Matched)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said about a number without an event: a carrier, and the companies and warehouses it was linked for."""

    carrier_id: int | None
    companies: frozenset[int] = frozenset()
    warehouses: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """Where a group of events belongs. `ambiguous`: several carriers' packages could be meant."""

    carrier_id: int | None
    fence: str = ""
    ambiguous: bool = False


def group(events: Iterable[Event], claims: Sequence[Claim]) -> dict[Group, list[Event]]:
    """Events of one number by the package family they belong to.

    A source that was granted companies or warehouses, none of which is the linked package's, is fenced off
    (R34): what has no warehouse is no granted warehouse's. A carrier meets itself; without a carrier on either side it meets the only candidate; with several
    live candidates it stays alone and is ambiguous, never a guess (DESIGN, "Matching").
    """
    companies = frozenset[int]().union(*(claim.companies for claim in claims))
    warehouses = frozenset[int]().union(*(claim.warehouses for claim in claims))
    groups: dict[Group, list[Event]] = {}
    nameless: list[Event] = []
    for event in events:
        if event.fence and companies and not within(event.fence, companies, warehouses):
            groups.setdefault(Group(event.carrier_id, event.fence), []).append(event)
        elif event.carrier_id is None:
            nameless.append(event)
        else:
            groups.setdefault(Group(event.carrier_id), []).append(event)
    if nameless:
        for event, home in _homes(nameless, groups, claims):
            groups.setdefault(home, []).append(event)
    return groups


def fence_of(companies: Iterable[int], warehouses: Iterable[int] = ()) -> str:
    """What a source was granted as one text, "3,7,w12": companies, then warehouses; empty for everything."""
    return ",".join([*map(str, sorted(companies)), *(f"w{one}" for one in sorted(warehouses))])


def granted(fence: str) -> frozenset[int]:
    """The company ids in a fence text ("3,7,w12"); empty for all."""
    return frozenset(int(part) for part in fence.split(",") if part.isdigit())


def granted_warehouses(fence: str) -> frozenset[int]:
    """The warehouse ids in a fence text ("3,7,w12"); empty for all."""
    return frozenset(int(part[1:]) for part in fence.split(",") if part.startswith("w"))


def within(fence: str, companies: Collection[int], warehouses: Collection[int]) -> bool:
    """Whether what belongs to these companies and warehouses is anything of what the source was granted."""
    mine, places = granted(fence), granted_warehouses(fence)
    return not (mine and mine.isdisjoint(companies)) and not (
        places and places.isdisjoint(warehouses)
    )


def _homes(
    nameless: list[Event], groups: Mapping[Group, list[Event]], claims: Sequence[Claim]
) -> list[tuple[Event, Group]]:
    spans = {home.carrier_id: _spans(found) for home, found in groups.items() if not home.fence}
    claimed = {claim.carrier_id for claim in claims if claim.carrier_id is not None}
    homes: list[tuple[Event, Group]] = []
    alone: list[Event] = []
    ambiguous = False
    for event in nameless:
        live = {
            carrier
            for carrier, parts in spans.items()
            if any(first <= event.occurred_at <= last for first, last in parts)
        } | claimed
        linked = {c.carrier_id for c in claims if c.companies and c.carrier_id in live}
        candidates = linked or live
        if len(candidates) == 1:
            homes.append((event, Group(next(iter(candidates)))))
        else:
            alone.append(event)
            ambiguous = ambiguous or len(candidates) > 1
    return homes + [(event, Group(None, "", ambiguous)) for event in alone]


def _spans(events: list[Event]) -> list[tuple[datetime, datetime]]:
    """For each generation, the time in which a scan would still belong to it."""
    spans = []
    for part in segment(events):
        ended = any(milestone(event.milestone).terminal for event in part)
        reach = _AFTER_END if ended else SILENCE
        spans.append((part[0].occurred_at - SILENCE, part[-1].occurred_at + reach))
    return spans
