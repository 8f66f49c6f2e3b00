"""From interchanges to the entries of one kind of transaction set."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from apps.integrations.formats.base import Checked, Skipped
from apps.integrations.formats.errors import Refused
from apps.integrations.formats.fields import MAX_ENTRIES, NUMBER_LENGTH
from apps.integrations.formats.x12.envelope import Interchange, TransactionSet, read
from apps.integrations.formats.x12.faults import Fault

Entry = TypeVar("Entry")
Reader = Callable[[TransactionSet, Interchange], list[Entry | str]]
"""What a set says, entry by entry; a text where there is no entry, and why. What it finds wrong it
notes on the set, for the acknowledgement.
"""


@dataclass(frozen=True, slots=True)
class Reading(Generic[Entry]):
    """A body taken apart: the interchanges, and the entries of the sets that were asked for."""

    interchanges: list[Interchange]
    entries: list[Entry | str]
    others: tuple[str, ...]

    @property
    def key(self) -> str | None:
        """The control number with the sender; None for several interchanges in one body."""
        if len(self.interchanges) > 1:
            return None
        return self.interchanges[0].key

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

    @property
    def good(self) -> Iterator[Entry]:
        """The entries that can."""
        return (entry for entry in self.entries if not isinstance(entry, str))


def only_kind(raw: bytes, kind: str, group_kind: str, reader: Reader[Entry]) -> Reading[Entry]:
    """Read the sets of one kind (ST01), which stand in groups of one kind (GS01).

    Raises Refused as envelope.read does; structural faults stand on the interchanges, and the sets
    of an interchange with one are not read any further.
    """
    interchanges = read(raw)
    entries: list[Entry | str] = []
    others: list[str] = []
    for interchange in interchanges:
        _check_groups(interchange, kind, group_kind)
        interchange.structural = interchange.first_fault
        if interchange.structural is not None:
            continue
        for one in interchange.sets:
            if one.kind == kind and len(entries) <= MAX_ENTRIES:
                entries += reader(one, interchange)
            else:
                others.append(one.kind)
    return Reading(interchanges, entries, tuple(others))


def _check_groups(interchange: Interchange, kind: str, group_kind: str) -> None:
    for group in interchange.groups:
        wanted = any(one.kind == kind for one in group.sets)
        if wanted and group.kind != group_kind:
            says = f"GS01 must be {group_kind} for a {kind}"
            group.fault = group.fault or Fault(says, set_code="1")


def checked(reading: Reading[Entry], name: str, kind: str) -> Checked:
    """The structural verdict. Raises Refused("malformed_payload") with the reading's refusal.

    An interchange without a set of the kind (an acknowledgement, say) is acknowledged and not used.
    """
    why = reading.refusal
    if why is not None:
        raise Refused("malformed_payload", why)
    ignored = None
    if not any(one.kind == kind for found in reading.interchanges for one in found.sets):
        kinds = ", ".join(sorted(set(reading.others)))[:NUMBER_LENGTH] or "nothing"
        ignored = f"{name}: holds {kinds}, no {kind}"
    return Checked(reading.interchanges, reading.key, ignored)
