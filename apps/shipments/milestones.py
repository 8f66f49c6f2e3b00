"""The one table of milestones, read from milestones.csv: rank, meaning, order stage, customer's words."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Milestone:
    """One row of milestones.csv. `rank` decides ties; 0 for what never moves the state."""

    name: str
    rank: int
    moves_state: bool
    terminal: bool
    after_delivered: bool
    order_stage: str
    customer_words: str
    portal_step: int | None


def _read() -> dict[str, Milestone]:
    with (Path(__file__).parent / "milestones.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["milestone"]: Milestone(
                name=row["milestone"],
                rank=int(row["rank"] or 0),
                moves_state=row["moves_state"] == "1",
                terminal=row["terminal"] == "1",
                after_delivered=row["after_delivered"] == "1",
                order_stage=row["order_stage"],
                customer_words=row["customer_words"],
                portal_step=int(row["portal_step"]) if row["portal_step"] else None,
            )
            for row in csv.DictReader(file)
        }


MILESTONES: Final[dict[str, Milestone]] = _read()

_UNKNOWN: Final = MILESTONES["info_only"]


def milestone(name: str) -> Milestone:
    """The milestone of this name; one nobody listed moves nothing, like info_only."""
    return MILESTONES.get(name, _UNKNOWN)
