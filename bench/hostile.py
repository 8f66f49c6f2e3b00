"""What the costliest body of 5 MiB takes of processor and memory: every format, hostile shapes and grown samples."""

import gzip
import json
import os
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bench.rows import Row

_BYTES = 5 * 1024 * 1024
_MOST_S, _MOST_MB = 2.0, 200
_JSON = {
    "nested lists": b"[" * _BYTES,
    "nested objects": b'{"a":' * (_BYTES // 5),
    "a list of empty objects": b'{"events":[' + b"{}," * (_BYTES // 3 - 8) + b"{}]}",
    "a list of ones": b"[" + b"1," * (_BYTES // 2 - 2) + b"1]",
    "short keys": b"{" + b",".join(b'"%x":0' % n for n in range(_BYTES // 11)) + b"}",
    "one long number": b'{"events":' + b"9" * (_BYTES - 20) + b"}",
    "one long text": b'{"events":"' + b"\\u0041" * (_BYTES // 6 - 4) + b'"}',
}
_XML = {
    "nested elements": b"<a>" * (_BYTES // 3),
    "short elements": b"<r>" + b"<a/>" * (_BYTES // 4 - 4) + b"</r>",
    "many attributes": b"<r " + b" ".join(b'a%x="0"' % n for n in range(_BYTES // 12)) + b"/>",
    "entities": b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 1000 + b'">]><r>' + b"&a;" * (_BYTES // 4) + b"</r>",
}  # fmt: skip


def measure() -> list[Row]:
    """The worst of all, each read in a process of its own by the door's check and the format's parse."""
    worst_s, worst_mb = (0.0, ""), (0.0, "")
    count = 0
    for name, kind, raw in _bodies():
        seconds, megabytes = _apart(name, raw)
        worst_s = max(worst_s, (seconds, f"{name}, {kind}"))
        worst_mb = max(worst_mb, (megabytes, f"{name}, {kind}"))
        count += 1
    seconds, megabytes = _apart("", gzip.compress(b"\0" * (1024 * 1024 * 1024), 9))
    worst_s, worst_mb = max(worst_s, (seconds, "gzip")), max(worst_mb, (megabytes, "gzip"))
    return [
        Row(f"costliest of {count} hostile bodies: {worst_s[1]}", worst_s[0] * 1000, "ms", worst_s[0], _MOST_S, least=False),
        Row(f"  in memory: {worst_mb[1]}", worst_mb[0], "MB", worst_mb[0], _MOST_MB, least=False),
    ]  # fmt: skip


def _bodies() -> Iterator[tuple[str, str, bytes]]:
    """(format, kind, bytes): shapes of the format's own notation, and its recorded samples grown to 5 MiB."""
    from apps.integrations import formats
    from tests.integrations.formats.recorded import SAMPLES, body

    for name, found in formats.FORMATS.items():
        media = " ".join(found.media_types)
        shapes = (_JSON if "json" in media else {}) | (_XML if "xml" in media else {})
        for kind, raw in shapes.items():
            yield name, kind, raw
    for sample in SAMPLES:
        if "refused" not in sample:
            yield sample["format"], f"grown {sample['file']}", _grown(body(sample["file"]))


def _grown(raw: bytes) -> bytes:
    try:
        document = json.loads(raw)
    except ValueError:
        return _repeated(raw)
    lists = list(_lists(document))
    if not lists:
        return raw
    longest = max(lists, key=lambda found: len(json.dumps(found)))
    once = list(longest)
    more = (_BYTES - len(raw) - 100) // max(1, len(json.dumps(once)) + 2)
    longest += once * more
    return json.dumps(document).encode()[:_BYTES]


def _lists(node: Any) -> Iterator[list[Any]]:
    if isinstance(node, list) and node:
        yield node
    if isinstance(node, list | dict):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _lists(value)


def _repeated(raw: bytes) -> bytes:
    """An interchange whose middle segments stand there again and again."""
    mark = (
        raw[105:106]
        if raw.startswith(b"ISA")
        else (b">" if raw.lstrip().startswith(b"<") else b"'")
    )
    segments = raw.split(mark)
    first, last = len(segments) // 3, len(segments) * 2 // 3
    middle = segments[first:last]
    more = (_BYTES - len(raw)) // max(1, sum(len(one) + 1 for one in middle))
    return mark.join(segments[:first] + middle * (more + 1) + segments[last:])


def _apart(name: str, raw: bytes) -> tuple[float, float]:
    """(processor seconds, MB of peak memory above what stood before) of one body, in a child process."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
            _read(name, raw)
            spent = time.process_time() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            os.write(writing, json.dumps([spent, peak / 1024]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        answer = told.read()
    os.waitpid(child, 0)
    if not answer:
        raise SystemExit(f"reading a hostile body as {name or 'gzip'} ended the process")
    seconds, megabytes = json.loads(answer)
    return seconds, megabytes


def _read(name: str, raw: bytes) -> None:
    from apps.integrations import formats
    from apps.integrations.body import unpack
    from apps.integrations.errors import NotTaken
    from apps.integrations.formats.base import Refused, Source

    try:
        if not name:
            unpack(raw, "gzip", _BYTES)
            return
        found = formats.get(name)
        found.check(raw)
        found.parse(raw, found.load_codes(), Source("bench", name), datetime.now(UTC))
    except (Refused, NotTaken):
        return
