"""The words of one record's page: values that Odoo changed, a supply's stage, how much later than said."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.dashboards import wording
from apps.dashboards.templatetags import tower
from apps.shipments.rules.ownership import TITLES

register = template.Library()

_INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d")
_NUMBER = re.compile(r"^-?\d+\.\d+$")


@register.simple_tag
def mirrored(value: object) -> SafeString | str:
    """A value as the mirror's history keeps it: a time in the viewer's zone, a number without idle zeros, a code in words."""
    if value in (None, "", False):
        return format_html('<span class="muted">nothing</span>')
    text = str(value)
    if _INSTANT.match(text):
        return tower.moment(datetime.fromisoformat(text))
    if _NUMBER.match(text):
        return f"{Decimal(text).normalize():,f}"
    return tower.words(text)


@register.filter
def system_words(kind: str) -> str:
    """What kind of system said it, in words: `a warehouse system`."""
    return TITLES.get(kind, kind)


_SUPPLY = {
    "planned": "", "ordered": "wait", "in_progress": "wait", "partly_received": "wait", "received": "done",
    "finished": "done", "cancelled": "", "unknown": "act",
}  # fmt: skip


@register.simple_tag
def supply_stage(supply: Any) -> SafeString:
    """A supply's stage as a tag."""
    return tower.tag(_SUPPLY.get(supply.stage, ""), supply.get_stage_display())


@register.simple_tag
def slip(first: datetime | None, now: datetime | None) -> SafeString:
    """How much later than first said, as a tag; nothing when it is not."""
    if first is None or now is None or now <= first:
        return SafeString("")
    return tower.tag("risk", f"{wording.span(now - first)} later")


@register.simple_tag
def pressing(at: datetime) -> SafeString:
    """What is left until a promise, as a tag, once that is hours or less; nothing while it is far."""
    left = wording.countdown(at, timezone.now(), timezone.get_current_timezone())
    return SafeString("") if left.tone == "wait" else tower.tag(left.tone, left.text)


@register.simple_tag
def late_by(needed: datetime, comes: datetime) -> SafeString:
    """How much too late something comes for somebody who needs it."""
    return tower.tag("act", f"{wording.span(comes - needed)} too late")
