"""Whose word is shown where those who own a field differ (PRODUCT.md B7); pure.

Two kinds of fields. What *moves* (milestone, place) goes by time: the newest word of anybody who owns it, for goods are
where they were last seen. What *stands* (expected arrival, time of delivery, proof) goes by trust: the word of
the first system in the line's order that says anything, its newest (of a delivery: its first). Nothing depends on
the order in which words arrived. Who is not in the line only claims, and never has a say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from apps.shipments.rules.ownership import Matrix

RULE: Final = "trust.1"
STANDING: Final = ("eta", "delivered_at", "proof")
MOVING: Final = ("milestone", "location")
_LAST: Final = 999


class Spoken(Protocol):
    """Who told an event."""

    @property
    def source(self) -> str: ...
    @property
    def format(self) -> str: ...


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
