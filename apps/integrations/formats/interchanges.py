"""What X12 and EDIFACT share once an interchange is taken apart: its entries, its id, and when all of it is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from apps.integrations.formats.base import Checked, Skipped
from apps.integrations.formats.errors import Refused
from apps.integrations.formats.fields import MAX_ENTRIES, NUMBER_LENGTH


class _Fault(Protocol):
    @property
    def detail(self) -> str: ...


class Envelope(Protocol):
    """An interchange: its id with the sender, and the first fault of its structure, if it has one."""

    @property
    def key(self) -> str: ...
    @property
    def structural(self) -> _Fault | None: ...


Entry = TypeVar("Entry")
Found = TypeVar("Found", bound=Envelope)


@dataclass(frozen=True, slots=True)
class Reading(Generic[Found, Entry]):
    """A body taken apart: the interchanges, the entries of what was asked for (a text where there is none, and
    why), and the kinds of whatever else stands in it.
    """

    interchanges: list[Found]
    entries: list[Entry | str]
    others: tuple[str, ...]

    @property
    def key(self) -> str | None:
        """The control number or reference with the sender; None for several interchanges in one body."""
        return self.interchanges[0].key if len(self.interchanges) == 1 else None

    @property
    def good(self) -> Iterator[Entry]:
        """The entries that can become an event."""
        return (entry for entry in self.entries if not isinstance(entry, str))

    @property
    def skipped(self) -> list[Skipped]:
        """The entries that cannot."""
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

    def verdict(self, name: str, kind: str, *, is_there: bool) -> Checked:
        """The structural verdict; raises Refused("malformed_payload") with the refusal.

        A body without anything of the kind (an acknowledgement, say) is acknowledged and not used.
        """
        why = self.refusal
        if why is not None:
            raise Refused("malformed_payload", why)
        ignored = None
        if not is_there:
            kinds = ", ".join(sorted(set(self.others)))[:NUMBER_LENGTH] or "nothing"
            ignored = f"{name}: holds {kinds}, no {kind}"
        return Checked(self.interchanges, self.key, ignored)
