"""The words of the templates: icons, status tags, times with their absolute form, money, people."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.dashboards import wording

register = template.Library()

_TAG_ICONS = {"act": "act", "risk": "risk", "wait": "wait", "done": "done"}


def _zone() -> ZoneInfo:
    return timezone.get_current_timezone()  # type: ignore[return-value]


@register.simple_tag
def icon(name: str) -> SafeString:
    """One symbol of templates/_icons.html; it says nothing to a screen reader, the word beside it does."""
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"></use></svg>', name)


@register.simple_tag
def tag(tone: str, word: str) -> SafeString:
    """A status: icon and word and colour. tone: act, risk, wait, done, or empty for a plain one."""
    if tone not in _TAG_ICONS:
        return format_html('<span class="tag">{}</span>', word)
    mark = icon(_TAG_ICONS[tone])
    return format_html('<span class="tag {}">{}{}</span>', tone, mark, word)


@register.simple_tag
def ago(at: datetime | None, stale_min: int | None = None, none: str = "never") -> SafeString:
    """How long ago, kept fresh by the page; grey italic `stale 5 h` once older than stale_min minutes."""
    if at is None:
        return format_html('<span class="muted">{}</span>', none)
    now = timezone.now()
    stale = stale_min is not None and now - at > timedelta(minutes=stale_min)
    words = wording.ago(at, now)
    return format_html(
        '<time datetime="{}" title="{}" data-ago{}{}>{}</time>',
        at.isoformat(),
        wording.absolute(at, _zone()),
        format_html(' data-stale-min="{}"', stale_min) if stale_min is not None else "",
        SafeString(' class="stale"') if stale else "",
        f"stale {words}" if stale else words,
    )


@register.simple_tag
def moment(at: datetime | None) -> SafeString:
    """A moment, as short as its distance allows, with the absolute time in the title."""
    if at is None:
        return SafeString("")
    words = wording.moment(at, timezone.now(), _zone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        wording.absolute(at, _zone()),
        words,
    )


@register.simple_tag
def countdown(at: datetime | None, none: str = "no promise") -> SafeString:
    """A promise or a clock as a status tag."""
    if at is None:
        return format_html('<span class="muted">{}</span>', none)
    left = wording.countdown(at, timezone.now(), _zone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        wording.absolute(at, _zone()),
        tag(left.tone, left.text),
    )


@register.simple_tag
def money(amount: Decimal | None, currency: str = "", cents: bool = False) -> str:
    """An amount with its currency."""
    return wording.money(amount, currency, cents=cents)


@register.simple_tag
def who(person: Any, me: Any = None, nobody: str = "nobody yet") -> SafeString:
    """The round mark of a person, their name in the title; the viewer's own mark is highlighted."""
    if person is None:
        return format_html('<span class="muted">{}</span>', nobody)
    mine = " me" if me is not None and person.pk == me.pk else ""
    return format_html(
        '<span class="who{}" title="{}" aria-hidden="true">{}</span><span class="sr">{}</span>',
        mine,
        person.name,
        person.initials,
        "you" if mine else person.name,
    )


@register.filter
def words(code: object) -> str:
    """A code as words: `recipient_unavailable` → `recipient unavailable`."""
    return str(code or "").replace("_", " ")


@register.filter
def kind_of(public_id: object) -> str:
    """The prefix of a public id: `shp_0190…` → `shp`."""
    return str(public_id or "").partition("_")[0]


@register.filter
def item(mapping: Any, key: str) -> Any:
    """A dictionary's value by key, or None."""
    return mapping.get(key) if isinstance(mapping, dict) else None
