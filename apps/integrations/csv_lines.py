"""Rows as the lines of a CSV file."""

import csv
from collections.abc import Iterator
from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that a spreadsheet takes for a formula, or looks behind for one."""


class _Echo:
    def write(self, text: str) -> str:
        return text


def as_csv(rows: Iterator[list[Any]]) -> Iterator[str]:
    """Rows as text, one by one; what a spreadsheet would take for a formula is kept a text."""
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([f"'{cell}" if str(cell)[:1] in _FORMULA else cell for cell in row])
