"""Any JSON, read by a layout: entries, their fields, codes looked up in the partner's own tables. Format: our own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Skipped, Source
from apps.integrations.formats.codes import Codes, Mapped
from apps.integrations.formats.countries import two_letters
from apps.integrations.formats.errors import Refused
from apps.integrations.formats.fields import (
    DESCRIPTION_LENGTH,
    MAX_ENTRIES,
    NUMBER_LENGTH,
    PLACE_LENGTH,
    place,
    plain,
    short,
    text,
    web_address,
)
from apps.integrations.formats.history import proof
from apps.integrations.formats.identity import content_digest, fingerprint, own_id
from apps.integrations.formats.mapped_json.layout import REASONS, BadLayout, Layout, compiled
from apps.integrations.formats.mapped_json.paths import Path, entries_path, walk
from apps.integrations.formats.times import (
    Reading,
    is_suspect,
    iso_z,
    locate,
    parse_digits,
    parse_iso,
)

NAME: Final = "mapped_json"
_LONGEST_TIME: Final = 64
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = 253_402_300_799  # the last second of the year 9999

Scopes = tuple[Any, ...]


def check(raw: bytes) -> Checked:
    """Strict JSON, an object or an array. Where the message's own id stands only a layout knows: message_id."""
    return Checked(strict_json.loads_any(raw), None)


def message_id(document: Any, codes: Codes) -> str | None:
    """The message's own id, where the layout in force says that it has one and it is a usable text."""
    if codes.layout is None:
        return None
    try:
        paths = compiled(codes.layout).message_id
    except BadLayout:
        return None
    found = first_text(paths, (document,))
    return found if 0 < len(found) <= NUMBER_LENGTH else None


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each entry that the codes' layout finds; entries that cannot be read are skipped, with reason.

    Raises Refused where check does, for a message without the list of entries, for a single event that cannot be
    read, and where no layout is in force.
    """
    document = check(raw).document
    layout = _layout(codes)
    events: list[ParsedEvent] = []
    skipped: list[Skipped] = []
    for index, scopes in enumerate(_entries(document, layout)):
        if index >= MAX_ENTRIES:
            raise Refused("malformed_payload", f"more than {MAX_ENTRIES} entries")
        found = (
            scopes
            if isinstance(scopes, str)
            else _event(scopes, layout, codes, source, received_at)
        )
        if isinstance(found, str):
            skipped.append(Skipped(index, found))
        else:
            events.append(found)
    if not layout.entries and skipped:
        raise Refused("malformed_payload", skipped[0].reason)
    return ParseResult(events, skipped)


def _layout(codes: Codes) -> Layout:
    if codes.layout is None:
        raise Refused("malformed_payload", "no layout says yet how this partner writes")
    try:
        return compiled(codes.layout)
    except BadLayout as error:
        raise Refused(
            "malformed_payload", f"the layout in force cannot be used: {error}"
        ) from error


def _entries(document: Any, layout: Layout) -> Iterator[Scopes | str]:
    """The scopes of every entry: the message, each enclosing element, the entry; or why there is none."""
    if not layout.entries:
        yield (document, document)
        return
    first = walk(document, layout.entries[0])
    if not isinstance(first, list | dict):
        pointer = "".join(f"/{step}" for step in layout.entries[0])
        raise Refused("malformed_payload", f"{pointer or 'the message'} must be a list", pointer)
    yield from _elements(first, (document,), layout.entries[1:])


def _elements(found: Any, scopes: Scopes, stages: tuple[Any, ...]) -> Iterator[Scopes | str]:
    """An element that stands alone, where others write a list, is a list of one."""
    for element in found if isinstance(found, list) else [found]:
        if not isinstance(element, dict):
            yield "not an object"
        elif not stages:
            yield (*scopes, element)
        else:
            inner = walk(element, stages[0])
            if isinstance(inner, list | dict):
                yield from _elements(inner, (*scopes, element), stages[1:])
            else:
                yield f"no {'.'.join(map(str, stages[0]))}"


def entries_of(document: Any, entries: str, limit: int = MAX_ENTRIES) -> list[Scopes]:
    """The scopes of the first entries on a path, for looking at a sample; none where there is no such list.

    Raises BadPath for a text that is no path.
    """
    stages = entries_path(entries)
    if not stages:
        return [(document, document)]
    first = walk(document, stages[0])
    found = _elements(first, (document,), stages[1:])
    return [one for one in islice(found, limit) if not isinstance(one, str)]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry under a layout: every field by its name."""

    scopes: Scopes
    layout: Layout

    def text(self, name: str) -> str:
        return first_text(self.layout.fields.get(name, ()), self.scopes)

    def moment(self, name: str, form: str) -> datetime | date | None:
        clock = self.text("clock") if name == "time" else ""
        return read_time(first_value(self.layout.fields.get(name, ()), self.scopes), clock, form)


def first_value(paths: tuple[Path, ...], scopes: Scopes) -> Any:
    """The first text that is not blank, or number, on one of the paths; None without any."""
    for one in paths:
        value = one.read(scopes)
        if value is not None and (isinstance(value, float) or text(value)):
            return value
    return None


