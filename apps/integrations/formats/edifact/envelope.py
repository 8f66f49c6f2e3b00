"""From bytes to interchanges and messages. Source: FORMATS 13; ISO 9735 syntax version 3."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from apps.integrations.formats.edifact.faults import Fault
from apps.integrations.formats.edifact.syntax import Marks, decode, marks_of, refuse, segments_of

MAX_INTERCHANGES: Final = 250
_REFERENCE_LENGTH: Final = 35
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_HEADS: Final = frozenset({"UNB", "UNG", "UNH", "UNT", "UNE", "UNZ"})


@dataclass(slots=True)
class Message:
    """UNH to UNT. segments holds every one of them as text; faults what is wrong with the message."""

    kind: str
    version: tuple[str, ...]
    reference: str
    segments: list[str]
    marks: Marks
    faults: list[Fault] = field(default_factory=list, compare=False)

    def walk(self) -> Iterator[list[list[str]]]:
        """Each segment as its elements, each a list of components; the name first."""
        for segment in self.segments:
            yield _elements(segment, self.marks)

    @property
    def fatal(self) -> bool:
        """Whether nothing of the message may be used."""
        return any(fault.fatal for fault in self.faults)


@dataclass(slots=True)
class Interchange:
    """UNB to UNZ. sender and receiver are (id, qualifier); at is UNB's time read as UTC, None if it
    is none. fault is the first thing that is wrong with the envelope, structural the first that is
    wrong with anything's structure: with one, nothing of the interchange is used.
    """

    syntax: tuple[str, ...]
    sender: tuple[str, str]
    receiver: tuple[str, str]
    reference: str
    at: datetime | None
    marks: Marks
    messages: list[Message] = field(default_factory=list)
    fault: Fault | None = field(default=None, compare=False)
    structural: Fault | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """The UNB reference with the sender: the id of the delivery (FORMATS 0.4)."""
        return f"edifact:{self.sender[0]}:{self.sender[1]}:{self.reference}"


def read(raw: bytes) -> list[Interchange]:
    """Every interchange of a body, each with its own service characters.

    Raises Refused("malformed_payload") for what cannot be taken apart at all: no text in UTF-8 or
    the declared charset, no UNB, no segment names, a truncated end, or more than MAX_SEGMENTS.
    Counts and references that do not agree stand as faults: an acknowledgement wants to name them.
    """
    text = decode(raw).lstrip("\ufeff \t\r\n")
    if not text:
        refuse("the message is empty")
    found: list[Interchange] = []
    for part in _parts(text):
        marks, rest = marks_of(part)
        segments = segments_of(rest, marks)
        if not segments or segments[0][:3] != "UNB":
            refuse("an interchange begins with UNB")
        found += _interchanges(segments, marks)
    if len(found) > MAX_INTERCHANGES:
        refuse("too many interchanges in one message")
    return found


def _parts(text: str) -> list[str]:
    """Cut before every UNA but the first: it may change the characters in the middle of a body."""
    starts = [match.start() + 1 for match in re.finditer(r"[^A-Za-z0-9+:? ][\r\n]{0,4}UNA", text)]
    starts = [at for at in starts if _is_una(text, at)][:MAX_INTERCHANGES]
    bounds = [0, *starts, len(text)]
    return [text[start:end].lstrip("\r\n") for start, end in pairwise(bounds)]


def _is_una(text: str, at: int) -> bool:
    """Whether a UNA with its six characters and a UNB stand here, not the word in some text."""
    return bool(re.match(r"[\r\n]{0,4}UNA.{6}[\r\n ]{0,4}UNB", text[at : at + 30], re.S))


def _elements(segment: str, marks: Marks) -> list[list[str]]:
    return [marks.components(element) for element in segment.split(marks.element)]


def component(elements: list[list[str]], element: int, index: int = 0) -> str:
    """A component of a segment, counted from 0 behind the name; "" where there is none."""
    if element + 1 >= len(elements):
        return ""
    parts = elements[element + 1]
    return parts[index] if index < len(parts) else ""


def _interchanges(segments: list[str], marks: Marks) -> list[Interchange]:
    """Sort segments into interchanges and messages, and compare counts and references."""
    found: list[Interchange] = []
    current: Interchange | None = None
    begun: int | None = None
    groups, in_group, group_reference = 0, 0, ""
    for index, segment in enumerate(segments):
        name = segment[:3]
        if name not in _HEADS:
            if begun is None and current is not None:
                current.fault = current.fault or Fault("a segment is out of place", "13")
            continue
        elements = _elements(segment, marks)
        if name == "UNB" and current is None:
            current, groups, in_group = _opened(elements, marks), 0, 0
            found.append(current)
        elif current is None:
            refuse(f"{name} stands outside an interchange")
        elif name == "UNH" and begun is None:
            begun = index
        elif name == "UNT" and begun is not None:
            current.messages.append(_message(segments[begun : index + 1], marks, elements))
            begun = None
            in_group += 1
        elif name == "UNG" and begun is None:
            groups, in_group, group_reference = groups + 1, 0, component(elements, 4)
        elif name == "UNE" and begun is None:
            _compare(current, elements, in_group, group_reference, "UNE")
        elif name == "UNZ" and begun is None:
            count = groups or len(current.messages)
            _compare(current, elements, count, current.reference, "UNZ")
            _compare_references(current)
            current = None
        else:
            current.fault = current.fault or Fault(f"{name} is out of place", "13")
    if current is not None:
        current.fault = current.fault or Fault("the trailer UNZ is missing", "13")
    for one in found:
        one.structural = one.fault or next(
            (fault for message in one.messages for fault in message.faults), None
        )
    return found


def _opened(elements: list[list[str]], marks: Marks) -> Interchange:
    """UNB: 1 syntax, 2 sender, 3 receiver, 4 date and time, 5 reference."""
    reference, sender = component(elements, 4), component(elements, 1)
    if not reference or max(len(reference), len(sender)) > _REFERENCE_LENGTH:
        refuse("UNB must have a sender and a reference of at most 35 characters")
    return Interchange(
        syntax=tuple(elements[1]),
        sender=(sender, component(elements, 1, 1)[:4]),
        receiver=(component(elements, 2), component(elements, 2, 1)[:4]),
        reference=reference,
        at=_unb_time(component(elements, 3), component(elements, 3, 1)),
        marks=marks,
    )


def _unb_time(day: str, clock: str) -> datetime | None:
    """YYMMDD (CCYYMMDD in syntax version 4) and HHMM, in this century, as UTC."""
    text = (f"20{day}" if len(day) == 6 else day) + clock
    if not re.fullmatch(r"[0-9]{12}", text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None


def _message(segments: list[str], marks: Marks, end: list[list[str]]) -> Message:
    start = _elements(segments[0], marks)
    version = tuple(start[2]) if len(start) > 2 else ("",)
    one = Message(version[0], version, component(start, 0), segments, marks)
    if not one.reference or component(end, 1) != one.reference:
        one.faults.append(Fault("UNH and UNT references do not agree", "28"))
    if not _is_count(component(end, 0), len(segments)):
        says = "the count in UNT does not agree with the number of segments"
        one.faults.append(Fault(says, "29"))
    return one


def _is_count(text: str, count: int) -> bool:
    return bool(_COUNT.fullmatch(text)) and int(text) == count


def _compare(
    current: Interchange, end: list[list[str]], count: int, reference: str, name: str
) -> None:
    if component(end, 1) != reference:
        current.fault = current.fault or Fault(f"the reference in {name} does not agree", "28")
    elif not _is_count(component(end, 0), count):
        current.fault = current.fault or Fault(f"the count in {name} does not agree", "29")


def _compare_references(current: Interchange) -> None:
    seen: set[str] = set()
    for message in current.messages:
        if message.reference in seen:
            message.faults.append(Fault("two messages have one reference", "26"))
        seen.add(message.reference)
