"""What one 856 says: a tree of levels told as a flat list (HL01 is the level, HL02 its parent)."""

from dataclasses import dataclass, field
from typing import Any, Final

from apps.integrations.formats import x12
from apps.integrations.formats.fields import NUMBER_LENGTH, PLACE_LENGTH, short
from apps.integrations.formats.x12.times import moment

KIND: Final = "856"
GROUP: Final = "SH"
MAX_ITEMS: Final = 2_000
MAX_SSCCS: Final = 2_000
"""What is kept of a notice in one event; the count of the lines says when there were more."""

_WANTED: Final = frozenset(
    {"BSN", "HL", "CTT", "DTM", "REF", "TD1", "TD5", "PRF", "MAN", "LIN", "SN1", "PID"}
)
_DATES: Final = {"011": "shipped", "017": "due"}
_ITEM_IDS: Final = ("BP", "SK", "VP", "IN", "UP", "UK", "EN", "UA")
"""Whose number names an item, best first: the buyer's, a stock keeping unit, the vendor's, a GTIN."""

When = tuple[str, str, str]


@dataclass(slots=True)
class _Level:
    parent: str
    kind: str
    order: str = ""
    sscc: str = ""


@dataclass(slots=True)
class Notice:
    """One notice; numbers are those it is filed under, at least one."""

    purpose: str
    number: str
    day: str
    clock: str
    structure: str
    scac: str = ""
    shipped: When | None = None
    due: When | None = None
    carrier_numbers: dict[str, None] = field(default_factory=dict)
    bill_of_lading: str = ""
    orders: dict[str, None] = field(default_factory=dict)
    ssccs: list[str] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    lines: int = 0
    cartons: str = ""
    weight: str = ""

    @property
    def numbers(self) -> list[str]:
        """The carrier's numbers (REF*CN); the notice's own when it gives none."""
        return list(self.carrier_numbers) or [self.number]

    @property
    def details(self) -> dict[str, Any]:
        """asn_number, po, sscc, lines (their number), items, packages: what matching needs."""
        found = {
            "asn_number": self.number,
            "po": next(iter(self.orders), ""),
            "orders": list(self.orders) if len(self.orders) > 1 else [],
            "sscc": self.ssccs,
            "lines": self.lines,
            "items": self.items,
            "packages": self.cartons or len(self.ssccs),
            "weight": self.weight,
        }
        return {name: value for name, value in found.items() if value}

    @property
    def references(self) -> dict[str, str]:
        """asn is the notice, purchase the first order it fills."""
        named = {
            "asn": self.number,
            "purchase": next(iter(self.orders), ""),
            "bill_of_lading": self.bill_of_lading,
        }
        return {name: value for name, value in named.items() if value}


def read(one: x12.TransactionSet, interchange: x12.Interchange) -> list[Notice | str]:
    """The notice of a set, or why there is none; what is wrong is noted on the set."""
    notice: Notice | None = None
    tree = _Tree()
    for position, name, values in one.walk(_WANTED):
        if name == "BSN" and notice is None:
            notice = Notice(values[0], values[1], values[2], values[3], values[4])
        elif notice is None:
            continue
        elif name == "CTT" and values[0] != str(tree.count):
            tree.wrong = tree.wrong or (position, "CTT", 1, "7", "CTT01 is not the number of HL")
        elif name == "HL":
            tree.open(position, values)
        else:
            _take(notice, tree, name, values)
    wrong = _problem(notice) or tree.wrong
    if wrong is None and notice is not None:
        return [notice]
    position, name, element, code, says = wrong or (2, "BSN", 0, "", "a notice has no BSN")
    one.faults.append(x12.Fault(says, "5", position, name, "8" if element else "3", element, code))
    return [says]


Wrong = tuple[int, str, int, str, str]


def _problem(notice: Notice | None) -> Wrong | None:
    if notice is None:
        return (2, "BSN", 0, "", "a notice has no BSN")
    if not notice.number or len(notice.number) > NUMBER_LENGTH:
        return (2, "BSN", 2, "1", f"BSN02 must be a text of 1 to {NUMBER_LENGTH} characters")
    if not notice.purpose:
        return (2, "BSN", 1, "1", "BSN01 must name the purpose")
    if moment(notice.day, notice.clock) is None:
        return (2, "BSN", 3, "8", "no usable time")
    return None


class _Tree:
    """The levels so far, and the one that is open."""

    def __init__(self) -> None:
        self.levels: dict[str, _Level] = {}
        self.open_level: _Level | None = None
        self.count = 0
        self.wrong: Wrong | None = None

    def open(self, position: int, values: list[str]) -> None:
        number, parent, kind = values[0], values[1], values[2]
        self.count += 1
        if not number or number in self.levels:
            self.wrong = self.wrong or (position, "HL", 1, "7", "HL01 is missing or stands twice")
        elif parent and parent not in self.levels:
            self.wrong = self.wrong or (position, "HL", 2, "7", "HL02 names no level before it")
        above = self.levels.get(parent)
        level = _Level(parent, kind)
        if above is not None:
            level.order, level.sscc = above.order, above.sscc
        self.levels[number] = self.open_level = level


def _take(notice: Notice, tree: _Tree, name: str, values: list[str]) -> None:
    level = tree.open_level
    if name == "DTM" and values[0] in _DATES and (level is None or level.kind == "S"):
        setattr(notice, _DATES[values[0]], (values[1], values[2], values[3]))
    elif name == "REF":
        _reference(notice, values)
    elif name == "TD5" and values[1] == "2":
        notice.scac = short(values[2], NUMBER_LENGTH)
    elif name == "TD1" and level is not None and level.kind == "S":
        notice.cartons, notice.weight = (
            short(values[1], NUMBER_LENGTH),
            short(" ".join(filter(None, (values[6], values[7]))), NUMBER_LENGTH),
        )
    elif name == "PRF" and level is not None:
        level.order = short(values[0], NUMBER_LENGTH)
        if level.order and len(notice.orders) < MAX_ITEMS:
            notice.orders[level.order] = None
    elif name == "MAN" and values[0] == "GM" and level is not None and values[1]:
        level.sscc = short(values[1], NUMBER_LENGTH)
        if len(notice.ssccs) < MAX_SSCCS:
            notice.ssccs.append(level.sscc)
    elif name in {"LIN", "SN1", "PID"} and level is not None:
        _line(notice, level, name, values)


def _reference(notice: Notice, values: list[str]) -> None:
    number = values[1]
    if values[0] == "CN" and number and len(number) <= NUMBER_LENGTH:
        if len(notice.carrier_numbers) < MAX_SSCCS:
            notice.carrier_numbers[number] = None
    elif values[0] == "BM":
        notice.bill_of_lading = short(number, NUMBER_LENGTH)


def _line(notice: Notice, level: _Level, name: str, values: list[str]) -> None:
    if name == "LIN":
        notice.lines += 1
        if len(notice.items) < MAX_ITEMS:
            notice.items.append(_item(level, values))
    elif not notice.items or len(notice.items) < notice.lines:
        return
    elif name == "SN1":
        notice.items[-1] |= {"quantity": values[1][:40], "unit": values[2][:10]}
    elif values[4]:
        notice.items[-1]["text"] = short(values[4], PLACE_LENGTH)


def _item(level: _Level, values: list[str]) -> dict[str, Any]:
    pairs = dict(zip(values[1::2], values[2::2], strict=False))
    named = next((pairs[key] for key in _ITEM_IDS if pairs.get(key)), values[2])
    item = {"item": named, "order": level.order, "sscc": level.sscc}
    return {key: short(value, NUMBER_LENGTH) for key, value in item.items() if value}
