"""From bytes to interchanges, groups and transaction sets. Source: FORMATS 10 to 12; X12.5, X12.6.

Cheap on purpose: segments stay texts and are split when somebody walks over them, so that 5 MiB of
the smallest segments cost neither seconds nor hundreds of MiB.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from apps.integrations.formats.x12.faults import Fault
from apps.integrations.formats.x12.syntax import (
    MAX_SEGMENTS,
    Delimiters,
    end_of,
    header_of,
    refuse,
    segments_of,
)

_PADDING: Final = [""] * 12
_HEADS: Final = frozenset({"SE", "ST", "GE", "GS", "IEA"})
_CONTROL: Final = re.compile(r"[0-9]{1,9}")


@dataclass(slots=True)
class TransactionSet:
    """ST to SE. segments holds every one of them as text; faults what is wrong with the set."""

    kind: str
    control: str
    segments: list[str]
    delimiters: Delimiters
    version: str = ""
    faults: list[Fault] = field(default_factory=list, compare=False)

    def walk(self, wanted: frozenset[str]) -> Iterator[tuple[int, str, list[str]]]:
        """Each segment of the wanted names: its position (ST is 1), its name and its elements,
        which are stripped of white space and padded, so that the first twelve are always there.
        """
        separator = self.delimiters.element
        for position, segment in enumerate(self.segments, 1):
            name, _, rest = segment.partition(separator)
            if name in wanted:
                elements = rest.split(separator)
                if " " in rest:
                    elements = [element.strip() for element in elements]
                yield position, name, elements + _PADDING

    @property
    def fatal(self) -> bool:
        """Whether nothing of the set may be used."""
        return any(fault.fatal for fault in self.faults)


@dataclass(slots=True)
class Group:
    """GS to GE."""

    kind: str
    sender: str
    receiver: str
    control: str
    version: str
    sets: list[TransactionSet] = field(default_factory=list)
    fault: Fault | None = field(default=None, compare=False)


@dataclass(slots=True)
class Interchange:
    """ISA to IEA. sender and receiver are (qualifier, id); at is ISA09 and ISA10 read as UTC (None
    when they are no time). fault is the first thing that is wrong with the envelope, structural the first that
    is wrong with anything's structure: with one, nothing of the interchange is used.
    """

    sender: tuple[str, str]
    receiver: tuple[str, str]
    control: str
    at: datetime | None
    usage: str
    version: str
    delimiters: Delimiters
    groups: list[Group] = field(default_factory=list)
    fault: Fault | None = field(default=None, compare=False)
    structural: Fault | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """ISA13 with the sender: the id of the delivery (FORMATS 0.4)."""
        return f"x12:{self.sender[0]}:{self.sender[1]}:{self.control}"

    @property
    def sets(self) -> Iterator[TransactionSet]:
        """Every set of every group."""
        return (one for group in self.groups for one in group.sets)

    @property
    def first_fault(self) -> Fault | None:
        """What is wrong with the structure: the interchange's own fault, a group's, or a set's."""
        inner = (group.fault or _first(group.sets) for group in self.groups)
        return self.fault or next((fault for fault in inner if fault), None)


def _first(sets: list[TransactionSet]) -> Fault | None:
    return next((fault for one in sets for fault in one.faults if fault.fatal), None)


def read(raw: bytes) -> list[Interchange]:
    """Every interchange of a body, each with its own delimiters.

    Raises Refused("malformed_payload") for what cannot be taken apart at all: not UTF-8, no ISA of
    106 characters, delimiters that cannot be told apart, names that are none, or more than
    MAX_SEGMENTS. Counts and control numbers that do not agree stand as faults on what they are
    wrong about: an acknowledgement wants to name them.
    """
    try:
        text = raw.decode("utf-8").lstrip("\ufeff \t\r\n").replace("\x00", "")
    except UnicodeDecodeError as error:
        refuse(f"not UTF-8 at byte {error.start}")
    found: list[Interchange] = []
    while text:
        interchange, text = _interchange(text)
        found.append(interchange)
        if len(found) > MAX_SEGMENTS // 1000:
            refuse("too many interchanges in one message")
    if not found:
        refuse("the message is empty")
    return found


def _interchange(text: str) -> tuple[Interchange, str]:
    """The first interchange and the text after it."""
    header, delimiters = header_of(text)
    end = end_of(text, delimiters)
    segments = segments_of(text[len(header) : end], delimiters)
    interchange = _from_header(header, delimiters)
    _fill(interchange, segments)
    return interchange, text[end:].lstrip("\r\n \t")


