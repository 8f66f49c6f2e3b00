"""X12 214, shipment status. Source: FORMATS 10."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from apps.integrations.formats import x12
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Skipped, Source
from apps.integrations.formats.codes import Codes, Mapped
from apps.integrations.formats.fields import (
    DESCRIPTION_LENGTH,
    MAX_ENTRIES,
    NUMBER_LENGTH,
    PLACE_LENGTH,
    country,
    place,
    short,
)
from apps.integrations.formats.identity import content_digest, fingerprint
from apps.integrations.formats.times import Reading, is_suspect
from apps.integrations.formats.x12.times import located, moment, promised

KIND: Final = "214"
GROUP: Final = "QM"
NO_TIME: Final = "no usable time"
_TOO_MANY: Final = f"more than {MAX_ENTRIES} entries"

# Estimates of the delivery itself, and of other steps of the journey. Their dates are no movements,
# so they are told at the time of the interchange; written here, not in the mapping, because the time
# is part of the identity and must not change with a mapping.
_DELIVERY_ESTIMATES: Final = frozenset({"AG", "X2"})
_ESTIMATES: Final = _DELIVERY_ESTIMATES | {"B6", "C1", "E1"}
_WANTED: Final = frozenset({"B10", "LX", "L11", "AT7", "MS1", "MS2", "K1"})
_REFERENCES: Final = {"PO": "purchase", "BM": "bill_of_lading", "CO": "order", "SI": "shipment"}
_SIGNED: Final = re.compile(
    r"(?:POD|SIGNED(?: FOR)?(?: BY)?|RECEIVED BY|REC(?:'?D)? BY|SIGNATURE)[ :./-]+(.+)", re.I | re.S
)


@dataclass(frozen=True, slots=True)
class Scan:
    """One AT7 with what stands around it; times as written."""

    number: str
    scac: str
    status: str
    reason: str
    appointment: str
    appointment_reason: str
    day: str
    clock: str
    zone: str
    told_at: datetime | None
    city: tuple[str, ...] = ()
    equipment: str = ""
    stop: str = ""
    remarks: tuple[str, ...] = ()
    references: dict[str, str] = field(default_factory=dict)

    @property
    def is_appointment(self) -> bool:
        return not self.status and bool(self.appointment)

    @property
    def is_estimate(self) -> bool:
        """Whether the date is something to come, not something that happened."""
        return self.is_appointment or self.status.upper() in _ESTIMATES

    @property
    def code(self) -> str:
        if self.is_appointment:
            return "/".join(filter(None, (f"1652:{self.appointment}", self.appointment_reason)))
        return "/".join(filter(None, (self.status, self.reason)))


def review(raw: bytes) -> x12.Reading[Scan]:
    """The body taken apart, with what is wrong noted on the sets; raises Refused as x12.read does."""
    return x12.only_kind(raw, KIND, GROUP, _read)


def check(raw: bytes) -> Checked:
    """Envelope, counts and control numbers; each 214 has its B10 with a number. Raises Refused."""
    return x12.checked(review(raw), "x12_214", KIND)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each AT7; an AT7 without a usable time is skipped. Raises Refused as check does."""
    reading = review(raw)
    ignored = x12.checked(reading, "x12_214", KIND).ignored
    events: list[ParsedEvent] = []
    skipped: list[Skipped] = []
    for index, scan in enumerate(reading.entries):
        found = scan if isinstance(scan, str) else _event(scan, codes, source, received_at)
        if isinstance(found, str):
            skipped.append(Skipped(index, found))
        else:
            events.append(found)
    return ParseResult(events, skipped, ignored)


def _read(one: x12.TransactionSet, interchange: x12.Interchange) -> list[Scan | str]:
    """The scans of a set, each within its LX loop; a text for an AT7 that tells no time."""
    number = scac = ""
    references: dict[str, str] = {}
    loops: list[_Loop] = [_Loop()]
    for position, name, values in one.walk(_WANTED):
        if name == "B10":
            number, scac = values[0] or values[1], values[2]
            if values[0] and values[1]:
                references["shipment"] = short(values[1], NUMBER_LENGTH)
        elif name == "LX":
            loops.append(_Loop())
        elif name == "L11" and len(loops) == 1 and values[1] in _REFERENCES:
            references.setdefault(_REFERENCES[values[1]], short(values[0], NUMBER_LENGTH))
        else:
            loops[-1].take(position, name, values)
    if sum(len(loop) for loop in loops) > MAX_ENTRIES:
        one.faults.append(x12.Fault(_TOO_MANY, "5", 0))
        return [_TOO_MANY]
    if not number or len(number) > NUMBER_LENGTH:
        says = f"B10-01 must be a text of 1 to {NUMBER_LENGTH} characters"
        one.faults.append(x12.Fault(says, "5", 2, "B10", "8", 1, "1"))
        return [says]
    base = Scan(
        number, scac, "", "", "", "", "", "", "", interchange.at, references=references
    )  # fmt: skip
    return [found for loop in loops for found in loop.scans(base, one)]


