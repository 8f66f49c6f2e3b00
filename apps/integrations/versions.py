"""Versions of the tower's own payload: the old one is taken until its sunset, and every answer says so (R233)."""

from datetime import UTC, datetime, time
from typing import Final

from django.utils.http import http_date

from apps.integrations.formats import canonical
from apps.integrations.formats.base import Checked
from apps.integrations.formats.canonical.envelope import SUNSET
from apps.integrations.formats.canonical.parse import is_deprecated

_DEPRECATED_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)
_SUNSET_AT: Final = datetime.combine(SUNSET, time(23, 59, 59), UTC)
_HEADERS: Final = {
    "Deprecation": f"@{int(_DEPRECATED_AT.timestamp())}",  # RFC 9745
    "Sunset": http_date(_SUNSET_AT.timestamp()),  # RFC 8594
    "Link": '</api/v1/schemas/canonical/2.json>; rel="successor-version"',
}


def sunset_headers(format_name: str, checked: Checked) -> dict[str, str]:
    """What the answer to a message in a deprecated version says; nothing for all others."""
    if format_name == canonical.FORMAT.name and is_deprecated(checked.document):
        return dict(_HEADERS)
    return {}
