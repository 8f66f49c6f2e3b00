"""EPCIS XML, versions 1 and 2, in the shape of the JSON binding. Source: FORMATS 9; EPCIS 1.2, 2.0."""

from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element

from apps.integrations.formats import strict_xml
from apps.integrations.formats.errors import Refused
from apps.integrations.formats.strict_xml import local_name, namespace

EVENTS: Final = frozenset(
    {
        "ObjectEvent",
        "AggregationEvent",
        "TransactionEvent",
        "TransformationEvent",
        "AssociationEvent",
    }
)
_NAMESPACES: Final = frozenset({"urn:epcglobal:epcis:xsd:1", "urn:epcglobal:epcis:xsd:2"})
_QUERY: Final = "urn:epcglobal:epcis-query:xsd:"
_ROOTS: Final = frozenset({"EPCISDocument", "EPCISQueryDocument"})
_LISTS: Final = frozenset(
    {"epcList", "childEPCs", "inputEPCList", "outputEPCList", "correctiveEventIDs"}
)
_WRAPPERS: Final = frozenset({"baseExtension", "extension"})
_PLACES: Final = frozenset({"readPoint", "bizLocation"})


def document(raw: bytes) -> dict[str, Any]:
    """An EPCIS document as JSON would have it, cut to what we read. Raises Refused as strict_xml."""
    root = strict_xml.loads(raw)
    space = namespace(root)
    known = space in _NAMESPACES or space.startswith(_QUERY)
    if local_name(root) not in _ROOTS or not known:
        raise Refused("malformed_payload", "the root is no EPCISDocument of version 1 or 2")
    lists = [one for one in root.iter() if local_name(one) == "EventList"]
    if not lists:
        raise Refused(
            "malformed_payload", "EPCISBody must hold an EventList", "/epcisBody/eventList"
        )
    events = [_event(one) for one in _events(lists)]
    return {"type": "EPCISDocument", "epcisBody": {"eventList": events}}


def _events(lists: list[Element]) -> Iterator[Element]:
    """The events, also those that version 1 hides in <extension>."""
    for listed in lists:
        for child in listed:
            while local_name(child) in _WRAPPERS and len(child):
                child = child[0]
            if local_name(child):
                yield child


def _event(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {"type": local_name(element)}
    for child in _fields(element):
        name = local_name(child)
        if name in _LISTS:
            found[name] = [_text(one) for one in child]
        elif name in _PLACES:
            found[name] = {"id": next((_text(one) for one in child if local_name(one) == "id"), "")}
        elif name == "bizTransactionList":
            found[name] = [
                {"type": one.get("type", ""), "bizTransaction": _text(one)} for one in child
            ]
        elif name == "errorDeclaration":
            found[name] = {key: value for key, value in _event(child).items() if key != "type"}
        elif not len(child):
            found.setdefault(name, _text(child))
    return found


def _fields(element: Element) -> Iterator[Element]:
    """The fields of an event; version 1 puts the later ones into <baseExtension>, <extension>."""
    for child in element:
        if local_name(child) in _WRAPPERS:
            yield from _fields(child)
        elif local_name(child):
            yield child


def _text(element: Element) -> str:
    return (element.text or "").strip()