class _Loop:
    """What one LX loop says: several AT7, each followed by its own place."""

    def __init__(self) -> None:
        self._statuses: list[tuple[int, list[str], list[str], str]] = []
        self._stop = ""
        self._remarks: list[str] = []

    def __len__(self) -> int:
        return len(self._statuses)

    def take(self, position: int, name: str, values: list[str]) -> None:
        if name == "AT7":
            self._statuses.append((position, values, [], ""))
        elif name in {"MS1", "MS2"} and self._statuses:
            at, status, city, equipment = self._statuses[-1]
            city, equipment = (values[:3], equipment) if name == "MS1" else (city, values[1])
            self._statuses[-1] = at, status, city, equipment
        elif name == "L11" and values[1] == "QN":
            self._stop = values[0]
        elif name == "K1":
            self._remarks += [value for value in values[:2] if value]

    def scans(self, base: Scan, one: x12.TransactionSet) -> Iterator[Scan | str]:
        for position, values, city, equipment in self._statuses:
            scan = replace(
                base, status=values[0], reason=values[1], appointment=values[2],
                appointment_reason=values[3], day=values[4], clock=values[5], zone=values[6],
                city=tuple(city), equipment=equipment, stop=self._stop, remarks=tuple(self._remarks),
            )  # fmt: skip
            why = _problem(scan, position, one)
            yield why or scan


def _problem(scan: Scan, position: int, one: x12.TransactionSet) -> str | None:
    """Why there is no event in a scan: noted on the set, which is accepted with errors."""
    if not scan.status and not scan.appointment:
        fault = x12.Fault("AT7 names no status", "5", position, "AT7", "8", 1, "2", fatal=False)
    elif moment(scan.day, scan.clock) is None:
        element, code = (5, "8") if moment(scan.day, "") is None else (6, "9")
        fault = x12.Fault(NO_TIME, "5", position, "AT7", "8", element, code, fatal=False)
    elif scan.is_estimate and scan.told_at is None:
        return NO_TIME
    else:
        return None
    one.faults.append(fault)
    return fault.detail


def _event(scan: Scan, codes: Codes, source: Source, received_at: datetime) -> ParsedEvent | str:
    when = _when(scan, source)
    if when is None:
        return NO_TIME
    mapped = _look_up(codes, scan)
    where = place(*scan.city)
    carrier = source.carrier or scan.scac or None
    date = f"{scan.day}{scan.clock}{scan.zone}"
    # Two promises of one interchange differ in nothing but the date they promise.
    code = f"{scan.code}@{date}" if scan.is_estimate else scan.code
    note = " ".join(scan.remarks)
    eta = _eta(scan, mapped, source)
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=scan.number,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=("suspect_time",) if is_suspect(when.at, received_at) else (),
        pod=_proof(scan),
        eta=eta,
        told_at=scan.told_at,
        details=_details(scan, source, eta),
        identity=fingerprint("x12_214", carrier, scan.number, code, when.at, where),
        content=content_digest(date, note, scan.equipment, scan.stop),
        source_code=short(scan.code, NUMBER_LENGTH),
        location=short(where, PLACE_LENGTH),
        country=country(scan.city[2]) if len(scan.city) > 2 else None,
        description=short(note, DESCRIPTION_LENGTH),
        carrier=short(carrier, NUMBER_LENGTH) if carrier else None,
        references=scan.references,
    )


def _when(scan: Scan, source: Source) -> Reading | None:
    """The AT7's own time; for a date to come the time of the interchange, ISA09 and ISA10 as UTC."""
    if scan.is_estimate:
        return Reading(scan.told_at) if scan.told_at else None
    return located(scan.day, scan.clock, scan.zone, source.timezone)


def _look_up(codes: Codes, scan: Scan) -> Mapped:
    """AT7-01 or AT7-03 gives the milestone; a listed AT7-02 or AT7-04 takes the reason's place."""
    if scan.is_appointment:
        mapped, why = codes.resolve(("x12_1652", scan.appointment)), scan.appointment_reason
    else:
        mapped, why = codes.resolve(("x12_1650", scan.status)), scan.reason
    row = codes.find("x12_1651", why)
    return replace(mapped, reason=row.reason) if row and row.reason else mapped


def _eta(scan: Scan, mapped: Mapped, source: Source) -> str | None:
    """The date as promise of the delivery; an appointment to pick up, or at a terminal, is none."""
    delivery = scan.is_appointment or scan.status.upper() in _DELIVERY_ESTIMATES
    if not delivery or mapped.milestone != "eta_updated":
        return None
    return promised(scan.day, scan.clock, scan.zone, source.timezone)


def _details(scan: Scan, source: Source, eta: str | None) -> dict[str, Any]:
    details = {"stop": scan.stop, "equipment": scan.equipment}
    if scan.is_estimate and eta is None:
        details["expected"] = promised(scan.day, scan.clock, scan.zone, source.timezone) or ""
    return {name: short(value, NUMBER_LENGTH) for name, value in details.items() if value}


def _proof(scan: Scan) -> dict[str, Any] | None:
    """The name in a remark that says it is one; free text is not guessed at."""
    if scan.status.upper() != "D1":
        return None
    signed = next(filter(None, map(_SIGNED.fullmatch, scan.remarks)), None)
    if signed is None:
        return None
    return {
        "received_by": short(signed[1].strip(), PLACE_LENGTH),
        "signed_at": None,
        "has_signature": False,
        "document_available": False,
        "document_url": None,
    }
