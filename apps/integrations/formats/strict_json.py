"""JSON as the door accepts it. Rules: FORMATS 0.6.

The standard decoder does the work; what it lets through is caught by hooks, and the two checks
that would cost a walk through the document run only when the bytes give a reason.
"""

import json
import re
from typing import Any, Final, NoReturn

from apps.integrations.formats.errors import Refused

MAX_DEPTH: Final = 64
MAX_DIGITS: Final = 4300
MAX_BRACKETS: Final = 400_000
"""Brackets in one body, those in texts too. No source comes near; without a limit 5 MiB of empty
objects would take hundreds of MiB.
"""

_ODD_ESCAPE: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_STRING: Final = re.compile(rb'"[^"]*"')
_SHAPELESS: Final = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_ONE_KIND: Final = bytes.maketrans(b"{}", b"[]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class _TwiceError(ValueError):
    """A key stands twice in one object."""


def loads(raw: bytes) -> dict[str, Any]:
    """Decode a body whose top level is an object.

    Raises Refused("malformed_payload") for: not UTF-8, not JSON, another top level, NaN or
    Infinity (also numbers too large for a float), a key twice in one object, more than 4,300
    digits in a number, nesting deeper than 64, more than MAX_BRACKETS brackets. U+0000 is removed
    from strings and keys; half a surrogate pair, which no database stores, becomes U+FFFD.
    """
    document = loads_any(raw)
    if not isinstance(document, dict):
        _refuse("the top level is not an object")
    return document


def loads_any(raw: bytes) -> dict[str, Any] | list[Any]:
    """As loads, for sources that send either one object or an array of them."""
    openings = raw.count(b"{") + raw.count(b"[")
    if openings + raw.count(b"}") + raw.count(b"]") > MAX_BRACKETS:
        _refuse(f"more than {MAX_BRACKETS} brackets")
    document = _decode(raw)
    if openings > MAX_DEPTH and _is_deep(raw):
        _refuse(f"nested deeper than {MAX_DEPTH}")
    if not isinstance(document, dict | list):
        _refuse("the top level is neither an object nor an array")
    if _ODD_ESCAPE.search(raw):
        return _cleaned_object(document) if isinstance(document, dict) else _cleaned_list(document)
    return document


def _decode(raw: bytes) -> Any:
    try:
        # A byte order mark is what some Windows tools write; RFC 8259 8.1 lets a reader pass over it.
        return _DECODER.decode(raw.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        _refuse(f"not UTF-8 at byte {error.start}")
    except json.JSONDecodeError as error:
        _refuse(f"not JSON: {error.msg.removesuffix(' at')} at character {error.pos}")
    except RecursionError:
        _refuse(f"nested deeper than {MAX_DEPTH}")
    except ValueError as error:
        _refuse(str(error))


def _refuse(detail: str) -> NoReturn:
    raise Refused("malformed_payload", detail) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError("a key stands twice in one object")
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS and len(text.lstrip("-")) > MAX_DIGITS:
        raise ValueError(f"a number with more than {MAX_DIGITS} digits")
    return int(text)


def _number(text: str) -> float:
    if len(text) > MAX_DIGITS and sum(map(str.isdigit, text)) > MAX_DIGITS:
        raise ValueError(f"a number with more than {MAX_DIGITS} digits")
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number that is too large")
    return number


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
)


def _brackets(raw: bytes) -> bytes:
    """The brackets of a document in order, without those inside strings.

    Two quotes that meet once everything else is gone bound an empty string or the gap between two
    strings; either way nothing changes for what stands outside.
    """
    unescaped = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    shape = unescaped.translate(None, _SHAPELESS).replace(b'""', b"")
    return _STRING.sub(b"", shape)


def _is_deep(raw: bytes) -> bool:
    """Whether a document that was decoded (so its brackets match) nests deeper than MAX_DEPTH.

    Taking away all innermost pairs lowers the depth by exactly one, without a loop over single
    bytes. That needs one kind of bracket: "{[]}" would lose two levels at once.
    """
    brackets = _brackets(raw).translate(_ONE_KIND)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
    return True


def _cleaned_object(value: dict[str, Any]) -> dict[str, Any]:
    try:
        return _object([(_cleaned_text(key), _cleaned(item)) for key, item in value.items()])
    except _TwiceError as error:
        _refuse(str(error))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _cleaned_text(value)
    if isinstance(value, dict):
        return _cleaned_object(value)
    if isinstance(value, list):
        return _cleaned_list(value)
    return value


def _cleaned_list(value: list[Any]) -> list[Any]:
    return [_cleaned(item) for item in value]


def _cleaned_text(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text.replace("\x00", ""))
