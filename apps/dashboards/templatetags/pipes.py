"""Words that only the integration screens need."""

import re
from datetime import timedelta

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from apps.dashboards import wording

register = template.Library()
_TICKED = re.compile(r"`([^`]*)`")


@register.filter
def seconds(count: float | None) -> str:
    """A number of seconds in words: 474 → `7 min`."""
    return "" if count is None else wording.span(timedelta(seconds=float(count)))


@register.filter
def took(ms: int) -> str:
    """How long something took: `40 ms`, `1.2 s`, `3 min`."""
    if ms < 1000:
        return f"{ms} ms"
    return f"{ms / 1000:.1f} s" if ms < 60_000 else wording.span(timedelta(milliseconds=ms))


@register.filter
def thousands(count: int | None) -> str:
    """A count with its thousands apart: 12,480."""
    return "" if count is None else f"{count:,}"


@register.filter
def none_or(count: int) -> str | SafeString:
    """A count that is best nought, greyed when it is."""
    return thousands(count) if count else SafeString('<span class="muted">0</span>')


@register.filter
def coded(text: str) -> SafeString:
    """A sentence with `codes` between back ticks, as in our documentation."""
    parts = _TICKED.split(str(text))
    pieces = (
        format_html("<code>{}</code>", part) if place % 2 else conditional_escape(part)
        for place, part in enumerate(parts)
    )
    return format_html_join("", "{}", ((piece,) for piece in pieces))
