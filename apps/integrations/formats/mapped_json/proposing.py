"""From a pasted sample to a first layout: what fields there are, and which have a name that says what they hold.

Proposals come from equal words only and are shown as proposals: a person picks. Codes are never mapped by themselves.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from apps.integrations.formats.codes import MILESTONES
from apps.integrations.formats.fields import short, text
from apps.integrations.formats.mapped_json.layout import Layout
from apps.integrations.formats.mapped_json.parse import entries_of, first_text
from apps.integrations.formats.mapped_json.paths import key
from apps.integrations.formats.times import parse_digits, parse_iso

MAX_FIELDS: Final = 200
MAX_CODES: Final = 300
_EXAMPLES: Final = 3
_ENTRIES: Final = 50  # so many are looked at for examples
_DEPTH: Final = 8

NAMES: Final[Mapping[str, frozenset[str]]] = {
    "number": frozenset(
        "trackingnumber tracking trackingno trackingid trackingcode awb waybill consignment consignmentnumber"
        " parcelnumber parcelno parcelid barcode packagenumber pro shipmentnumber number".split()
    ),
    "code": frozenset(
        "code status statuscode eventcode event eventtype type statecode state scancode activity".split()
    ),
    "time": frozenset(
        "time timestamp datetime eventtime occurredat date eventdate scantime scandate eventdatetime eventtimestamp at"
        " statusdate statustime statusdatetime".split()
    ),
    "place": frozenset("place city location town depot hub station locationname facility".split()),
    "country": frozenset("country countrycode".split()),
    "zone": frozenset("timezone tz zone".split()),
    "reason": frozenset("reason reasoncode exceptioncode exception".split()),
    "eta": frozenset("eta estimateddelivery expecteddelivery estimateddeliverydate".split()),
    "event_id": frozenset("eventid scanid uuid".split()),
    "message_id": frozenset("messageid msgid deliveryid notificationid webhookid".split()),
    "received_by": frozenset("receivedby signedby signatory recipientname signature".split()),
    "description": frozenset("description text message statustext eventdescription".split()),
    "order": frozenset(
        "order orderref orderreference orderno ordernumber customerreference customerref clientref yourref"
        " yourreference".split()
    ),
}
"""By field of a layout: the names, in lower case without signs, that say so."""


@dataclass(slots=True)
class Found:
    """A field of the sample: its path as a layout writes it, up to three example values, what its name says."""

    path: str
    examples: list[str] = field(default_factory=list)
    says: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """lists: paths that could be the entries, the likeliest first; fields: what can be picked for entries."""

    lists: list[str]
    entries: str
    fields: list[Found]
    picks: dict[str, str]


def propose(document: Any, entries: str | None = None) -> Proposal:
    """What a decoded sample holds, read with these entries (None: the likeliest list)."""
    lists = sorted(_lists(document, "", 0), key=lambda one: (-_likely(one[1]), one[0]))
    names = list(dict.fromkeys(name for name, _ in lists))[:20]
    chosen = entries if entries is not None else next(iter(names), "")
    fields = _fields(document, chosen)
    picks: dict[str, str] = {}
    for one in fields:
        if one.says == "message_id" and chosen and not one.path.startswith("$."):
            continue  # what many messages may have is no message's id
        if one.says and one.says not in picks:
            picks[one.says] = one.path
    return Proposal(names, chosen, fields, picks)


def _lists(value: Any, at: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Every list of objects with its path; the inner ones of a list's first element too."""
    if depth > _DEPTH:
        return
    if isinstance(value, list):
        first = next((one for one in value if isinstance(one, dict)), None)
        if first is not None:
            yield f"{at}[]", first
            yield from _lists(first, f"{at}[]", depth + 1)
    elif isinstance(value, dict):
        for name, inner in list(value.items())[:MAX_FIELDS]:
            yield from _lists(inner, f"{at}.{key(name)}" if at else key(name), depth + 1)


def _likely(element: Mapping[str, Any]) -> int:
    """How many of the wanted fields an element names: a code and a time make an event."""
    said = {_says(name, value) for name, value in list(element.items())[:MAX_FIELDS]}
    return 4 * ({"code", "time"} <= said) + len(said - {""})


