"""From interchanges to the entries of one message type."""

from collections.abc import Callable
from typing import TypeVar

from apps.integrations.formats import interchanges
from apps.integrations.formats.base import Checked
from apps.integrations.formats.edifact.envelope import Interchange, Message, read
from apps.integrations.formats.fields import MAX_ENTRIES

Entry = TypeVar("Entry")
Reader = Callable[[Message, Interchange], list[Entry | str]]
"""What a message says, entry by entry; a text where there is no entry, and why. What it finds wrong
it notes on the message, for the acknowledgement.
"""


class Reading(interchanges.Reading[Interchange, Entry]):
    """A body taken apart: the interchanges, and the entries of the messages that were asked for."""

    __slots__ = ()


def only_kind(raw: bytes, kind: str, reader: Reader[Entry]) -> Reading[Entry]:
    """Read the messages of one type (UNH02); raises Refused as envelope.read does.

    Structural faults stand on the interchanges; the messages of one with a fault are not read.
    """
    found = read(raw)
    entries: list[Entry | str] = []
    others: list[str] = []
    for interchange in found:
        if interchange.structural is not None:
            continue
        for one in interchange.messages:
            if one.kind == kind and len(entries) <= MAX_ENTRIES:
                entries += reader(one, interchange)
            else:
                others.append(one.kind)
    return Reading(found, entries, tuple(others))


def checked(reading: Reading[Entry], name: str, kind: str) -> Checked:
    """The structural verdict. Raises Refused("malformed_payload") for a structural fault, and for a
    body whose only entry is bad.

    An interchange without a message of the type is acknowledged and not used.
    """
    is_there = any(one.kind == kind for found in reading.interchanges for one in found.messages)
    return reading.verdict(name, kind, is_there=is_there)
