"""From interchanges to the entries of one message type."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from apps.integrations.formats.base import Checked, Skipped
from apps.integrations.formats.edifact.envelope import Interchange, Message, read
from apps.integrations.formats.errors import Refused
from apps.integrations.formats.fields import MAX_ENTRIES, NUMBER_LENGTH

Entry = TypeVar("Entry")
Reader = Callable[[Message, Interchange], list[Entry | str]]
"""What a message says, entry by entry; a text where there is no entry, and why. What it finds wrong
it notes on the message, for the acknowledgement.
"""


@dataclass(frozen=True, slots=True)
class Reading(Generic[Entry]):
    """A body taken apart: the interchanges, and the entries of the messages that were asked for."""

    interchanges: list[Interchange]
    entries: list[Entry | str]
    others: tuple[str, ...]

    @property
    def key(self) -> str | None:
        """The reference with the sender; None for several interchanges in one body."""
        return self.interchanges[0].key if len(self.interchanges) == 1 else None

    @property
    def skipped(self) -> list[Skipped]:
        """The entries that could not become an event."""
        return [
            Skipped(index, entry)
            for index, entry in enumerate(self.entries)
            if isinstance(entry, str)
        ]

    @property
    def refusal(self) -> str | None:
        """Why the body as a whole is refused, if it is: a structural fault, or one entry, and bad."""
        for interchange in self.interchanges:
            if interchange.structural is not None:
                return interchange.structural.detail
        if len(self.entries) > MAX_ENTRIES:
            return f"more than {MAX_ENTRIES} entries"
        if len(self.entries) == 1 and not self.others and isinstance(self.entries[0], str):
            return self.entries[0]
        return None


def only_kind(raw: bytes, kind: str, reader: Reader[Entry]) -> Reading[Entry]:
    """Read the messages of one type (UNH02); raises Refused as envelope.read does.

    Structural faults stand on the interchanges; the messages of one with a fault are not read.
    """
    interchanges = read(raw)
    entries: list[Entry | str] = []
    others: list[str] = []
    for interchange in interchanges:
        if interchange.structural is not None:
            continue
        for one in interchange.messages:
            if one.kind == kind and len(entries) <= MAX_ENTRIES:
                entries += reader(one, interchange)
            else:
                others.append(one.kind)
    return Reading(interchanges, entries, tuple(others))


def checked(reading: Reading[Entry], name: str, kind: str) -> Checked:
    """The structural verdict. Raises Refused("malformed_payload") for a structural fault, and for a
    body whose only entry is bad.

    An interchange without a message of the type is acknowledged and not used.
    """
    why = reading.refusal
    if why is not None:
        raise Refused("malformed_payload", why)
    ignored = None
    if not any(one.kind == kind for found in reading.interchanges for one in found.messages):
        kinds = ", ".join(sorted(set(reading.others)))[:NUMBER_LENGTH] or "nothing"
        ignored = f"{name}: holds {kinds}, no {kind}"
    return Checked(reading.interchanges, reading.key, ignored)