def _from_header(header: str, delimiters: Delimiters) -> Interchange:
    isa = header[:103].split(delimiters.element)
    return Interchange(
        sender=(isa[5].strip(), isa[6].strip()),
        receiver=(isa[7].strip(), isa[8].strip()),
        control=isa[13].strip(),
        at=_isa_time(isa[9], isa[10]),
        usage=isa[15],
        version=isa[12].strip(),
        delimiters=delimiters,
    )


def _isa_time(day: str, clock: str) -> datetime | None:
    """YYMMDD and HHMM, in this century, as UTC."""
    if not re.fullmatch(r"[0-9]{10}", day + clock):
        return None
    try:
        return datetime(
            2000 + int(day[:2]), int(day[2:4]), int(day[4:]),
            int(clock[:2]), int(clock[2:]), tzinfo=UTC,
        )  # fmt: skip
    except ValueError:
        return None


def _fill(interchange: Interchange, segments: list[str]) -> None:
    """Sort the segments into groups and sets, and compare counts and control numbers."""
    separator = interchange.delimiters.element
    group: Group | None = None
    begun: int | None = None  # where the open set begins
    closed = False
    for index, segment in enumerate(segments):
        name = segment.partition(separator)[0]
        if begun is not None and name not in _HEADS:
            continue
        elements = [*(part.strip() for part in segment.split(separator)), "", ""]
        if name == "GS" and group is None:
            group = _group(elements)
            interchange.groups.append(group)
        elif name == "ST" and group is not None and begun is None:
            begun = index
        elif name == "SE" and group is not None and begun is not None:
            group.sets.append(
                _closed_set(segments[begun : index + 1], interchange, group, elements)
            )
            begun = None
        elif name == "GE" and group is not None:
            if begun is not None:
                group.sets.append(_open_set(segments[begun:index], interchange, group))
                begun = None
            _close_group(group, elements)
            group = None
        elif name == "IEA":
            _close(interchange, elements, group)
            closed = True
        elif not (name == "TA1" and group is None):
            interchange.fault = interchange.fault or Fault(f"{name[:3]} is out of place")
    if not closed:
        interchange.fault = interchange.fault or Fault("the trailer IEA is missing")
    _compare_numbers(interchange)


def _group(elements: list[str]) -> Group:
    padded = [*elements, *[""] * 9]
    return Group(padded[1], padded[2], padded[3], padded[6], padded[8])


def _opened(segments: list[str], interchange: Interchange, group: Group) -> TransactionSet:
    start = [*segments[0].split(interchange.delimiters.element), "", ""]
    return TransactionSet(
        start[1].strip(), start[2].strip(), segments, interchange.delimiters, group.version
    )


def _open_set(segments: list[str], interchange: Interchange, group: Group) -> TransactionSet:
    one = _opened(segments, interchange, group)
    one.faults.append(Fault("a set has no trailer SE", set_code="2"))
    return one


def _closed_set(
    segments: list[str], interchange: Interchange, group: Group, end: list[str]
) -> TransactionSet:
    one = _opened(segments, interchange, group)
    if not one.control:
        one.faults.append(Fault("ST02 must be a control number", set_code="7"))
    if end[2] != one.control:
        one.faults.append(Fault("ST02 and SE02 do not agree", set_code="3"))
    if not _is_count(end[1], len(segments)):
        one.faults.append(Fault("SE01 does not agree with the number of segments", set_code="4"))
    return one


def _is_count(text: str, count: int) -> bool:
    return bool(_CONTROL.fullmatch(text)) and int(text) == count


def _close_group(group: Group, end: list[str]) -> None:
    if end[2] != group.control or not group.control:
        group.fault = Fault("GS06 and GE02 do not agree", set_code="4")
    elif not _is_count(end[1], len(group.sets)):
        group.fault = Fault("GE01 does not agree with the number of sets", set_code="5")


def _close(interchange: Interchange, end: list[str], open_group: Group | None) -> None:
    if open_group is not None:
        open_group.fault = Fault("a group has no trailer GE", set_code="3")
    if end[2] != interchange.control or not interchange.control:
        interchange.fault = interchange.fault or Fault("ISA13 and IEA02 do not agree")
    elif not _is_count(end[1], len(interchange.groups)):
        interchange.fault = interchange.fault or Fault(
            "IEA01 does not agree with the number of groups"
        )


def _compare_numbers(interchange: Interchange) -> None:
    """A group's number is its own in the interchange, a set's in the group."""
    groups: set[str] = set()
    for group in interchange.groups:
        if group.control in groups:
            group.fault = group.fault or Fault("two groups have one control number", set_code="6")
        groups.add(group.control)
        sets: set[str] = set()
        for one in group.sets:
            if one.control in sets:
                one.faults.append(Fault("two sets have one control number", set_code="23"))
            sets.add(one.control)
