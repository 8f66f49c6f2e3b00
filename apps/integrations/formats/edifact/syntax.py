"""The characters of EDIFACT: charset, service characters, release character. Source: FORMATS 13."""

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from apps.integrations.formats.errors import Refused

MAX_SEGMENTS: Final = 150_000
MAX_ELEMENTS: Final = 200

_CHARSETS: Final = {
    "UNOC": "iso8859-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5", "UNOF": "iso8859-7",
    "UNOG": "iso8859-3", "UNOH": "iso8859-4", "UNOI": "iso8859-6", "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
}  # fmt: skip
_DECLARED: Final = re.compile(rb"UNB[^A-Za-z0-9\s](UNO[A-Z])")
_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
# What a released service character becomes while the text is split: private characters, which no
# carrier writes; those that a body brings along are made visible as replacement characters first.
_HIDDEN: Final = ("\ue000", "\ue001", "\ue002", "\ue003")
_PRIVATE: Final = re.compile("[\ue000-\ue003]")


def refuse(detail: str) -> NoReturn:
    """Raise the refusal of what cannot be taken apart."""
    raise Refused("malformed_payload", detail)


@dataclass(frozen=True, slots=True)
class Marks:
    """The service characters; release is "" where an interchange has none."""

    component: str = ":"
    element: str = "+"
    release: str = "?"
    terminator: str = "'"

    def components(self, element: str) -> list[str]:
        """The components of an element as split gave it, in plain characters."""
        return [self.plain(part) for part in element.split(self.component)]

    def plain(self, text: str) -> str:
        """The text with its released characters back, without white space around it."""
        if not text.isascii():
            marks = (self.release, self.terminator, self.element, self.component)
            for hidden, mark in zip(_HIDDEN, marks, strict=True):
                text = text.replace(hidden, mark)
        return text.strip()


def decode(raw: bytes) -> str:
    """UTF-8 if the bytes are, else the charset that UNB declares; raises Refused.

    UNOA and UNOB are ASCII, UNOW and UNOY are UTF-8: other bytes under them are nobody's text.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        declared = _DECLARED.search(raw[:200])
        charset = _CHARSETS.get(declared[1].decode()) if declared else None
        if charset is None:
            refuse(f"neither UTF-8 nor a declared charset at byte {error.start}")
    try:
        return raw.decode(charset)
    except UnicodeDecodeError as error:
        refuse(f"not in the declared charset at byte {error.start}")


def marks_of(text: str) -> tuple[Marks, str]:
    """The service characters of UNA, or the usual ones, and the text after it. Raises Refused."""
    if not text.startswith("UNA"):
        return Marks(), text
    if len(text) < 9:
        refuse("UNA has six characters")
    component, element, release, terminator = text[3], text[4], text[6], text[8]
    marks = Marks(component, element, release.strip(), terminator)
    used = [mark for mark in (component, element, marks.release, terminator) if mark]
    plain = any(mark.isalnum() or not mark.isascii() for mark in used)
    if len(set(used)) < len(used) or plain or component.isspace() or element.isspace():
        refuse("the characters of UNA cannot be told apart from data")
    return marks, text[9:].lstrip("\r\n \t")


def segments_of(text: str, marks: Marks) -> list[str]:
    """The segments of a text, released characters hidden; line ends between them are dropped.

    Raises Refused for a text that ends in the middle of one, for names that are none and for more
    than MAX_SEGMENTS segments or MAX_ELEMENTS elements.
    """
    if text.count(marks.terminator) > MAX_SEGMENTS:
        refuse(f"more than {MAX_SEGMENTS} segments")
    parts = _hide(text, marks).split(marks.terminator)
    if parts.pop().strip("\r\n \t\x1a"):
        refuse("the message ends in the middle of a segment")
    segments = [part.strip("\r\n \t") for part in parts]
    for segment in segments:
        if not _NAME.match(segment) or segment[3:4] not in {"", marks.element, marks.component}:
            refuse("a segment has no name of three characters")
        if len(segment) > MAX_ELEMENTS and segment.count(marks.element) > MAX_ELEMENTS:
            refuse(f"a segment has more than {MAX_ELEMENTS} elements")
    return segments


def _hide(text: str, marks: Marks) -> str:
    """Released characters as private ones: "??" first, because it releases nothing after it."""
    text = _PRIVATE.sub("\ufffd", text).replace("\x00", "")
    if not marks.release or marks.release not in text:
        return text
    released = (marks.release, marks.terminator, marks.element, marks.component)
    for hidden, mark in zip(_HIDDEN, released, strict=True):
        text = text.replace(marks.release + mark, hidden)
    # A release character before any other one protects nothing: the other one is meant.
    return text.replace(marks.release, "")


def shown(text: str, marks: Marks) -> str:
    """A text as it stands in a segment: service characters released."""
    for mark in (marks.release, marks.terminator, marks.element, marks.component):
        if mark:
            text = text.replace(mark, marks.release + mark)
    return text
