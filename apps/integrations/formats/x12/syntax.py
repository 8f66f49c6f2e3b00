"""Where the segments of X12 begin and end: fixed ISA, delimiters, limits. Source: FORMATS 10; X12.5, X12.6."""

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from apps.integrations.formats.errors import Refused

MAX_SEGMENTS: Final = 150_000
MAX_ELEMENTS: Final = 200
"""Elements in one segment; the longest of the sets we read has 30."""

_ISA_WIDTHS: Final = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)
_ISA_LENGTH: Final = 106
_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """element and component separate, segment ends; each one character."""

    element: str
    component: str
    segment: str


def refuse(detail: str) -> NoReturn:
    """Raise Refused: the text cannot be taken apart at all."""
    raise Refused("malformed_payload", detail)


def header_of(text: str) -> tuple[str, Delimiters]:
    """The ISA and the delimiters it shows: positions 4, 105 and 106."""
    header = text[:_ISA_LENGTH]
    if not header.startswith("ISA") or len(header) < _ISA_LENGTH:
        refuse("an interchange begins with an ISA segment of 106 characters")
    delimiters = Delimiters(header[3], header[104], header[105])
    three = (delimiters.element, delimiters.component, delimiters.segment)
    usable = all(not (char.isalnum() or char == " ") and char.isascii() for char in three)
    if len(set(three)) < len(three) or not usable or "\n" in three[:2] or "\r" in three[:2]:
        refuse("the delimiters of the ISA segment cannot be told apart from data")
    widths = [len(element) for element in header[4:103].split(delimiters.element)]
    if widths != list(_ISA_WIDTHS) or header[103] != delimiters.element:
        refuse("the elements of the ISA segment do not have their fixed lengths")
    return header, delimiters


def end_of(text: str, delimiters: Delimiters) -> int:
    """Where the interchange ends: after its IEA, else (a truncated one) at the end of the text."""
    separator, terminator = re.escape(delimiters.element), re.escape(delimiters.segment)
    # The IEA stands at the beginning of a segment, perhaps on a line of its own.
    # A bounded gap: with line feeds as terminators an unbounded one would be walked over and over.
    trailer = re.compile(f"{terminator}[\r\n]{{0,4}}IEA{separator}[^{terminator}]*{terminator}")
    match = trailer.search(text, _ISA_LENGTH - 1)
    return match.end() if match else len(text)


def segments_of(text: str, delimiters: Delimiters) -> list[str]:
    """The segments of a text that ends with a terminator; line ends after terminators are dropped."""
    if text.count(delimiters.segment) > MAX_SEGMENTS:
        refuse(f"more than {MAX_SEGMENTS} segments")
    parts = text.split(delimiters.segment)
    rest = parts.pop()
    if rest.strip("\r\n \t"):
        refuse("the message ends in the middle of a segment")
    segments = [part.strip("\r\n") for part in parts]
    separator, known = delimiters.element, set[str]()
    for segment in segments:
        name = segment.partition(separator)[0]
        if name not in known:
            if not _NAME.fullmatch(name):
                refuse("a segment has no name of two or three characters")
            known.add(name)
        if len(segment) > MAX_ELEMENTS and segment.count(separator) > MAX_ELEMENTS:
            refuse(f"a segment has more than {MAX_ELEMENTS} elements")
    return segments
