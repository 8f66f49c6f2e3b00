"""How Odoo's values become ours (FACTS 4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

Record = dict[str, Any]


def text(value: Any) -> str:
    """Odoo's empty text is `false`."""
    return value.strip() if isinstance(value, str) else ""


def ref(value: Any) -> int | None:
    """A many2one as a bare id (`load=False`) or as a pair."""
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: Any) -> datetime | None:
    """`YYYY-MM-DD HH:MM:SS[.ffffff]`, naive and always UTC (FACTS 4)."""
    return (
        datetime.fromisoformat(value).replace(tzinfo=UTC)
        if isinstance(value, str) and value
        else None
    )


def day(value: Any) -> date | None:
    """`YYYY-MM-DD`."""
    return date.fromisoformat(value[:10]) if isinstance(value, str) and value else None


def amount(value: Any) -> Decimal:
    """A JSON number, to the four places our columns hold."""
    return Decimal(repr(value or 0)).quantize(Decimal("0.0001"))


def flag(value: Any) -> bool:
    """A boolean."""
    return bool(value)


def ids(value: Any) -> list[int]:
    """An x2many, in a stable order."""
    return sorted(value or [])


def whole(value: Any) -> int:
    """An integer."""
    return int(value or 0)


def stocked(value: Any) -> bool:
    """Whether a product is kept in stock: a boolean since 18, the type `product` before (not tested)."""
    return value is True or value == "product"
