"""What one DESADV says: a tree of CPS levels told as a flat list, with the lines of each."""

from dataclasses import dataclass, field
from typing import Any, Final

from apps.integrations.formats import edifact
from apps.integrations.formats.edifact.envelope import component
from apps.integrations.formats.edifact.times import moment
from apps.integrations.formats.fields import NUMBER_LENGTH, PLACE_LENGTH, short

MAX_ITEMS: Final = 2_000
MAX_SSCCS: Final = 2_000

_LINES_COUNT: Final = "2"
_BUYERS_ITEM: Final = "IN"
_DISPATCHED: Final = "12"

When = tuple[str, str]


@dataclass(slots=True)
class Notice:
    """One advice; numbers are those it is filed under, at least one."""

    number: str = ""
    function: str = ""
    times: dict[str, When] = field(default_factory=dict)
    carrier_numbers: dict[str, None] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    ssccs: list[str] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    lines: int = 0
    packages: str = ""
    levels: set[str] = field(default_factory=set)

    @property
    def numbers(self) -> list[str]:
        """The carrier's numbers (RFF+CN); the advice's own when it gives none."""
        return list(self.carrier_numbers) or [self.number]

    @property
    def details(self) -> dict[str, Any]:
        """asn_number, po, sscc, lines (their number), items, packages: as an 856."""
        found = {
            "asn_number": self.number,
            "po": self.references.get("purchase", ""),
            "sscc": self.ssccs,
            "lines": self.lines,
            "items": self.items,
            "packages": self.packages or len(self.ssccs),
        }
        return {name: value for name, value in found.items() if value}


def read(one: edifact.Message, interchange: edifact.Interchange) -> list[Notice | str]:
    """The advice of a message, or why there is none; what is wrong is noted on the message."""
    notice = Notice()
    wrong: tuple[str, str, int] | None = None
    reader = _Reader(notice)
    for position, segment in enumerate(one.walk(), 1):
        why = reader.take(segment)
        if why and wrong is None:
            wrong = (why, "13", position)
    wrong = _problem(notice) or wrong
    if wrong is None:
        return [notice]
    says, code, position = wrong
    one.faults.append(edifact.Fault(says, code, position))
    return [says]


def _problem(notice: Notice) -> tuple[str, str, int] | None:
    if not notice.number or len(notice.number) > NUMBER_LENGTH:
        return f"BGM must have a number of 1 to {NUMBER_LENGTH} characters", "13", 2
    if "137" not in notice.times or moment(*notice.times["137"]) is None:
        return "no usable time", "12" if "137" in notice.times else "13", 0
    return None


class _Reader:
    """Takes a message segment by segment."""

    def __init__(self, notice: Notice) -> None:
        self._notice = notice
        self._sscc = ""
        self._is_line = False

    def take(self, segment: list[list[str]]) -> str | None:
        """One segment; returns what is wrong with it, where something is."""
        notice, name = self._notice, segment[0][0]
        if name == "BGM":
            notice.number, notice.function = component(segment, 1), component(segment, 2)
        elif name == "DTM" and not self._is_line:
            value = component(segment, 0, 1), component(segment, 0, 2)
            notice.times.setdefault(component(segment, 0), value)
        elif name == "RFF":
            self._reference(component(segment, 0), component(segment, 0, 1))
        elif name == "CPS":
            return self._level(segment)
        elif name == "PAC" and not notice.packages:
            notice.packages = short(component(segment, 0), 40)
        elif name == "GIN" and component(segment, 0) == "BJ":
            self._label(segment)
        elif name in {"LIN", "PIA", "QTY", "IMD"}:
            self._line(name, segment)
        elif name == "CNT" and component(segment, 0) == _LINES_COUNT:
            agrees = component(segment, 0, 1) == str(notice.lines)
            return None if agrees else "CNT+2 does not agree with the number of LIN"
        return None

    def _level(self, segment: list[list[str]]) -> str | None:
        number, parent = component(segment, 0), component(segment, 1)
        levels = self._notice.levels
        self._sscc, self._is_line = "", False
        if not number or number in levels:
            return "a CPS level is missing or stands twice"
        levels.add(number)
        # A level without any parent but not the first is read as a second tree, as many send it.
        return "CPS names no level before it" if parent and parent not in levels else None

    def _reference(self, kind: str, number: str) -> None:
        notice, number = self._notice, short(number, NUMBER_LENGTH)
        if not number:
            return
        if kind == "CN":
            if len(notice.carrier_numbers) < MAX_SSCCS:
                notice.carrier_numbers[number] = None
        elif kind == "ON":
            notice.references.setdefault("purchase", number)
            if self._is_line and notice.items:
                notice.items[-1]["order"] = number
        elif kind == "BM":
            notice.references.setdefault("bill_of_lading", number)

    def _label(self, segment: list[list[str]]) -> None:
        for element in segment[2:]:
            sscc = short(element[0], NUMBER_LENGTH)
            if sscc and len(self._notice.ssccs) < MAX_SSCCS:
                self._sscc = sscc
                self._notice.ssccs.append(sscc)

    def _line(self, name: str, segment: list[list[str]]) -> None:
        notice = self._notice
        if name == "LIN":
            notice.lines += 1
            self._is_line = True
            if len(notice.items) < MAX_ITEMS:
                found = {"item": component(segment, 2), "sscc": self._sscc}
                notice.items.append(
                    {key: short(value, NUMBER_LENGTH) for key, value in found.items() if value}
                )
        elif not notice.items or len(notice.items) < notice.lines:
            return
        elif name == "QTY" and component(segment, 0) == _DISPATCHED:
            notice.items[-1]["quantity"] = component(segment, 0, 1)[:40]
            notice.items[-1]["unit"] = component(segment, 0, 2)[:10]
        elif name == "PIA" and component(segment, 1, 1) == _BUYERS_ITEM:
            notice.items[-1]["item"] = short(component(segment, 1), NUMBER_LENGTH)
        elif name == "IMD" and component(segment, 2, 3):
            notice.items[-1]["text"] = short(component(segment, 2, 3), PLACE_LENGTH)
