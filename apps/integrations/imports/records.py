"""A file's records, one after the other, from any place on: bytes in, bytes of messages out. No database.

Every record says where the next one begins, so that a reader who stopped goes on there.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from apps.integrations.imports.edi import interchange_end
from apps.integrations.imports.table import Header, read_rows

SHAPES: Final = {
    "ndjson": "NDJSON, one message a line",
    "json": "JSON, one message or an array of them",
    "csv": "CSV of canonical events",
    "edi": "X12 or EDIFACT interchanges",
    "whole": "one message of any kind",
    "zip": "zip of such files",
}
_BLANK: Final = b" \t\r\n"
_READ: Final = 256 * 1024
_FIRST: Final = 4 * 1024  # how much is read for a record at first; then twice as much each time
_EXCERPT: Final = 160
_BOM: Final = b"\xef\xbb\xbf"
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},"]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its place (a line, or its number in a list, from 1), its bytes, where the next begins.

    lines is how many lines more than one it takes; reason and detail are there when it cannot be a message at all; raw is an excerpt then.
    """

    place: int
    raw: bytes
    next: int
    reason: str = ""
    detail: str = ""
    lines: int = 0

    @property
    def upto(self) -> int:
        """The place that `read` wants to hear of to go on after this record."""
        return self.place + self.lines


def shape_of(name: str, path: Path) -> str:
    """What a file is: by its first bytes where they tell, else by its name's ending. A key of SHAPES."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    text = head.removeprefix(_BOM).lstrip(_BLANK)
    if text.startswith((b"ISA", b"UNA", b"UNB")):
        return "edi"
    ending = Path(name.lower()).suffix
    if ending in (".ndjson", ".jsonl"):
        return "ndjson"
    if ending in (".csv", ".tsv"):
        return "csv"
    if text.startswith(b"["):
        return "json"
    if text.startswith(b"{"):
        return "ndjson" if _is_lines(head) else "json"
    return "whole"


def _is_lines(head: bytes) -> bool:
    """Whether the first line is an object of its own and another one follows."""
    first, _, rest = head.removeprefix(_BOM).lstrip(_BLANK).partition(b"\n")
    return first.rstrip().endswith(b"}") and rest.lstrip(_BLANK).startswith(b"{")


def read(
    path: Path, shape: str, *, at: int, place: int, limit: int, source: str
) -> Iterator[Record]:
    """The records of a file from byte `at` on; place is the number of the last one before it.

    limit is the largest message in bytes; source is the partner's slug (what CSV rows say when they say
    nothing). Raises BadFile when the file as a whole cannot be read in this shape.
    """
    with path.open("rb") as file:
        if at > _size(file):
            return
        if shape == "csv":
            yield from _rows(file, at, place, source, limit)
            return
        file.seek(at)
        if at == 0 and file.read(3) != _BOM:
            file.seek(0)
        if shape == "ndjson":
            yield from _lines(file, place, limit)
        elif shape == "json":
            yield from _elements(file, at, place, limit)
        elif shape == "edi":
            yield from _interchanges(file, place, limit)
        elif at == 0:
            yield from _whole(file, limit)


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _too_large(place: int, raw: bytes, after: int, limit: int) -> Record:
    return Record(place, raw[:_EXCERPT], after, "payload_too_large", f"more than {limit} bytes")


def _lines(file: BinaryIO, place: int, limit: int) -> Iterator[Record]:
    while line := file.readline(limit + 2):
        place += 1
        head = line
        is_whole = line.endswith(b"\n") or len(line) <= limit
        while not line.endswith(b"\n") and (line := file.readline(_READ)):
            is_whole = False
        if not is_whole:
            yield _too_large(place, head, file.tell(), limit)
        elif head.strip(_BLANK):
            yield Record(place, head.strip(_BLANK), file.tell())


def _whole(file: BinaryIO, limit: int) -> Iterator[Record]:
    start = file.tell()
    raw = file.read(limit + 1)
    if len(raw) > limit:
        yield _too_large(1, raw, start + len(raw), limit)
    elif raw:
        yield Record(1, raw, start + len(raw))


def _rows(file: BinaryIO, at: int, place: int, source: str, limit: int) -> Iterator[Record]:
    header = Header.read(file)
    if at:
        file.seek(at)
    for row in read_rows(file, header, place or header.lines, source, limit):
        yield Record(row.line, row.raw, row.next, row.reason, row.detail, row.lines)


def _interchanges(file: BinaryIO, place: int, limit: int) -> Iterator[Record]:
    start = file.tell()
    while True:
        file.seek(start)
        first = _skip_blank(file)
        if not first:
            return
        place += 1
        start = file.tell() - 1
        file.seek(start)
        text, end = b"", None
        while end is None and len(text) <= limit and (more := file.read(max(_READ, len(text)))):
            text += more
            end = interchange_end(text)
        if end is None and len(text) > limit:
            why = f"more than {limit} bytes; nothing after it was read"
            yield Record(place, text[:_EXCERPT], _size(file) + 1, "payload_too_large", why)
            return
        raw = text if end is None else text[:end]
        start += len(raw)
        yield Record(place, raw, start)


def _elements(file: BinaryIO, at: int, place: int, limit: int) -> Iterator[Record]:
    """The elements of a JSON array, their bytes as they stand; a file that is no array is one record."""
    if at == 0:
        start = file.tell()
        opening = _skip_blank(file)
        if opening != b"[":
            file.seek(start)
            yield from _whole(file, limit)
            return
        at = file.tell()
    while True:
        file.seek(at)
        first = _skip_blank(file)
        if first == b"]":
            return
        place += 1
        start = file.tell() - 1
        file.seek(start)
        raw, closes = _element(file, limit)
        if closes is None:
            much = len(raw) > limit
            yield Record(
                place,
                raw[:_EXCERPT],
                _size(file) + 1,  # past the end: whoever goes on here has nothing left to read
                "payload_too_large" if much else "malformed_payload",
                "Too large, or the array is broken here; nothing after it was read."
                if much
                else "The array ends in the middle; nothing after this was read.",
            )
            return
        at = start + len(raw) + (closes == b",")
        yield Record(place, raw.strip(_BLANK), at)


def _skip_blank(file: BinaryIO) -> bytes:
    while (byte := file.read(1)) and byte in _BLANK:
        continue
    return byte


def _element(file: BinaryIO, limit: int) -> tuple[bytes, bytes | None]:
    """The bytes of one element and what closes it: a comma, the array's bracket, or None at the file's end."""
    buffer, at, depth = b"", 0, 0
    while len(buffer) <= limit and (more := file.read(max(_FIRST, len(buffer)))):
        buffer += more
        while (token := _TOKEN.search(buffer, at)) is not None:
            mark = token[0]
            if mark == b'"':  # a string that does not end here: more is needed
                break
            if depth == 0 and mark in (b",", b"]", b"}"):
                return buffer[: token.start()], mark if mark != b"}" else None
            depth += (mark in (b"[", b"{")) - (mark in (b"]", b"}"))
            at = token.end()
    return buffer, None
