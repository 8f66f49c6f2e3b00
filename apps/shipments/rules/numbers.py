"""Tracking numbers: how two spellings of one number are recognised."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_ASCII_DROPPED: Final = {ord(char): None for char in " \t\r\n\f\v-"}
_BETWEEN: Final = re.compile(r"[,;\s]+")
LONGEST: Final = 120
"""Characters of the longest number a package can have; no carrier's comes near."""


@lru_cache(maxsize=8192)  # a batch asks for each of its numbers a dozen times
def normalise(number: str) -> str:
    """A tracking number for comparison: upper case, no spaces, dashes or invisible characters.

    Leading zeros stay. The same rule as the formats' own, which the floor above keeps for identities.
    """
    if number.isascii():
        return number.translate(_ASCII_DROPPED).upper()
    plain = unicodedata.normalize("NFKC", number)
    dropped = {"Zs", "Zl", "Zp", "Pd", "Cc", "Cf"}
    return "".join(char for char in plain if unicodedata.category(char) not in dropped).upper()


def split(reference: str) -> list[str]:
    """The numbers in Odoo's carrier_tracking_ref: separated by commas, semicolons or white space.

    Each number once (by its normalised form), in the order given. A word longer than any number is none: it
    makes no package, and stands in the mirror as it was typed.
    """
    found: dict[str, str] = {}
    for part in _BETWEEN.split(reference.strip()):
        if max(len(part), len(normalise(part))) <= LONGEST and normalise(part):
            found.setdefault(normalise(part), part)
    return list(found.values())
