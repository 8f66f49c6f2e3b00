"""Batches at the door: how many entries were taken and which were not, told at once. Pure."""

from dataclasses import dataclass
from typing import Any, Final

from apps.integrations.formats import canonical
from apps.integrations.formats.base import Checked, Refused
from apps.integrations.formats.canonical.envelope import valid

TOLD: Final = 100
"""How many skipped entries the answer names; the message's own page and API name more."""


@dataclass(frozen=True, slots=True)
class Entries:
    """What becomes of a batch's entries: how many are taken, and (index from 0, reason) of those that are not."""

    accepted: int
    skipped: tuple[tuple[int, str], ...]

    def as_json(self) -> dict[str, Any]:
        """As the answer has it; at most TOLD of the skipped are named."""
        named = [{"index": index, "reason": reason} for index, reason in self.skipped[:TOLD]]
        return {"accepted": self.accepted, "skipped": len(self.skipped), "skipped_entries": named}


def entries_of(format_name: str, checked: Checked) -> Entries | None:
    """The outcome of each entry of a canonical batch; None for a single event and for every other format.

    Whether an accepted entry is new, known or in conflict is decided when it is applied.
    """
    if format_name != canonical.FORMAT.name or checked.key is not None:
        return None
    skipped = []
    for index, entry in enumerate(checked.document):
        try:
            if isinstance(entry, str):  # a line that is no JSON stands there as its reason
                raise Refused("malformed_payload", entry)
            valid(entry)
        except Refused as refused:
            skipped.append((index, str(refused)))
    return Entries(len(checked.document) - len(skipped), tuple(skipped))
