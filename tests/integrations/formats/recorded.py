"""The recorded messages of the formats with what must come of them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apps.integrations import formats
from apps.integrations.formats.base import ParsedEvent, ParseResult, Refused, Source
from apps.integrations.formats.schemes import SCHEMES, Scheme

FOLDER = Path(__file__).with_name("samples")
INDEXES: list[dict[str, Any]] = [
    json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("index*.json"))
]
SAMPLES: list[dict[str, Any]] = [sample for index in INDEXES for sample in index["samples"]]
SCHEME_SECRETS: dict[str, str] = {
    "hmac_sha256": "hmac-test-secret",
    "bearer": "bearer-test-token",
    "basic": "tower:basic-test-password",
    "url_token": "url-test-token",
    "shipengine": SCHEMES["shipengine"].generate(),
} | {name: secret for index in INDEXES for name, secret in index["test_secrets"].items()}
SECRETS = {name: SCHEME_SECRETS[found.scheme] for name, found in formats.FORMATS.items()}
NOW = datetime(2026, 3, 11, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)  # after the newest of all recorded events


def scheme(name: str) -> Scheme:
    """The scheme by which the source of a format signs."""
    return SCHEMES[formats.get(name).scheme]


def parse_sample(sample: dict[str, Any]) -> ParseResult:
    """A recorded message read as its index says: with the settings and at the clock given there."""
    clock = sample.get("received_at")
    return parsed(
        sample["format"],
        body(sample["file"]),
        timezone=sample.get("source_config", {}).get("default_timezone"),
        now=datetime.fromisoformat(clock) if clock else LATER,
    )


def body(file: str) -> bytes:
    return (FOLDER / file).read_bytes()


def document(file: str) -> Any:
    return json.loads(body(file))


def written(content: Any) -> bytes:
    return json.dumps(content).encode()


def parsed(
    name: str,
    content: Any,
    *,
    timezone: str | None = None,
    slug: str = "acme",
    carrier: str | None = None,
    now: datetime = NOW,
) -> ParseResult:
    """What a format makes of a document (or of raw bytes)."""
    format_ = formats.get(name)
    raw = content if isinstance(content, bytes) else written(content)
    return format_.parse(raw, format_.load_codes(), Source(slug, name, carrier, timezone), now)


def only(result: ParseResult) -> ParsedEvent:
    assert len(result.events) == 1
    assert not result.skipped
    return result.events[0]


def refusal(action: Any, *args: Any) -> Refused:
    """The refusal an action ends with; fails when it does not refuse."""
    try:
        action(*args)
    except Refused as error:
        return error
    raise AssertionError("nothing was refused")


def each(format_name: str) -> Iterator[dict[str, Any]]:
    return (sample for sample in SAMPLES if sample["format"] == format_name)
