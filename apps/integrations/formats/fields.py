"""Reading fields of a decoded document that somebody else wrote: any field may be absent or of
another type.
"""

import html
import re
from collections.abc import Mapping
from typing import Any, Final

from apps.integrations.formats.errors import Refused

DESCRIPTION_LENGTH: Final = 500
PLACE_LENGTH: Final = 200
CODE_LENGTH: Final = 120
"""A source's own code, as an event keeps it and a row of a mapping can have it; in characters."""

NUMBER_LENGTH: Final = 100
"""The longest tracking number, message id or reference that is taken for one; in characters."""

_URL_LENGTH: Final = 2000
_MARKUP: Final = 4  # how much longer than its text a marked-up one may be
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.DOTALL)

MAX_ENTRIES: Final = 20_000
"""Entries in one message; each becomes an event or a skipped one, in one transaction."""


def text(value: Any) -> str:
    """A string without white space around it; a whole number as its digits; anything else is no
    text: "".
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def mapping(value: Any) -> Mapping[str, Any]:
    """The object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """The list; a single object as a list of one, as some sources write it; else an empty one."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def web_address(value: Any) -> str:
    """An http or https address that a page may link to, or ""."""
    found = text(value)
    usable = len(found) <= _URL_LENGTH and found.lower().startswith(("https://", "http://"))
    return found if usable else ""


def plain(value: Any, length: int) -> str:
    """A text without HTML tags, its entities resolved, white space joined, cut to length."""
    found = text(value)[: length * _MARKUP]
    if "<" in found or "&" in found:
        # Once more after the entities: "&lt;b&gt;" must not turn into a tag.
        found = _TAG.sub("", html.unescape(_TAG.sub("", found)))
    return short(" ".join(found.split()), length)


def short(value: str, length: int) -> str:
    """The text cut to a length in characters, with an ellipsis where something is missing."""
    return value if len(value) <= length else value[: length - 1] + "…"


def place(*parts: Any) -> str:
    """The parts of a location that are there, as one line."""
    return ", ".join(found for found in map(text, parts) if found)


def country(value: Any) -> str | None:
    """A two-letter country code in upper case, or None."""
    code = text(value).upper()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def missing(pointer: str, what: str) -> Refused:
    """The refusal for a required field; what says what belongs there."""
    return Refused("malformed_payload", f"{pointer} must be {what}", pointer)


def required_text(document: Mapping[str, Any], name: str, pointer: str) -> str:
    """A field that must hold some text of at most NUMBER_LENGTH characters; raises Refused."""
    found = text(document.get(name))
    if not found or len(found) > NUMBER_LENGTH:
        raise missing(pointer, f"a text of 1 to {NUMBER_LENGTH} characters")
    return found


def required_list(value: Any, pointer: str) -> list[Any]:
    """A field that must hold a list of at most MAX_ENTRIES entries; raises Refused."""
    if not isinstance(value, list) or len(value) > MAX_ENTRIES:
        raise missing(pointer, f"a list of at most {MAX_ENTRIES} entries")
    return value
