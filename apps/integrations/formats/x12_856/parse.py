"""X12 856, ship notice. Source: FORMATS 11."""

from datetime import datetime
from typing import Final

from apps.integrations.formats import x12
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Source
from apps.integrations.formats.codes import Codes
from apps.integrations.formats.fields import NUMBER_LENGTH, short
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import is_suspect, iso_z
from apps.integrations.formats.x12.times import located, promised
from apps.integrations.formats.x12_856.notice import GROUP, KIND, Notice, read

NAME: Final = "x12_856"


def review(raw: bytes) -> x12.Reading[Notice]:
    """The body taken apart, with what is wrong noted on the sets; raises Refused as x12.read does."""
    return x12.only_kind(raw, KIND, GROUP, read)


def check(raw: bytes) -> Checked:
    """Envelope, counts, the tree of HL and BSN with number, date and time. Raises Refused."""
    return x12.checked(review(raw), NAME, KIND)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each carrier number of a notice; its own number where it names none."""
    reading = review(raw)
    ignored = x12.checked(reading, NAME, KIND).ignored
    events = [
        event
        for notice in reading.good
        for number in notice.numbers
        for event in _events(notice, number, codes, source, received_at)
    ]
    return ParseResult(events, reading.skipped, ignored)


def _events(
    notice: Notice, number: str, codes: Codes, source: Source, received_at: datetime
) -> list[ParsedEvent]:
    when = located(notice.day, notice.clock, "", source.timezone)
    if when is None:  # at the very edge of the calendar only: the notice has been read
        return []
    code = f"BSN01={notice.purpose}"
    mapped = codes.resolve((NAME, code))
    carrier = source.carrier or notice.scac or None
    details = notice.details
    shipped = located(*notice.shipped, source.timezone) if notice.shipped else None
    if shipped:
        details["shipped_at"] = iso_z(shipped.at)
    told = f"{code}/{notice.number}"
    event = ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        eta=promised(*notice.due, source.timezone) if notice.due else None,
        told_at=when.at,
        details=details,
        identity=fingerprint(NAME, carrier, number, told, when.at, ""),
        content=content_digest(details, notice.due),
        source_code=short(code, NUMBER_LENGTH),
        carrier=short(carrier, NUMBER_LENGTH) if carrier else None,
        references=notice.references,
    )
    return [event]
