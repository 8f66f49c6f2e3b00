"""The tower's own event, for middleware: one, an array, or one a line. docs/canonical.md says it all."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.canonical.parse import check, parse
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC

FORMAT = Format(
    name="canonical",
    title="Canonical event",
    media_types=(*JSON_MEDIA, "application/x-ndjson", "application/ndjson", "application/jsonl"),
    tables=("canonical",),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="standard_webhooks",
    schemes=GENERIC,
)
