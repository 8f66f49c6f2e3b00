"""How each carrier's API is asked, as data. Sources: the carriers' public API pages and FORMATS 1 to 4. Pure."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: method, path below the base URL, and what it carries. numbers are those it asks for."""

    method: str
    path: str
    numbers: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shape:
    """One API: where it stands, its token's address, how it is signed in to, and how many numbers a request takes.

    volatile are names at the top of an answer that differ each time although nothing new is said.
    """

    title: str
    base_url: str
    auth: str
    token_path: str
    most_numbers: int
    ask: Callable[[Sequence[str]], Ask]
    header: str = ""
    volatile: tuple[str, ...] = ()


def _ups(numbers: Sequence[str]) -> Ask:
    # transId is 32 characters of ours and names the request in UPS's logs; transactionSrc who asks.
    trans = hashlib.sha256(",".join(numbers).encode()).hexdigest()[:32]
    return Ask(
        "GET",
        f"/api/track/v1/details/{quote(numbers[0], safe='')}",
        tuple(numbers),
        params={"locale": "en_US", "returnSignature": "false", "returnMilestones": "false"},
        headers={"transId": trans, "transactionSrc": "controltower"},
    )


def _fedex(numbers: Sequence[str]) -> Ask:
    wanted = [{"trackingNumberInfo": {"trackingNumber": number}} for number in numbers]
    return Ask(
        "POST",
        "/track/v1/trackingnumbers",
        tuple(numbers),
        json={"includeDetailedScans": True, "trackingInfo": wanted},
        headers={"X-locale": "en_US"},
    )


def _dhl(numbers: Sequence[str]) -> Ask:
    return Ask("GET", "/track/shipments", tuple(numbers), params={"trackingNumber": numbers[0]})


def _usps(numbers: Sequence[str]) -> Ask:
    path = f"/tracking/v3/tracking/{quote(numbers[0], safe='')}"
    return Ask("GET", path, tuple(numbers), params={"expand": "DETAIL"})


SHAPES: Final[Mapping[str, Shape]] = {
    "ups_track": Shape(
        "UPS Track", "https://onlinetools.ups.com", "oauth2", "/security/v1/oauth/token", 1, _ups
    ),
    "fedex_track": Shape(
        "FedEx Track", "https://apis.fedex.com", "oauth2", "/oauth/token", 30, _fedex,
        volatile=("transactionId", "customerTransactionId"),
    ),
    "dhl_unified": Shape(
        "DHL Unified tracking", "https://api-eu.dhl.com", "api_key", "", 1, _dhl, "DHL-API-Key"
    ),
    "usps_tracking": Shape(
        "USPS Tracking 3", "https://apis.usps.com", "oauth2", "/oauth2/v3/token", 1, _usps
    ),
}  # fmt: skip
"""The carriers whose request is known; every other format is asked by a path of its own."""


def templated(path: str, numbers: Sequence[str], cursor: str) -> Ask:
    """A GET of a person's own path with {number} and {cursor} filled in, each percent-encoded."""
    joined = ",".join(quote(number, safe="") for number in numbers)
    filled = path.replace("{number}", joined).replace("{cursor}", quote(cursor, safe=""))
    return Ask("GET", filled, tuple(numbers))


def request(format_name: str, path: str, numbers: Sequence[str], cursor: str = "") -> Ask:
    """The request for these numbers: by the person's own path, else as the format's API wants it.

    Raises KeyError for a format without a known API and no path.
    """
    return templated(path, numbers, cursor) if path else SHAPES[format_name].ask(numbers)


def most_numbers(format_name: str, path: str) -> int:
    """How many numbers one request may take: what the API is known to allow, 100 for a path of one's own."""
    return 100 if path or format_name not in SHAPES else SHAPES[format_name].most_numbers


def is_feed(path: str) -> bool:
    """Whether the path reads one feed instead of asking for numbers."""
    return bool(path) and "{number}" not in path


def key_of(format_name: str, asked: Sequence[str], raw: bytes) -> str:
    """The key of an answer's message: equal answers about the same numbers are one (at most 120 characters)."""
    name = asked[0] if len(asked) == 1 else hashlib.sha256(",".join(asked).encode()).hexdigest()
    return f"poll:{name[:64]}:{hashlib.sha256(_lasting(format_name, raw)).hexdigest()[:40]}"


def _lasting(format_name: str, raw: bytes) -> bytes:
    """The answer without what differs each time; the bytes themselves when there is nothing of the kind."""
    shape = SHAPES.get(format_name)
    if shape is None or not shape.volatile:
        return raw
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    if not isinstance(document, dict):
        return raw
    kept = {name: value for name, value in document.items() if name not in shape.volatile}
    return json.dumps(kept, sort_keys=True).encode()


def has_entries(raw: bytes) -> bool:
    """Whether a feed's page holds anything: a list that is not empty. What is no JSON does, as far as we know."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return True
    return _any_list(document, 4)


def _any_list(found: Any, depth: int) -> bool:
    if isinstance(found, list):
        return bool(found)
    return (
        depth > 0
        and isinstance(found, dict)
        and any(_any_list(one, depth - 1) for one in found.values())
    )


LONGEST_CURSOR: Final = 500


def next_cursor(raw: bytes, cursor_at: str) -> str:
    """What stands at "meta.next" in an answer, as text; empty when there is nothing (then the old one stays).

    Raises ValueError for one of more than LONGEST_CURSOR characters: cut off it would mean another place.
    """
    if not cursor_at:
        return ""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    for name in cursor_at.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    cursor = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    if len(cursor) > LONGEST_CURSOR:
        raise ValueError("cursor")
    return cursor
