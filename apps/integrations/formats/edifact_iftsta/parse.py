"""EDIFACT IFTSTA, transport status. Source: FORMATS 13."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from apps.integrations.formats import edifact
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Skipped, Source
from apps.integrations.formats.codes import Codes, Mapped
from apps.integrations.formats.edifact.envelope import component
from apps.integrations.formats.edifact.times import located, moment, promised
from apps.integrations.formats.fields import (
    DESCRIPTION_LENGTH,
    NUMBER_LENGTH,
    PLACE_LENGTH,
    country,
    short,
)
from apps.integrations.formats.identity import content_digest, own_id
from apps.integrations.formats.times import is_suspect

NAME: Final = "edifact_iftsta"
KIND: Final = "IFTSTA"
NO_TIME: Final = "no usable time"

# Element 2005, best first: the status change, then an actual arrival, delivery or departure.
_HAPPENED: Final = ("334", "178", "35", "7", "186", "136")
_PROMISED: Final = frozenset({"132", "17", "191"})
_UN_LOCODE: Final = "139"
_ENDS: Final = frozenset({"delivered", "pod_received", "goods_received"})
_REFERENCES: Final = {"ON": "order", "BM": "bill_of_lading", "CU": "shipment"}


@dataclass(slots=True)
class Status:
    """One STS with the segments under it; times as (value, format)."""

    consignment: str
    code: str
    reason: str
    position: int
    told_at: datetime | None
    interchange: str
    times: dict[str, tuple[str, str]] = field(default_factory=dict)
    place: str = ""
    country: str | None = None
    signer: str = ""
    texts: list[str] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)

    @property
    def when(self) -> tuple[str, str] | None:
        """The best of the times that say when it happened."""
        found = (self.times[one] for one in _HAPPENED if one in self.times)
        return next(found, None)

    @property
    def promise(self) -> tuple[str, str] | None:
        """The time of a delivery to come, if one is told."""
        return next((self.times[one] for one in sorted(_PROMISED & self.times.keys())), None)


def review(raw: bytes) -> edifact.Reading[Status]:
    """The body taken apart, with what is wrong noted on the messages; raises Refused as read does."""
    return edifact.only_kind(raw, KIND, _read)


def check(raw: bytes) -> Checked:
    """Envelope, counts, references, and a consignment for each status. Raises Refused."""
    return edifact.checked(review(raw), NAME, KIND)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each STS; one without a usable time is skipped. Raises Refused as check does."""
    reading = review(raw)
    ignored = edifact.checked(reading, NAME, KIND).ignored
    events: list[ParsedEvent] = []
    skipped: list[Skipped] = []
    for index, status in enumerate(reading.entries):
        found = status if isinstance(status, str) else _event(status, codes, source, received_at)
        if isinstance(found, str):
            skipped.append(Skipped(index, found))
        else:
            events.append(found)
    return ParseResult(events, skipped, ignored)


def _read(one: edifact.Message, interchange: edifact.Interchange) -> list[Status | str]:
    """The statuses of a message, each under its CNI."""
    found: list[Status] = []
    consignment = ""
    references: dict[str, str] = {}
    current: Status | None = None
    for position, segment in enumerate(one.walk(), 1):
        name = segment[0][0]
        if name == "CNI":
            consignment, references, current = component(segment, 1), {}, None
        elif name == "STS":
            current = Status(
                consignment, component(segment, 1), component(segment, 2), position,
                interchange.at, interchange.key, references=references,
            )  # fmt: skip
            found.append(current)
        elif name == "RFF" and component(segment, 0) in _REFERENCES:
            kind = _REFERENCES[component(segment, 0)]
            references.setdefault(kind, short(component(segment, 0, 1), NUMBER_LENGTH))
        elif current is not None:
            _take(current, name, segment)
    return [_problem(status, one) or status for status in found]


def _take(status: Status, name: str, segment: list[list[str]]) -> None:
    """What stands under an STS: its times, place, texts, and who signed."""
    if name == "DTM":
        value = component(segment, 0, 1), component(segment, 0, 2)
        status.times.setdefault(component(segment, 0), value)
    elif name == "LOC" and not status.place:
        code = component(segment, 1)
        status.place = component(segment, 1, 3) or code
        if component(segment, 1, 1) == _UN_LOCODE:
            status.country = country(code[:2])
    elif name == "FTX" and len(segment) > 4:
        status.texts.append(" ".join(filter(None, segment[4])))
    elif name == "NAD" and component(segment, 0) == "AP":
        named = (segment[at] for at in (4, 3) if len(segment) > at and any(segment[at]))
        status.signer = " ".join(filter(None, next(named, [])))


def _problem(status: Status, one: edifact.Message) -> str | None:
    """Why there is no event in a status: noted on the message, which is used without it."""
    if not status.consignment or len(status.consignment) > NUMBER_LENGTH:
        says, code, element = "a status without a consignment number", "13", 0
    elif not status.code:
        says, code, element = "a status without a code", "13", 2
    elif status.when is None or moment(*status.when) is None:
        says, code, element = NO_TIME, "12" if status.when else "13", 0
    else:
        return None
    one.faults.append(edifact.Fault(says, code, status.position, element, fatal=False))
    return says


def _event(
    status: Status, codes: Codes, source: Source, received_at: datetime
) -> ParsedEvent | str:
    when = located(*status.when, source.timezone) if status.when else None
    if when is None:
        return NO_TIME
    mapped = _look_up(codes, status)
    note = " ".join(status.texts)
    code = "/".join(filter(None, (status.code, status.reason)))
    told = " ".join(status.when or ())
    # FORMATS 13: the identity is the UNB reference with consignment, status and time.
    scan = "|".join((status.interchange, status.consignment, code, told))
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=status.consignment,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        pod=_proof(status) if mapped.milestone in _ENDS else None,
        eta=promised(*status.promise, source.timezone) if status.promise else None,
        told_at=status.told_at,
        identity=own_id(source.slug, scan),
        content=content_digest(status.place, note, status.signer, status.promise),
        source_code=short(code, NUMBER_LENGTH),
        location=short(status.place, PLACE_LENGTH),
        country=status.country,
        description=short(note, DESCRIPTION_LENGTH),
        carrier=source.carrier,
        references=status.references,
    )


def _look_up(codes: Codes, status: Status) -> Mapped:
    """STS status in edifact_4405; a listed reason (9013) takes the reason's place."""
    mapped = codes.resolve(("edifact_4405", status.code))
    row = codes.find("edifact_9013", status.reason)
    return replace(mapped, reason=row.reason) if row and row.reason else mapped


def _proof(status: Status) -> dict[str, Any] | None:
    """NAD+AP names who took it; a name, no signature we could show."""
    if not status.signer:
        return None
    return {
        "received_by": short(status.signer, PLACE_LENGTH),
        "signed_at": None,
        "has_signature": False,
        "document_available": False,
        "document_url": None,
    }
