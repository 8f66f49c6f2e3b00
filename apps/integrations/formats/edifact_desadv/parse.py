"""EDIFACT DESADV, despatch advice: the 856 of EDIFACT. Source: FORMATS 13."""

from datetime import datetime
from typing import Final

from apps.integrations.formats import edifact
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Source
from apps.integrations.formats.codes import Codes
from apps.integrations.formats.edifact.times import located, promised
from apps.integrations.formats.edifact_desadv.notice import Notice, read
from apps.integrations.formats.fields import NUMBER_LENGTH, short
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import is_suspect, iso_z

NAME: Final = "edifact_desadv"
KIND: Final = "DESADV"
_ORIGINAL: Final = "9"


def review(raw: bytes) -> edifact.Reading[Notice]:
    """The body taken apart, with what is wrong noted on the messages; raises Refused as read does."""
    return edifact.only_kind(raw, KIND, read)


def check(raw: bytes) -> Checked:
    """Envelope, counts, the CPS levels, a BGM with a number and a DTM+137. Raises Refused."""
    return edifact.checked(review(raw), NAME, KIND)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each carrier number of an advice; its own number where it names none."""
    reading = review(raw)
    ignored = edifact.checked(reading, NAME, KIND).ignored
    events = [
        event
        for notice in reading.entries
        if not isinstance(notice, str)
        for number in notice.numbers
        if (event := _event(notice, number, codes, source, received_at)) is not None
    ]
    return ParseResult(events, reading.skipped, ignored)


def _event(
    notice: Notice, number: str, codes: Codes, source: Source, received_at: datetime
) -> ParsedEvent | None:
    when = located(*notice.times["137"], source.timezone)
    if when is None:  # at the very edge of the calendar only: the notice has been read
        return None
    code = notice.function or _ORIGINAL
    mapped = codes.resolve(("edifact_1225", code))
    details = notice.details
    shipped = located(*notice.times["11"], source.timezone) if "11" in notice.times else None
    if shipped:
        details["shipped_at"] = iso_z(shipped.at)
    due = notice.times.get("17") or notice.times.get("132")
    told = f"{code}/{notice.number}"
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        eta=promised(*due, source.timezone) if due else None,
        told_at=when.at,
        details=details,
        identity=fingerprint(NAME, source.carrier, number, told, when.at, ""),
        content=content_digest(details, due),
        source_code=short(code, NUMBER_LENGTH),
        carrier=source.carrier,
        references={"asn": notice.number} | notice.references,
    )
