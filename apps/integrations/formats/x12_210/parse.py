"""X12 210, freight invoice. Source: FORMATS 12."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from apps.integrations.formats import x12
from apps.integrations.formats.base import Checked, ParsedEvent, ParseResult, Source
from apps.integrations.formats.codes import Codes
from apps.integrations.formats.fields import NUMBER_LENGTH, PLACE_LENGTH, short
from apps.integrations.formats.identity import content_digest, normalise_number, own_id
from apps.integrations.formats.times import is_suspect
from apps.integrations.formats.x12.times import located, moment

NAME: Final = "x12_210"
KIND: Final = "210"
GROUP: Final = "IM"
CODE: Final = "B302"
MAX_LINES: Final = 2_000

_WANTED: Final = frozenset({"B3", "C3", "N9", "L1", "L3"})
_AMOUNT: Final = re.compile(r"-?[0-9]{1,15}")
_REFERENCES: Final = {"PO": "purchase", "BM": "bill_of_lading", "CO": "order"}


@dataclass(slots=True)
class Invoice:
    """One bill. total and the amounts of the lines are Decimals of the currency."""

    number: str
    shipment: str
    terms: str
    day: str
    total: Decimal
    correction: str
    delivered: str
    scac: str
    currency: str = ""
    lines: list[tuple[str, Decimal, str]] = field(default_factory=list)
    closing: Decimal | None = None
    references: dict[str, str] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        """Whether the charges, and the closing total where there is one, are what the head says."""
        charged = sum((amount for _, amount, _ in self.lines), Decimal(0))
        return charged == self.total and self.closing in (None, self.total)

    @property
    def details(self) -> dict[str, Any]:
        """Amounts are texts with two decimals; charges adds up the lines of one charge code."""
        charges: dict[str, Decimal] = {}
        for code, amount, _ in self.lines:
            charges[code] = charges.get(code, Decimal(0)) + amount
        lines = self.lines[:MAX_LINES]
        found = {
            "invoice_number": self.number,
            "total": f"{self.total:.2f}",
            "currency": self.currency,
            "charges": {
                code: f"{amount:.2f}" for code, amount in list(charges.items())[:MAX_LINES]
            },
            "lines": [
                {"code": code, "amount": f"{amount:.2f}", "text": text}
                for code, amount, text in lines
            ],
            "scac": self.scac,
            "terms": self.terms,
            "correction": self.correction,
            "delivered_on": self.delivered,
        }
        return {name: value for name, value in found.items() if value}


def review(raw: bytes) -> x12.Reading[Invoice]:
    """The body taken apart, with what is wrong noted on the sets; raises Refused as x12.read does."""
    return x12.only_kind(raw, KIND, GROUP, _read)


def check(raw: bytes) -> Checked:
    """Envelope, counts, and a B3 with invoice, shipment, bill date and amount. Raises Refused."""
    return x12.checked(review(raw), NAME, KIND)


def parse(raw: bytes, codes: Codes, source: Source, received_at: datetime) -> ParseResult:
    """One event for each invoice. A number that the carrier has used is a known event, whatever
    interchange it comes in (FORMATS 0.4).
    """
    reading = review(raw)
    ignored = x12.checked(reading, NAME, KIND).ignored
    events = [
        event
        for invoice in reading.good
        if (event := _event(invoice, codes, source, received_at)) is not None
    ]
    return ParseResult(events, reading.skipped, ignored)


def amount(text: str) -> Decimal | None:
    """An amount with two implied decimals (48250 is 482.50), perhaps negative; None if it is none."""
    return Decimal(text) / 100 if _AMOUNT.fullmatch(text) else None


def _read(one: x12.TransactionSet, interchange: x12.Interchange) -> list[Invoice | str]:
    """The invoice of a set, or why there is none; what is wrong is noted on the set."""
    invoice: Invoice | None = None
    wrong: tuple[int, str, int, str, str] | None = None
    for position, name, values in one.walk(_WANTED):
        if name == "B3" and invoice is None:
            invoice, wrong = _head(position, values)
            if wrong:
                break
        elif invoice is None:
            continue
        elif name in {"L1", "L3"}:
            at = 3 if name == "L1" else 4
            found = amount(values[at])
            if found is None and values[at]:
                wrong = (position, name, at + 1, "6", f"{name}-0{at + 1} is no whole amount")
                break
            if name == "L3":
                invoice.closing = found
            elif found is not None:
                code, text = short(values[7], 40), short(values[11], PLACE_LENGTH)
                invoice.lines.append((code or text or "?", found, text))
        else:
            _take(invoice, name, values)
    if invoice is not None and wrong is None:
        return [invoice]
    position, name, element, code, says = wrong or (2, "B3", 0, "", "an invoice has no B3")
    one.faults.append(x12.Fault(says, "5", position, name, "8" if element else "3", element, code))
    return [says]


def _head(
    position: int, values: list[str]
) -> tuple[Invoice | None, tuple[int, str, int, str, str] | None]:
    """B3: 02 invoice, 03 shipment, 04 terms, 06 bill date, 07 amount, 08 correction, 09 delivered,
    11 SCAC.
    """
    for at, what in ((1, "B3-02"), (2, "B3-03")):
        if not values[at] or len(values[at]) > NUMBER_LENGTH:
            says = f"{what} must be a text of 1 to {NUMBER_LENGTH} characters"
            return None, (position, "B3", at + 1, "1", says)
    total = amount(values[6])
    if total is None:
        return None, (position, "B3", 7, "6", "B3-07 must be an amount without a decimal point")
    if moment(values[5], "") is None:
        return None, (position, "B3", 6, "8", "no usable time")
    delivered = moment(values[8], "")
    invoice = Invoice(
        number=values[1], shipment=values[2], terms=short(values[3], 10), day=values[5],
        total=total, correction=short(values[7], 10), scac=short(values[10], NUMBER_LENGTH),
        delivered=delivered.isoformat() if delivered and values[9] == "035" else "",
    )  # fmt: skip
    return invoice, None


def _take(invoice: Invoice, name: str, values: list[str]) -> None:
    if name == "C3":
        invoice.currency = short(values[0].upper(), 10)
    elif name == "N9" and values[0] in _REFERENCES and values[1]:
        invoice.references.setdefault(_REFERENCES[values[0]], short(values[1], NUMBER_LENGTH))


def _event(
    invoice: Invoice, codes: Codes, source: Source, received_at: datetime
) -> ParsedEvent | None:
    when = located(invoice.day, "", "", source.timezone)
    if when is None:  # at the very edge of the calendar only: the date has been read
        return None
    mapped = codes.resolve((NAME, CODE))
    carrier = source.carrier or invoice.scac or None
    details = invoice.details
    flags = [
        *(["total_mismatch"] if not invoice.agrees else []),
        *(["suspect_time"] if is_suspect(when.at, received_at) else []),
    ]
    # A corrected bill keeps its number; the kind of correction tells it from a bill sent twice.
    number = "/".join(filter(None, (normalise_number(invoice.number), invoice.correction)))
    return ParsedEvent(
        milestone=mapped.milestone,
        tracking_number=invoice.shipment,
        occurred_at=when.at,
        exception_reason=mapped.reason,
        time_basis=when.basis,
        unmapped=mapped.unmapped,
        flags=tuple(flags),
        details=details,
        identity=own_id(f"{NAME}/{(carrier or source.slug).casefold()}", number),
        content=content_digest(details, invoice.shipment, invoice.day),
        source_event_id=short(invoice.number, NUMBER_LENGTH),
        source_code=CODE,
        carrier=short(carrier, NUMBER_LENGTH) if carrier else None,
        references=invoice.references | {"invoice": invoice.number},
    )
