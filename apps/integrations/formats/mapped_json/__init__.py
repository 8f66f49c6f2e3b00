"""JSON of any shape, read by a layout that is data: how a new partner is taken in without code."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import Codes, read_rows
from apps.integrations.formats.mapped_json.parse import NAME, check, message_id, parse
from apps.integrations.formats.schemes import GENERIC


@cache
def load_codes() -> Codes:
    """Mapping version 1: the plain layout beside this file, and our milestones under their own names."""
    here = Path(__file__)
    layout: dict[str, Any] = json.loads(here.with_name("layout.json").read_text(encoding="utf-8"))
    return Codes.from_rows(1, read_rows(here.with_name("codes.csv")), layout)


FORMAT = Format(
    name=NAME,
    title="JSON by a layout",
    media_types=JSON_MEDIA,
    tables=("event", "reason"),
    check=check,
    parse=parse,
    load_codes=load_codes,
    scheme="hmac_sha256",
    schemes=(*GENERIC, "url_token"),
    key_of=message_id,
)
