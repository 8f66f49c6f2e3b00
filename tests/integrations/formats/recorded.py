"""The recorded messages of the formats with what must come of them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apps.integrations import formats
from apps.integrations.formats.base import ParsedEvent, ParseResult, Refused, Source

FOLDER = Path(__file__).with_name("samples")
INDEX: dict[str, Any] = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
SAMPLES: list[dict[str, Any]] = INDEX["samples"]
SECRETS = {
    "ups_track_alert": INDEX["test_secrets"]["ups_credential"],
    "easypost": INDEX["test_secrets"]["easypost"],
    "tpl_generic": INDEX["test_secrets"]["standard_webhooks"],
}
NOW = datetime(2026, 3, 11, tzinfo=UTC)


def body(file: str) -> bytes:
    return (FOLDER / file).read_bytes()


def document(file: str) -> dict[str, Any]:
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
