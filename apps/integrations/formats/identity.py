"""When are two scans the same? Rules: FORMATS 0.4."""

import hashlib
import json
import unicodedata
from datetime import datetime
from typing import Any, Final

from apps.integrations.formats.times import iso_z

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_ASCII_DROPPED: Final = {ord(char): None for char in " \t\r\n\f\v-"}


def normalise_number(number: str) -> str:
    """A tracking number for comparison: upper case, without spaces, dashes and invisible
    characters.

    Leading zeros stay; full-width and other compatibility forms become the plain character.
    """
    if number.isascii():
        return number.translate(_ASCII_DROPPED).upper()
    plain = unicodedata.normalize("NFKC", number)
    kept = (
        char
        for char in plain
        if unicodedata.category(char) not in {"Zs", "Zl", "Zp", "Pd", "Cc", "Cf"}
    )
    return "".join(kept).upper()


def own_id(partner: str, event_id: str) -> str:
    """Identity of a scan that the source itself names; another partner's is another scan."""
    return _digest("id", partner, event_id)


def fingerprint(
    format_name: str,
    carrier: str | None,
    tracking_number: str,
    source_code: str,
    occurred_at: datetime,
    location: str,
) -> str:
    """Identity of a scan without an id of its own; the place is trimmed, in any case."""
    return _digest(
        "scan",
        format_name,
        (carrier or "").strip().casefold(),
        normalise_number(tracking_number),
        source_code.casefold(),
        iso_z(occurred_at),
        " ".join(location.split()).casefold(),
    )


def content_digest(*parts: Any) -> str:
    """Digest of what the source says in a scan, to find the same identity with other content.

    parts are JSON values of the source, before any mapping: a new mapping must not look like a
    conflict.
    """
    return hashlib.sha256(_ENCODER.encode(parts).encode()).hexdigest()


def _digest(*parts: str) -> str:
    # Each part carries its length, so that no two lists of parts are written alike.
    written = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(written.encode()).hexdigest()
