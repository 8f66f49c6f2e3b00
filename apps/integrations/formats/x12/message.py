"""From interchanges to the entries of one kind of transaction set."""

from collections.abc import Callable
from typing import TypeVar

from apps.integrations.formats import interchanges
from apps.integrations.formats.base import Checked
from apps.integrations.formats.fields import MAX_ENTRIES
from apps.integrations.formats.x12.envelope import Interchange, TransactionSet, read
from apps.integrations.formats.x12.faults import Fault

Entry = TypeVar("Entry")
Reader = Callable[[TransactionSet, Interchange], list[Entry | str]]
"""What a set says, entry by entry; a text where there is no entry, and why. What it finds wrong it
notes on the set, for the acknowledgement.
"""


class Reading(interchanges.Reading[Interchange, Entry]):
    """A body taken apart: the interchanges, and the entries of the sets that were asked for."""

    __slots__ = ()


def only_kind(raw: bytes, kind: str, group_kind: str, reader: Reader[Entry]) -> Reading[Entry]:
    """Read the sets of one kind (ST01), which stand in groups of one kind (GS01).

    Raises Refused as envelope.read does; structural faults stand on the interchanges, and the sets
    of an interchange with one are not read any further.
    """
    found = read(raw)
    entries: list[Entry | str] = []
    others: list[str] = []
    for interchange in found:
        _check_groups(interchange, kind, group_kind)
        interchange.structural = interchange.first_fault
        if interchange.structural is not None:
            continue
        for one in interchange.sets:
            if one.kind == kind and len(entries) <= MAX_ENTRIES:
                entries += reader(one, interchange)
            else:
                others.append(one.kind)
    return Reading(found, entries, tuple(others))


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
    is_there = any(one.kind == kind for found in reading.interchanges for one in found.sets)
    return reading.verdict(name, kind, is_there=is_there)
