"""Reading a request's body within its limit, while reading and while unpacking (FORMATS 0.6)."""

import zlib
from collections.abc import Mapping
from typing import Any, Final, Protocol

from apps.integrations.formats.base import Refused

_GZIP: Final = 31  # zlib's word for "a gzip header and the largest window"
_MEMBERS: Final = 100
_PATIENCE: Final = 4
"""How many times the limit is read and thrown away, so that an honest sender hears why it was refused
instead of a broken connection (most clients read no answer before they have sent everything).
"""
_CHUNK: Final = 64 * 1024
_DIGITS: Final = 18  # Python itself refuses to read a number of 5,000 digits


class Readable(Protocol):
    """Where the bytes come from."""

    def read(self, size: int = -1, /) -> bytes: ...


def read(environ: Mapping[str, Any], stream: Readable, limit: int) -> bytes:
    """The bytes as sent, at most `limit`. Raises Refused("payload_too_large") without keeping any of them.

    A body without Content-Length (chunked) is read from the server's own stream up to the limit.
    """
    length = environ.get("CONTENT_LENGTH")
    if length:
        if not (length.isascii() and length.isdecimal() and len(length) <= _DIGITS):
            raise Refused("malformed_payload", "Content-Length is not a number")
        if int(length) > limit:
            _discard(stream, min(int(length), limit * _PATIENCE))
            raise _too_large(limit)
        return _read_to(stream, int(length))
    if environ.get("HTTP_TRANSFER_ENCODING"):
        raw = _read_to(environ["wsgi.input"], limit + 1)
        if len(raw) > limit:
            raise _too_large(limit)
        return raw
    return b""


def _discard(stream: Readable, size: int) -> None:
    while size > 0 and (part := stream.read(min(size, _CHUNK))):
        size -= len(part)


def _read_to(stream: Readable, size: int) -> bytes:
    first = stream.read(size)
    if len(first) == size or not first:
        return first
    parts, have = [first], len(first)
    while have < size and (part := stream.read(size - have)):
        parts.append(part)
        have += len(part)
    return b"".join(parts)


def unpack(raw: bytes, encoding: str, limit: int) -> bytes:
    """The body without its Content-Encoding; never more than `limit` bytes are unpacked.

    Raises Refused: another encoding than gzip, broken gzip, more than the limit.
    """
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        return raw
    if coding not in ("gzip", "x-gzip"):
        raise Refused("unsupported_media_type", "Content-Encoding may be gzip or absent")
    parts, room = [], limit
    for _ in range(_MEMBERS):
        unpacker = zlib.decompressobj(_GZIP)
        try:
            part = unpacker.decompress(raw, room + 1)
        except zlib.error as error:
            raise Refused("malformed_payload", "not gzip") from error
        room -= len(part)
        if room < 0:
            raise _too_large(limit)
        if not unpacker.eof:
            raise Refused("malformed_payload", "gzip ends too early")
        parts.append(part)
        raw = unpacker.unused_data
        if not raw:
            return b"".join(parts)
    raise Refused("malformed_payload", "too many gzip members")


def _too_large(limit: int) -> Refused:
    return Refused("payload_too_large", f"more than {limit} bytes")
