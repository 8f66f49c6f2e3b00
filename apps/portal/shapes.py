"""The customer's story as the pages show it: only plain words, times and counts; no code, no inner name."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One of the five steps; `state` is done, now or todo."""

    words: str
    state: str


@dataclass(frozen=True, slots=True)
class Eta:
    """When it comes. `at` is an instant (local to the delivery address) where the carrier named one, else None."""

    words: str
    short: str
    day: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """Something that happened, at a local time; `clock` is empty when only the day is known."""

    words: str
    place: str
    at: datetime
    clock: str
    when: str
    tone: str = ""
    parcel: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The happenings of one local day, newest first."""

    words: str
    day: date
    scans: tuple[Scan, ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel as its receiver knows it. `url` is the carrier's own page, empty where we know none."""

    label: str
    words: str
    tone: str
    carrier: str
    number: str
    url: str
    note: str
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """Proof of delivery, masked: initials at most. `documents` can be opened after the postcode step."""

    words: str
    documents: int


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing to do now. `href` is below the page's own address, or the carrier's page."""

    words: str
    href: str
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """What the customer is told about one order, in every place it is told.

    tone: wait, risk or done. `words` are the customer words of milestones.csv; `step` is 1 to 5, or None when
    the goods are not on the way to the customer (returned, damaged, cancelled). `zone` names the zone of all times.
    """

    order: str
    company: str
    reference: str
    tone: str
    words: str
    headline: str
    sentence: str
    late: bool
    reason: str
    doing: str
    step: int | None
    steps: tuple[Step, ...]
    eta: Eta | None
    promised: str
    action: Action | None
    last: Scan | None
    parcels: tuple[Parcel, ...]
    delivered: int
    total: int
    counted: str
    items: tuple[tuple[str, str], ...]
    days: tuple[Day, ...]
    proof: Proof | None
    zone: str
    told_at: datetime