def _fields(document: Any, entries: str) -> list[Found]:
    found: dict[str, Found] = {}
    for scopes in entries_of(document, entries, limit=_ENTRIES):
        for up in range(len(scopes) - 1):
            prefix = "^." * up
            for path, name, value in _leaves(scopes[-1 - up], "", 0):
                _note(found, f"{prefix}{path}", name, value)
        if len(scopes) > 1 and scopes[0] is not scopes[-1]:
            for path, name, value in _leaves(scopes[0], "", 0):
                _note(found, f"$.{path}", name, value)
        if len(found) > MAX_FIELDS:
            break
    return list(found.values())[:MAX_FIELDS]


def _note(found: dict[str, Found], path: str, name: str, value: Any) -> None:
    shown = short(str(value), 60)
    one = found.setdefault(path, Found(path))
    one.says = one.says or _says(name, value)
    if shown not in one.examples and len(one.examples) < _EXAMPLES:
        one.examples.append(shown)


def _leaves(value: Any, at: str, depth: int) -> Iterator[tuple[str, str, Any]]:
    """Path, name and value of every text and number of an object, not of the lists in it."""
    if depth > _DEPTH or not isinstance(value, dict):
        return
    for name, inner in list(value.items())[:MAX_FIELDS]:
        path = f"{at}.{key(name)}" if at else key(name)
        if isinstance(inner, dict):
            yield from _leaves(inner, path, depth + 1)
        elif text(inner) or isinstance(inner, float):
            yield path, name, inner


def _says(name: str, value: Any) -> str:
    """The field of a layout that a name is another word for, "" for none; a time must look like one."""
    word = re.sub(r"[^a-z0-9]", "", name.lower())
    for wanted, names in NAMES.items():
        if word in names:
            return wanted if wanted != "time" or time_format_of(value) else ""
    return ""


def time_format_of(value: Any) -> str:
    """The layout's time format that reads a value, "" when none does; a pattern for the two common written ones."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "epoch_ms" if value > 10**11 else "epoch_s" if value > 10**8 else ""
    written = text(value)
    if parse_iso(written) is not None:
        return "iso"
    if parse_digits(written[:8], written[8:].strip("T ")) is not None:
        return "digits"
    for separator in (".", "/"):
        shape = rf"\d{{2}}\{separator}\d{{2}}\{separator}\d{{4}}"
        day = separator.join(("%d", "%m", "%Y"))
        for tail, clock in (
            ("", ""),
            (r" \d{2}:\d{2}", " %H:%M"),
            (r" \d{2}:\d{2}:\d{2}", " %H:%M:%S"),
        ):
            if re.fullmatch(shape + tail, written):
                return day + clock
    return ""


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A code of the sample: in which table it is looked up, how often it stands there, which milestone has the same
    words (a proposal; "" for none), and what the partner says of it in words ("" where the layout finds none).
    """

    table: str
    code: str
    count: int
    same_words: str
    described: str = ""


def codes_in(document: Any, layout: Layout) -> list[FoundCode]:
    """The codes that the layout finds in a decoded sample, each once, in order of appearance."""
    counts: dict[tuple[str, str], int] = {}
    described: dict[tuple[str, str], str] = {}
    for scopes in entries_of(document, layout.entries_text):
        words = short(first_text(layout.fields.get("description", ()), scopes), 120)
        for table, paths in layout.codes:
            code = first_text(paths, scopes)
            if code and ((table, code) in counts or len(counts) < MAX_CODES):
                counts[table, code] = counts.get((table, code), 0) + 1
                described.setdefault((table, code), words)
    return [
        FoundCode(table, code, count, same_words(code), described[table, code])
        for (table, code), count in counts.items()
    ]


def same_words(code: str) -> str:
    """The milestone whose name has exactly the words of a code, "" for none: "OUT-FOR-DELIVERY"."""
    words = "_".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code).lower()))
    return words if words in MILESTONES else ""
