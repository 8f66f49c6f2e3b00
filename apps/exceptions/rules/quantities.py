"""Quantities that sources report, against what was ordered; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

_HAVE: Final = ("picked", "allocated", "reserved", "received", "shipped")
_WANT: Final = ("ordered", "demanded", "requested", "expected")
EACH: Final = frozenset({"", "ea", "each", "pce", "pcs", "pc", "unit", "units", "st"})


def amount(value: Any) -> Decimal | None:
    """A number as sources write it, or None: JSON numbers and decimal texts, nothing that is not finite."""
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def item_of(line: Mapping[str, Any]) -> str:
    """What a line calls its product."""
    return next((str(line[n]) for n in ("item", "sku", "product", "code") if line.get(n)), "")


def lines_of(details: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The lines of a report, whatever its format calls them."""
    for name in ("items", "lines"):
        listed = details.get(name)
        if isinstance(listed, list):
            return [line for line in listed if isinstance(line, dict)]
    return []


def missing_lines(details: Mapping[str, Any]) -> list[tuple[str, Decimal, str]]:
    """Product, quantity and unit of what a report says is missing."""
    found = []
    for line in lines_of(details):
        gap = amount(line.get("missing"))
        if gap is None:
            want = next((n for key in _WANT if (n := amount(line.get(key))) is not None), None)
            have = next((n for key in _HAVE if (n := amount(line.get(key))) is not None), None)
            gap = want - have if want is not None and have is not None else None
        if gap is not None and gap > 0:
            found.append((item_of(line), gap, str(line.get("unit") or "")))
    return found


def line_words(item: str, quantity: Decimal, unit: str) -> str:
    """ "3 EA of DESK-1"."""
    return f"{quantity.normalize():f}{f' {unit}' if unit else ''} of {item or 'an unnamed product'}"


def announced_differs(
    ordered: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]],
    receipts: Sequence[Mapping[str, Any]], tolerance: Decimal,
) -> list[str]:  # fmt: skip
    """How what was announced, and what was received, differs from the purchase; a sentence each, without a full stop.

    ordered: the supply's lines. All notices of a purchase count together, so a second one that brings the rest makes
    it right; one marked `partial` excuses what is short. tolerance: percent of the ordered quantity; at it passes.
    """
    names = {
        _key(text): str(line["code"] or line["product"])
        for line in ordered
        for text in (line["code"], line["product"])
        if text
    }
    wanted = _sum(
        (names[_key(str(line["code"] or line["product"]))], amount(line["ordered"]))
        for line in ordered
    )
    units = {
        names[_key(str(line["code"] or line["product"]))]: str(line.get("unit") or "")
        for line in ordered
    }
    wrong: list[str] = []
    if any(lines_of(one) for one in notices):
        partial = any(one.get("partial") for one in notices)
        wrong += _compare("announced", notices, wanted, names, units, tolerance, partial)
    if any(lines_of(one) for one in receipts):
        wrong += _compare("received", receipts, wanted, names, units, tolerance, False)
    return wrong


def _compare(
    verb: str, told: Sequence[Mapping[str, Any]], wanted: Mapping[str, Decimal], names: Mapping[str, str],
    units: Mapping[str, str], tolerance: Decimal, partial: bool,
) -> list[str]:  # fmt: skip
    lines = [line for one in told for line in lines_of(one)]
    said = _sum((names.get(_key(item_of(line)), item_of(line)), _quantity(line)) for line in lines)
    wrong = []
    for item in sorted(set(said) - set(wanted)):
        wrong.append(f"{item or 'An unnamed product'} was {verb} and is not on the purchase")
    strange = {
        names.get(_key(item_of(line)), "")
        for line in lines
        if not _same_unit(
            str(line.get("unit") or ""), units.get(names.get(_key(item_of(line)), ""), "")
        )
    }
    for item, quantity in wanted.items():
        have = said.get(item, Decimal(0))
        if item in strange:
            wrong.append(f"{item} was {verb} in another unit than ordered, so it was not compared")
        elif abs(have - quantity) * 100 > tolerance * quantity and not (
            partial and have < quantity
        ):
            wrong.append(f"{item}: {have.normalize():f} {verb}, {quantity.normalize():f} ordered")
    return wrong


def _quantity(line: Mapping[str, Any]) -> Decimal | None:
    return next(
        (
            n
            for key in ("quantity", "received", "shipped", "qty")
            if (n := amount(line.get(key))) is not None
        ),
        None,
    )


def _same_unit(one: str, other: str) -> bool:
    """A unit that is not given is that of the purchase; pieces have many names."""
    a, b = one.strip().casefold(), other.strip().casefold()
    return not a or not b or a == b or (a in EACH and b in EACH)


def _sum(pairs: Any) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for item, quantity in pairs:
        total[item] = total.get(item, Decimal(0)) + (quantity or Decimal(0))
    return total


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()
