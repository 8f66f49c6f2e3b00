"""Whose word is shown where those who own a field differ (PRODUCT.md B7); pure.

Two kinds of fields. What *moves* (milestone, place) goes by time: the newest word of anybody who owns it, for goods are
where they were last seen. What *stands* (expected arrival, time of delivery, proof) goes by trust: the word of
the first system in the line's order that says anything, its newest (of a delivery: its first). Nothing depends on
the order in which words arrived. Who is not in the line only claims, and never has a say.

A person who comes last in the line of what moves only stands in (R31): the word is shown while nobody else has told
of the journey, and yields, wherever it stands in time, as soon as somebody has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from apps.shipments.milestones import milestone
from apps.shipments.rules.ownership import Matrix

RULE: Final = "trust.1"
STANDING: Final = ("eta", "delivered_at", "proof")
MOVING: Final = ("milestone", "location")
_LAST: Final = 999
_PERSON: Final = "person"
_ON_THE_WAY: Final = 30
"""The rank of picked_up: what comes before (a label, a packed box) tells nothing of the journey."""
_YIELDS: Final = "A person's word stands in only while nobody else tells of the journey"


class Spoken(Protocol):
    """Who told an event."""

    @property
    def source(self) -> str: ...
    @property
    def format(self) -> str: ...


class Word(Spoken, Protocol):
    """An event as whose word it is, and what it says."""

    @property
    def identity(self) -> str: ...
    @property
    def milestone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Trust:
    """The order of trust of each standing field, by kind of system, and what kind each source is."""

    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    matrix: Matrix = field(default_factory=Matrix)

    @classmethod
    def of(cls, matrix: Matrix) -> Trust:
        """As the lines of the matrix that hold now say."""
        delivered = matrix.milestones.get("delivered")
        lines = {"eta": matrix.eta, "proof": matrix.proof, "delivered_at": delivered}
        return cls({name: line.owners for name, line in lines.items() if line}, matrix)

    def rank(self, name: str, event: Spoken) -> int:
        """0 for the most trusted; systems that are not in the order come last."""
        owners = self.order.get(name, ())
        kind = self.matrix.kind(event.source, event.format)
        return owners.index(kind) if kind in owners else _LAST

    def stands_in(self, event: Word) -> bool:
        """Whether it is a person's word on a line that names people last."""
        line = self.matrix.milestones.get(event.milestone)
        return (
            line is not None
            and line.owners[-1] == _PERSON
            and self.matrix.kind(event.source, event.format) == _PERSON
        )

    def yielding(self, events: Iterable[Word]) -> frozenset[str]:
        """Identities of the words that only stand in, among a package's events in which somebody else tells of the
        journey; none where nobody does.
        """
        low: set[str] = set()
        is_told = False
        for event in events:
            if self.stands_in(event):
                low.add(event.identity)
            elif not is_told:
                step = milestone(event.milestone)
                is_told = step.moves_state and step.rank >= _ON_THE_WAY
        return frozenset(low) if is_told else frozenset()

    def yielded(self, event: Word) -> dict[str, Any]:
        """What stands with a word that yields: a claim on its milestone, as long as it yields."""
        line = self.matrix.milestones[event.milestone]
        return {
            "field": "milestone", "row": line.ref, "version": line.version, "says": _YIELDS,
            "yields": True,
        }  # fmt: skip
