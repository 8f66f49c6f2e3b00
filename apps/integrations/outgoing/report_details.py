"""What of a business event's details goes out: named fields only, never free text, a person's name or an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

DETAILS: Final = (
    "reason", "tracking_number", "carrier", "service", "asn", "asn_number", "po", "invoice", "invoice_number",
    "amount", "currency", "product", "sku", "quantity", "unit", "delta", "before", "after", "threshold",
    "warehouse", "dock", "appointment_id", "appointment", "starts_at", "ends_at", "checks",
)  # fmt: skip
OF_LINE: Final = (
    "sku", "product", "item", "order", "quantity", "unit", "ordered", "allocated", "picked", "missing",
    "expected", "received", "damaged",
)  # fmt: skip
LINES: Final = 200
_LONGEST: Final = 200


def said_in(details: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of DETAILS as the source wrote them, and `lines` (at most LINES) with those of OF_LINE."""
    said = {name: details[name] for name in DETAILS if _short(details.get(name))}
    checks = details.get("checks")
    if isinstance(checks, list | dict):
        said["checks"] = checks
    lines = details.get("lines")
    if isinstance(lines, list):
        said["lines"] = [
            {name: line[name] for name in OF_LINE if _short(line.get(name))}
            for line in lines[:LINES]
            if isinstance(line, dict)
        ]
    return said


def _short(value: Any) -> bool:
    """A code, a number or a name; not a text or a tree."""
    if isinstance(value, str):
        return len(value) <= _LONGEST
    return isinstance(value, bool | int | float)