def first_text(paths: tuple[Path, ...], scopes: Scopes) -> str:
    """The first text, or whole number as its digits, on one of the paths, else an empty one."""
    for one in paths:
        value = one.read(scopes)
        if value is not None and (found := text(value)):
            return found
    return ""


def read_time(value: Any, clock: str, form: str) -> datetime | date | None:
    """A time as a layout's format says; a clock is the time of day where it has a field of its own."""
    if form in {"epoch_s", "epoch_ms"}:
        return _of_epoch(value, 1000 if form == "epoch_ms" else 1)
    found = text(value)
    if not found or len(found) > _LONGEST_TIME or len(clock) > _LONGEST_TIME:
        return None
    if form == "iso":
        return parse_iso(f"{found}T{clock}" if clock else found)
    if form == "digits":
        return _of_digits(found, clock)
    try:
        moment = datetime.strptime(f"{found} {clock}" if clock else found, form)  # noqa: DTZ007  local, until `locate`
    except ValueError:
        return None
    return moment if "%H" in form or "%I" in form else moment.date()


def _of_digits(found: str, clock: str) -> datetime | date | None:
    """YYYYMMDD with the clock beside it or behind it."""
    if not clock and len(found) > 8:
        found, clock = found[:8], found[8:].strip("T ")
    return parse_digits(found, clock)


def _of_epoch(value: Any, per_second: int) -> datetime | None:
    if isinstance(value, str):
        value = (
            int(value)
            if value.strip().isascii() and value.strip().isdigit() and len(value) < 20
            else None
        )
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if not 0 <= value <= _LAST * per_second:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=round(value * 1000 / per_second))
    except OverflowError:
        return None


def _event(
    scopes: Scopes, layout: Layout, codes: Codes, source: Source, received_at: datetime
) -> ParsedEvent | str:
    """The event of one entry, or why there is none."""
    entry = _Entry(scopes, layout)
    number = entry.text("number")
    if not number or len(number) > NUMBER_LENGTH:
        return "no tracking number"
    told = [(table, first_text(paths, scopes)) for table, paths in layout.codes]
    lookups = [(table, code) for table, code in told if code]
    if not lookups:
        return "no code"
    zones = entry.text("zone"), layout.default_zone or source.timezone
    when = locate(entry.moment("time", layout.time_format), *zones)
    if when is None:
        return "no usable time"
    reason = entry.text("reason")
    mapped = look_up(codes, lookups, reason)
    where = place(*(first_text(part, scopes) for part in layout.place))
    country = entry.text("country")
    carrier = entry.text("carrier") or source.carrier
    event_id, note = entry.text("event_id"), entry.text("description")
    signed = _proof(entry, zones)
    eta = _eta(entry, zones)
    references = _references(entry)
    code = "/".join(dict.fromkeys(code for _, code in lookups))
    said = (
        number,
        lookups,
        reason,
        iso_z(when.at),
        where,
        country,
        note,
        signed,
        eta,
        references,
        carrier,
    )
    scan = (NAME, carrier, number, f"{code}/{reason}" if reason else code, when.at, where)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        pod=signed,
        eta=eta,
        details=_unlisted(codes, reason),
        identity=own_id(source.slug, event_id) if event_id else fingerprint(*scan),
        content=content_digest(*said),
        source_event_id=short(event_id, PLACE_LENGTH) or None,
        source_code=short(f"{code}/{reason}" if reason else code, NUMBER_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=two_letters(country),
        description=plain(note, DESCRIPTION_LENGTH),
        carrier=short(carrier, NUMBER_LENGTH) if carrier else None,
        references=references,
    )


def look_up(codes: Codes, lookups: list[tuple[str, str]], reason: str) -> Mapped:
    """The codes, finest first; a listed reason of the message takes the place of the code's own (as FORMATS 15)."""
    mapped = codes.resolve(*lookups)
    listed = codes.find(REASONS, reason) if reason else None
    if listed is None or not listed.reason:
        return mapped
    return Mapped(mapped.milestone, listed.reason, mapped.unmapped)


def _unlisted(codes: Codes, reason: str) -> dict[str, Any]:
    listed = not reason or codes.find(REASONS, reason) is not None
    return {} if listed else {"reason": short(reason, PLACE_LENGTH)}


def _references(entry: _Entry) -> dict[str, str]:
    named = {"order": entry.text("order"), "shipment": entry.text("shipment")}
    return {name: short(value, NUMBER_LENGTH) for name, value in named.items() if value}


def _proof(entry: _Entry, zones: tuple[str | None, str | None]) -> dict[str, Any] | None:
    """Signed when a time of signing is given; a document counts only when it can be fetched."""
    signed: Reading | None = locate(entry.moment("signed_at", entry.layout.time_format), *zones)
    return proof(
        entry.text("received_by"),
        signed_at=signed.at if signed else None,
        has_signature=signed is not None,
        url=web_address(entry.text("document_url")),
    )


def _eta(entry: _Entry, zones: tuple[str | None, str | None]) -> str | None:
    """An instant when a time is given, else the date."""
    promised = entry.moment("eta", entry.layout.eta_format)
    if isinstance(promised, date) and not isinstance(promised, datetime):
        return promised.isoformat()
    found = locate(promised, *zones)
    return iso_z(found.at) if found else None
