"""XML as the door accepts it. Rules: FORMATS 0.6.

No document type, no entities, UTF-8 only, a bounded number of elements and a bounded depth: what is
left cannot grow while it is read.
"""

import re
from typing import Any, Final, NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from apps.integrations.formats.errors import Refused

MAX_DEPTH: Final = 64
MAX_TAGS: Final = 300_000
"""Angle brackets that open something; 5 MiB of the smallest elements would cost 10 s and 500 MiB."""

_FORBIDDEN: Final = re.compile(
    r"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION|\[\s*INCLUDE)", re.I
)
_DECLARED: Final = re.compile(r"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{0,40})["']""")
_READABLE: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


def loads(raw: bytes) -> Element:
    """The root element of a body.

    Raises Refused("xml_forbidden") for any document type or entity declaration, before a parser
    sees a byte, and Refused("malformed_payload") for what is not UTF-8 or declares another
    encoding, is not well-formed, nests deeper than MAX_DEPTH or has more than MAX_TAGS tags.
    """
    try:
        text = raw.decode("utf-8").lstrip("\ufeff \t\r\n")
    except UnicodeDecodeError as error:
        _refuse(f"not UTF-8 at byte {error.start}")
    # In a comment or a CDATA section the words would be harmless; nobody needs them there either.
    if _FORBIDDEN.search(text):
        raise Refused("xml_forbidden", "a document type or an entity is declared")
    if text.count("<") > MAX_TAGS:
        _refuse(f"more than {MAX_TAGS} tags")
    declared = _DECLARED.match(text)
    if declared and declared[1].lower() not in _READABLE:
        _refuse("another encoding than UTF-8 is declared")
    return _parse(text)


def _parse(text: str) -> Element:
    parser = XMLParser(
        target=_Bounded(), forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    try:
        parser.feed(text)
        root = parser.close()
    except DefusedXmlException:
        raise Refused("xml_forbidden", "a document type or an entity is declared") from None
    except ParseError as error:
        _refuse(f"not XML at line {error.position[0]}")
    except (ValueError, LookupError):
        _refuse("not XML")
    if not isinstance(root, Element):
        _refuse("not XML")
    return root


def _refuse(detail: str) -> NoReturn:
    raise Refused("malformed_payload", detail) from None


class _Bounded(TreeBuilder):
    """A tree that does not get deeper than MAX_DEPTH."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[Any, Any], /) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _refuse(f"nested deeper than {MAX_DEPTH}")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def local_name(element: Element) -> str:
    """The name of an element without its namespace; "" for a comment or an instruction."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element: Element) -> str:
    """The namespace of an element, or ""."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""
