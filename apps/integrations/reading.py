"""How a stored message is read, handed on and compared: the drain and the dry runs do it alike, the door and files too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from apps.integrations import formats, store
from apps.integrations.doors import Reporter
from apps.integrations.formats.base import Checked, Format, ParsedEvent, ParseResult, Refused
from apps.integrations.formats.codes import Codes
from apps.integrations.grants import allowed
from apps.shipments.apply import Incoming


class Head(Protocol):
    """What is needed of a message's head: its row, or what the drain claimed of it."""

    @property
    def id(self) -> int: ...
    @property
    def public_id(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def correlation_id(self) -> str: ...


def read(raw: bytes, codes: Codes, reporter: Reporter, received_at: datetime) -> ParseResult:
    """What a partner's bytes say under these codes, without what it was not granted. Raises Refused."""
    found = formats.get(reporter.source.format).parse(raw, codes, reporter.source, received_at)
    return allowed(found, reporter.granted)


def says_the_same(stored_id: int, checked: Checked, format_: Format) -> bool:
    """Whether the bytes of a stored message hold this document, only written otherwise (spaces, order of keys)."""
    try:
        return bool(format_.check(store.raw_of(stored_id)).document == checked.document)
    except Refused:  # its bytes are past their retention, or were never readable
        return False


def incoming(
    head: Head,
    events: Sequence[ParsedEvent],
    reporter: Reporter,
    version: int,
    *,
    is_again: bool = False,
) -> Incoming:
    """The events of a message as apply takes them; version is that of the mapping they were read under.

    is_again: it was applied before, so that what it gives no more is taken back.
    """
    return Incoming(
        message_id=head.id,
        message_ref=head.public_id,
        source=reporter.source.slug,
        format=reporter.source.format,
        carrier=reporter.source.carrier,
        mapping_version=version,
        received_at=head.received_at,
        correlation_id=head.correlation_id,
        company_ids=reporter.company_ids,
        warehouse_ids=reporter.warehouse_ids,
        events=events,
        gives=frozenset(event.identity for event in events) if is_again else None,
    )
