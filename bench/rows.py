"""A row of the bench: a figure, and where there is a budget, the ratio or figure beside its limit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """value in unit; measured against limit (a ratio or a rate, whichever measured is)."""

    name: str
    value: float
    unit: str
    measured: float | None = None
    limit: float | None = None
    least: bool = True  # the limit is the least that will do; else the most

    @property
    def is_held(self) -> bool:
        """Whether the budget is kept; a row without one always is."""
        if self.limit is None:
            return True
        measured = self.measured or 0
        return measured >= self.limit if self.least else measured <= self.limit

    def __str__(self) -> str:
        line = f"{self.name:<58}{self.value:>12,.0f} {self.unit}"
        if self.limit is None or self.measured is None:
            return line
        shown = f"{self.measured:.2f}" if self.limit < 10 else f"{self.measured:,.0f}"
        limit = f"{self.limit:g}" if self.limit < 10 else f"{self.limit:,.0f}"
        return f"{line:<84}{shown:>10} (budget {'≥' if self.least else '≤'} {limit}) {'held' if self.is_held else 'MISSED'}"
