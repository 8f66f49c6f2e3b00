"""CSV of canonical events: each row becomes one canonical JSON object (columns: docs/imports.md)."""

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from apps.integrations.formats.canonical.envelope import SUBJECTS
from apps.integrations.imports.errors import BadFile

PLAIN: Final = (
    "id", "type", "source", "occurred_at", "carrier", "reason", "description", "eta", "device_id",
    "correlation_id",
)  # fmt: skip
NESTED: Final = ("pod", "location", "details", "references")
REQUIRED: Final = ("type", "occurred_at")
_BOM: Final = b"\xef\xbb\xbf"
_LONGEST: Final = 64 * 1024
_EXCERPT: Final = 160
_TRUTHS: Final = {"true": True, "false": False, "yes": True, "no": False}
_FLAGS: Final = ("pod.has_signature", "pod.document_available")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table and how they are parted; lines is how many lines the heading took."""

    columns: tuple[str, ...]
    delimiter: str
    lines: int
    end: int

    @classmethod
    def read(cls, file: BinaryIO) -> "Header":
        """From the file's first line, where the file then stands. Raises BadFile in words about the columns."""
        file.seek(0)
        line = file.readline(_LONGEST)
        try:
            text = line.removeprefix(_BOM).decode()
        except UnicodeDecodeError as error:
            raise BadFile("The table is not UTF-8.") from error
        delimiter = max(",;\t", key=text.count)
        columns = tuple(
            name.strip().lower() for name in next(csv.reader([text], delimiter=delimiter), [])
        )
        _check(columns)
        return cls(columns, delimiter, 1, file.tell())


def _check(columns: tuple[str, ...]) -> None:
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise BadFile(f"The first line names the columns; missing: {', '.join(missing)}.")
    if not set(columns) & set(SUBJECTS):
        raise BadFile(f"A column must say what a row is about: {', '.join(SUBJECTS)}.")
    strange = [name for name in columns if not _is_known(name)]
    if strange:
        raise BadFile(f"Unknown columns: {', '.join(strange)[:200]}.")
    if len(set(columns)) != len(columns):
        raise BadFile("A column stands there twice.")


def _is_known(name: str) -> bool:
    head, dot, tail = name.partition(".")
    if name == "location":
        return True
    return (bool(tail) and head in NESTED) if dot else name in (*PLAIN, *SUBJECTS)


@dataclass(frozen=True, slots=True)
class Row:
    """One row as canonical JSON; line is where it begins, next where the row after it does (bytes)."""

    line: int
    raw: bytes
    next: int
    reason: str = ""
    detail: str = ""
    lines: int = 0  # more than one


class _Lines:
    """The file's lines for csv.reader, which may need several for a row; counts what it has handed out."""

    def __init__(self, file: BinaryIO, line: int) -> None:
        self.file, self.line, self.taken = file, line, b""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.file.readline(_LONGEST)
        if not line:
            raise StopIteration
        self.line += 1
        self.taken += line
        if len(self.taken) > 4 * _LONGEST:
            raise BadFile(f"The row at line {self.line} never ends: a quote is missing.")
        return line.decode()


def read_rows(file: BinaryIO, header: Header, line: int, source: str, limit: int) -> Iterator[Row]:
    """The rows from where the file stands; line is the number of the line before.

    A row that cannot be read comes with its reason, an empty one not at all.
    """
    lines = _Lines(file, line)
    while True:
        begins, lines.taken = lines.line + 1, b""
        try:
            cells = next(csv.reader(lines, delimiter=header.delimiter, strict=True), None)
        except (UnicodeDecodeError, csv.Error) as error:
            why = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            yield _bad(begins, lines, file.tell(), why)
            continue
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header.columns):
            why = f"{len(cells)} cells under {len(header.columns)} columns"
            yield _bad(begins, lines, file.tell(), why)
            continue
        raw = json.dumps(
            as_canonical(dict(zip(header.columns, cells, strict=True)), source)
        ).encode()
        if len(raw) > limit:
            yield _bad(begins, lines, file.tell(), f"more than {limit} bytes")
        else:
            yield Row(begins, raw, file.tell(), lines=lines.line - begins)


def _bad(begins: int, lines: _Lines, after: int, why: str) -> Row:
    excerpt = lines.taken[:_EXCERPT]
    return Row(begins, excerpt, after, "malformed_payload", why[:200], lines.line - begins)


def as_canonical(cells: dict[str, str], source: str) -> dict[str, Any]:
    """A row as a canonical event; empty cells are left out. The same row gives the same bytes, always.

    A row without an id gets one of its own content, so that importing it again is no second event.
    """
    event: dict[str, Any] = {"version": "2", "source": source}
    for name, cell in cells.items():
        value = cell.strip()
        if not value:
            continue
        head, dot, tail = name.partition(".")
        if dot:
            inner = event.setdefault(head, {})
            if isinstance(inner, dict):
                inner[tail] = _TRUTHS.get(value.lower(), value) if name in _FLAGS else value
        elif name in SUBJECTS:
            event.setdefault("subject", {})[name] = value
        elif name == "location":
            event["location"] = {"name": value, **event.get("location", {})}
        else:
            event[name] = value
    if "id" not in event:
        said = json.dumps(event, sort_keys=True).encode()
        event["id"] = f"row-{hashlib.sha256(said).hexdigest()[:32]}"
    return event
