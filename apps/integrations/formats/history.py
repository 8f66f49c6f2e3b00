"""What answers and snapshots that repeat a package's whole history have in common.

Every entry gives one event; the events are given oldest first, whatever the order of the source,
so that of two scans of one second the later step comes last.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from apps.integrations.formats.base import ParsedEvent, Skipped
from apps.integrations.formats.errors import Refused
from apps.integrations.formats.fields import MAX_ENTRIES, PLACE_LENGTH, short
from apps.integrations.formats.times import Reading, iso_z, locate, parse_iso, to_utc

_NO_PROMISE_AFTER: Final = frozenset({"delivered", "returned_to_sender", "cancelled"})

Read = Callable[[Mapping[str, Any]], ParsedEvent | str]
"""From one entry to its event, or to the reason why there is none."""


@dataclass(slots=True)
class Harvest:
    """The events and the skipped entries of one message; entries count on from list to list."""

    events: list[ParsedEvent] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    seen: int = 0

    def history(
        self, entries: Sequence[Any], read: Read, *, newest_first: bool
    ) -> list[ParsedEvent]:
        """The events of one package's entries, oldest first; what cannot be read is noted."""
        found: list[ParsedEvent] = []
        for entry in entries:
            event = read(entry) if isinstance(entry, dict) else "not an object"
            if isinstance(event, str):
                self.skipped.append(Skipped(self.seen, event))
            else:
                found.append(event)
            self.seen += 1
        if newest_first:
            found.reverse()
        found.sort(key=lambda event: event.occurred_at)
        return found

    def miss(self, reason: str, entries: int = 1) -> None:
        """Note entries that belong to nothing that could be read."""
        for _ in range(max(entries, 1)):
            self.skipped.append(Skipped(self.seen, reason))
            self.seen += 1

    def keep(self, events: Iterable[ParsedEvent]) -> None:
        """Take the events of one package over into the message's."""
        self.events.extend(events)


def must_be_few(entries: int, pointer: str) -> None:
    """Raise Refused when a message holds more than MAX_ENTRIES entries in all its lists."""
    if entries > MAX_ENTRIES:
        raise Refused("malformed_payload", f"more than {MAX_ENTRIES} entries in all", pointer)


def newest(events: Sequence[ParsedEvent], milestone: str | None = None) -> int | None:
    """The position of the newest event (of a milestone); of equal times the later one. None if
    there is none.
    """
    wanted = [at for at, event in enumerate(events) if milestone in (None, event.milestone)]
    return max(wanted, key=lambda at: (events[at].occurred_at, at), default=None)


def add_proof(events: list[ParsedEvent], proof: dict[str, Any] | None) -> None:
    """The proof belongs to the newest delivery; without a delivery it proves nothing."""
    at = newest(events, "delivered") if proof else None
    if at is not None:
        events[at] = replace(events[at], pod=proof)


def add_promise(
    events: list[ParsedEvent], eta: str | None, told_at: datetime | None = None
) -> None:
    """The promise goes with the newest scan, unless the journey is over."""
    at = newest(events) if eta else None
    if at is not None and events[at].milestone not in _NO_PROMISE_AFTER:
        events[at] = replace(events[at], eta=eta, told_at=told_at)


def proof(
    received_by: str,
    *,
    signed_at: datetime | None = None,
    has_signature: bool = False,
    document: bool = False,
    url: str = "",
) -> dict[str, Any] | None:
    """A proof of delivery as FORMATS 0.8 writes it, or None when the source tells nothing.

    has_signature: the source has a signature to show. A name that it passed on is none.
    """
    if not (received_by or signed_at or has_signature or document or url):
        return None
    return {
        "received_by": short(received_by, PLACE_LENGTH) or None,
        "signed_at": iso_z(signed_at) if signed_at else None,
        "has_signature": has_signature,
        "document_available": document or bool(url),
        "document_url": url or None,
    }


def promised(text: str) -> str | None:
    """An ETA: the instant when the source gives one, else the local day; None for no time.

    Midnight in UTC stands for a day, as the sources that have only a day write it.
    """
    moment = parse_iso(text)
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        return moment.isoformat()
    if moment.tzinfo is None or (moment.utcoffset(), moment.time()) == (timedelta(0), time()):
        return moment.date().isoformat()
    instant = to_utc(moment)
    return iso_z(instant) if instant else None


def at_epoch(seconds: str) -> Reading | None:
    """A time given as whole seconds since 1970 in UTC, or None."""
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11):
        return None
    return locate(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(seconds)), None, None)
