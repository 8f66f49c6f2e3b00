"""What usually takes how long: our own estimate of an arrival, and when news is overdue (PRODUCT.md B6); pure.

Learnt per carrier, service and lane; where too few were seen, per carrier and service, per carrier, then of everybody,
then a table of our own that says that it is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

RULE: Final = "usual.1"
ENOUGH: Final = 30  # fewer say little about one in a hundred
_MARGIN: Final = 0.5  # of the spread between the middle and one in a hundred, beyond that one
TRANSIT: Final = "transit"
# Hours of working practice, until something is learnt: middle, nine in ten, ninety-nine in a hundred.
DEFAULTS: Final[Mapping[str, tuple[float, float, float]]] = {
    TRANSIT: (72, 120, 240), "label_created": (24, 48, 96), "booked": (24, 48, 96), "picked_up": (12, 24, 48),
    "departed_facility": (18, 36, 60), "arrived_at_facility": (12, 30, 60), "in_transit": (24, 48, 72),
    "customs_hold": (48, 96, 168), "customs_cleared": (18, 36, 60), "delayed": (24, 60, 96),
    "exception": (24, 60, 96), "arrived_at_destination": (12, 30, 60), "out_for_delivery": (6, 12, 20),
    "delivery_attempted": (24, 48, 84), "available_for_pickup": (48, 168, 336), "return_in_transit": (48, 120, 240),
}  # fmt: skip
_LEVELS: Final = (
    "of all carriers",
    "of this carrier",
    "of this service",
    "of this service on this lane",
)


class Lane(NamedTuple):
    """Whom and where: carrier's database id, the service as Odoo names it, and "warehouse id>country"."""

    carrier: int | None
    service: str
    lane: str


class Seen(NamedTuple):
    """Quantiles in hours and the number of cases behind them."""

    p50: float
    p90: float
    p99: float
    sample: int


Table = Mapping[tuple[str, int, int | None, str, str], Seen]


@dataclass(frozen=True, slots=True)
class Basis:
    """What an estimate stands on. level: 3 lane … 0 everybody, -1 our own table."""

    seen: Seen
    level: int

    @property
    def says(self) -> str:
        """For a person: "of 212 deliveries of this service on this lane"."""
        if self.level < 0:
            return "by our own table: too few were seen yet"
        return f"{self.seen.sample} {_LEVELS[self.level]}"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Our own arrival time beside the carrier's promise, which it never replaces. likely_by: nine in ten are there."""

    at: datetime
    likely_by: datetime
    says: str
    basis: Basis


def usual(table: Table, what: str, lane: Lane) -> Basis | None:
    """The closest of what was learnt that is enough of; our own table if none; None for what has no usual."""
    keys = (
        (3, lane.carrier, lane.service, lane.lane), (2, lane.carrier, lane.service, ""),
        (1, lane.carrier, "", ""), (0, None, "", ""),
    )  # fmt: skip
    for level, carrier, service, place in keys:
        seen = table.get((what, level, carrier, service, place))
        if seen is not None and seen.sample >= ENOUGH:
            return Basis(seen, level)
    default = DEFAULTS.get(what)
    return Basis(Seen(*default, 0), -1) if default else None


def estimate(table: Table, left_at: datetime, lane: Lane) -> Estimate:
    """When it should arrive by what such shipments took from pickup to delivery: the middle of them."""
    basis = usual(table, TRANSIT, lane)
    assert basis is not None  # transit stands in our own table
    middle, most = timedelta(hours=basis.seen.p50), timedelta(hours=basis.seen.p90)
    says = f"Half arrive within {_words(basis.seen.p50)}, nine in ten within {_words(basis.seen.p90)}: {basis.says}"
    return Estimate(left_at + middle, left_at + most, says, basis)


def heard_by(
    table: Table, milestone: str, last_at: datetime, lane: Lane
) -> tuple[datetime, Basis] | None:
    """When the next news should have come after this milestone, at the latest; None where nothing is to come."""
    basis = usual(table, milestone, lane)
    if basis is None:
        return None
    seen = basis.seen
    margin = _MARGIN * (seen.p99 - seen.p50) if basis.level >= 0 else 0.0
    return last_at + timedelta(hours=seen.p99 + margin), basis


def _words(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.1f} days"
