"""What comes into `apply`, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from apps.shipments.rules.matching import fence_of


class Fact(Protocol):
    """One canonical event as a format gives it (integrations.formats.base.ParsedEvent)."""

    @property
    def milestone(self) -> str: ...
    @property
    def tracking_number(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def identity(self) -> str: ...
    @property
    def content(self) -> str: ...
    @property
    def source_code(self) -> str: ...
    @property
    def exception_reason(self) -> str | None: ...
    @property
    def time_basis(self) -> str | None: ...
    @property
    def unmapped(self) -> bool: ...
    @property
    def flags(self) -> Sequence[str]: ...
    @property
    def pod(self) -> dict[str, Any] | None: ...
    @property
    def eta(self) -> str | None: ...
    @property
    def details(self) -> dict[str, Any]: ...
    @property
    def voids(self) -> str | None: ...
    @property
    def source_event_id(self) -> str | None: ...
    @property
    def location(self) -> str: ...
    @property
    def country(self) -> str | None: ...
    @property
    def description(self) -> str: ...
    @property
    def carrier(self) -> str | None: ...
    @property
    def generation_hint(self) -> str | None: ...
    @property
    def told_at(self) -> datetime | None: ...
    @property
    def references(self) -> Mapping[str, str]: ...
    @property
    def subject(self) -> tuple[str, str] | None: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message with its events. `carrier` is the partner's (slug); no company_ids, no warehouse_ids: granted all.

    message_id is 0 where no raw message stands behind it (a person's note). gives is set for a message that was
    applied before: the identities it gives now; what it brought under an older mapping and gives no more is taken
    back.
    """

    message_id: int
    message_ref: str
    source: str
    format: str
    carrier: str | None
    mapping_version: int
    received_at: datetime
    correlation_id: str
    company_ids: tuple[int, ...]
    events: Sequence[Fact]
    warehouse_ids: tuple[int, ...] = ()
    gives: frozenset[str] | None = None

    @property
    def fence(self) -> str:
        """Whose goods its source may speak of, as events and reports keep it."""
        return fence_of(self.company_ids, self.warehouse_ids)


@dataclass(slots=True)
class Outcome:
    """What became of one message's events; event_refs are the public ids of those that are new."""

    message_id: int
    new: int = 0
    duplicates: int = 0
    conflicts: int = 0
    superseded: int = 0
    reports: int = 0  # of the new ones, those that are no parcel's (rules.reports)
    amended: int = 0  # known scans that this message completed with a promise or a proof
    event_refs: list[str] = field(default_factory=list)
    # Public ids of events that it brought once and, read again, gives no more.
    taken_back: list[str] = field(default_factory=list)
    # By number, the public id of a known event that the message tells again (or contradicts).
    repeated: dict[str, str] = field(default_factory=dict)
