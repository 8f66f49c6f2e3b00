"""Code mappings are data: versioned, written as drafts, tested, reviewed by a second person, in force from a time on."""

from apps.integrations.mappings.reading import (
    InForce,
    active,
    codes_of,
    ensure_all,
    ensure_first,
    in_force,
    read_codes,
)

__all__ = [
    "InForce",
    "active",
    "codes_of",
    "ensure_all",
    "ensure_first",
    "in_force",
    "read_codes",
]
