"""Compare what was decided on with what Odoo has; pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

_PLACES = Decimal("0.0001")


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """[{"field", "expected", "found"}] where they differ. A list in expected means: one of these.

    Amounts are compared to four places, whether they come as text, as number or as Decimal.
    """
    return [
        {"field": name, "expected": want, "found": found.get(name)}
        for name, want in expected.items()
        if not any(
            _same(one, found.get(name)) for one in (want if isinstance(want, list) else [want])
        )
    ]


def _same(want: Any, have: Any) -> bool:
    if isinstance(want, bool) or isinstance(have, bool) or want is None or have is None:
        return (want or None) == (have or None)
    if isinstance(have, list):  # the ids behind a field: a fact is one value, "12,13"
        return str(want) == ",".join(str(one) for one in sorted(have))
    if isinstance(have, int | float | Decimal):
        try:
            return Decimal(str(want)).quantize(_PLACES) == Decimal(str(have)).quantize(_PLACES)
        except InvalidOperation:
            return False
    return bool(want == have)
