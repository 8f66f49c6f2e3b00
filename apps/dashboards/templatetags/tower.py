"""The words of the templates: icons, status tags, times with their absolute form, money, people."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from apps.dashboards import wording
from apps.shipments.rules.rollup import TITLES

register = template.Library()

_TAG_ICONS = {"act": "act", "risk": "risk", "wait": "wait", "done": "done"}


def _zone() -> ZoneInfo:
    return timezone.get_current_timezone()


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
def ago(
    at: datetime | None, stale_min: int | None = None, none: str = "never", suffix: str = ""
) -> SafeString:
    """How long ago, kept fresh by the page; grey italic `stale 5 h` once older than stale_min minutes.

    suffix is said after a span and not after `now`: `4 s ago`, `now`.
    """
    if at is None:
        return format_html('<span class="muted">{}</span>', none)
    now = timezone.now()
    stale = stale_min is not None and now - at > timedelta(minutes=stale_min)
    words = wording.ago(at, now)
    words = words if words == "now" else f"{words}{suffix}"
    return format_html(
        '<time datetime="{}" title="{}" data-ago{}{}{}>{}</time>',
        at.isoformat(),
        wording.absolute(at, _zone()),
        format_html(' data-stale-min="{}"', stale_min) if stale_min is not None else "",
        format_html(' data-suffix="{}"', suffix) if suffix else "",
        SafeString(' class="stale"') if stale else "",
        f"stale {words}" if stale else words,
    )


@register.simple_tag
def moment(at: datetime | str | None) -> SafeString:
    """A moment, as short as its distance allows, with the absolute time in the title; ISO text as a row's JSON has it."""
    if not at:
        return SafeString("")
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    words = wording.moment(at, timezone.now(), _zone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        wording.absolute(at, _zone()),
        words,
    )


_IN_A_SENTENCE = re.compile(
    r"\b(?:(\d{1,2}) ([A-Z][a-z]{2})|(\d{4}-\d\d-\d\d)) (\d\d):(\d\d) UTC\b"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@register.filter
def local_times(says: object, near: datetime | str | None = None) -> SafeString:
    """A stored sentence with its times ("21 Nov 14:02 UTC", "2026-11-21 14:02 UTC") in the viewer's zone.

    What is stored has one zone, who reads it another. Where it names no year the one nearest to `near` is meant: a
    time of the sentence's row (ISO text as JSON has it), without which a November read in July is the next one.
    """
    near = datetime.fromisoformat(near) if near and isinstance(near, str) else near
    about, parts, end, text = near or timezone.now(), [], 0, str(says or "")
    for found in _IN_A_SENTENCE.finditer(text):
        at = _nearest(found, about)
        if at is not None:
            parts += [conditional_escape(text[end : found.start()]), moment(at)]
            end = found.end()
    return mark_safe("".join([*parts, conditional_escape(text[end:])]))  # noqa: S308  each part is escaped


def _nearest(found: re.Match[str], about: datetime) -> datetime | None:
    """The moment a match names; None for a day or an hour that is none."""
    day, month, whole, hour, minute = found.groups()
    dates = [whole] if whole else []
    if month in _MONTHS:
        number = _MONTHS.index(month) + 1
        dates = [f"{about.year + off}-{number:02d}-{int(day):02d}" for off in (-1, 0, 1)]
    possible = []
    for date in dates:
        with suppress(ValueError):  # 29 Feb is not in every year
            possible.append(datetime.fromisoformat(f"{date}T{hour}:{minute}:00+00:00"))
    return min(possible, key=lambda at: abs(at - about), default=None)


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
        return format_html(
            '<span class="who none" aria-hidden="true">–</span> <span class="muted team-name">{}</span>',
            nobody,
        )
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


@register.simple_tag
def clock(case: Any) -> SafeString:
    """A case's clock: what is left of it, whom it waits for, or that it is closed."""
    if case.state == "resolved":
        return tag("done", "closed")
    if case.state == "waiting":
        return tag(
            "wait",
            {
                "carrier": "carrier",
                "customer": "customer",
                "approval": "approval",
                "odoo": "Odoo",
            }.get(case.waiting_on, "waits"),
        )
    return countdown(case.due_at)


@register.filter
def in_query(query: str, word: str) -> str:
    """`?view=mine` for a query text, with another word joined; empty when there is neither."""
    joined = "&".join(part for part in (query, word) if part)
    return f"?{joined}" if joined else ""


@register.filter
def may(user: Any, what: str) -> bool:
    """Whether the person's role allows something (a key of roles.MAY)."""
    return bool(user.is_authenticated and user.may(what))


@register.filter
def late_words(length: timedelta) -> str:
    """A delay in words: `1 h 22`."""
    return wording.span(length)


@register.filter
def minutes(count: int) -> str:
    """A number of minutes in words: 474 → `7 h 54`."""
    return wording.span(timedelta(minutes=count))


@register.filter
def quantity(value: Decimal | None) -> str:
    """A quantity without the zeros that the database adds: `12`, `0.5`."""
    return "" if value is None else f"{value.normalize():f}"


_ODOO_TABLES = {
    "account.move": "Invoices and bills",
    "delivery.carrier": "Shipping methods",
    "mrp.production": "Productions",
    "mrp.workorder": "Work orders",
    "product.product": "Products",
    "purchase.order": "Purchase orders",
    "purchase.order.line": "Purchase lines",
    "res.company": "Companies",
    "res.partner": "Contacts",
    "sale.order": "Sales orders",
    "sale.order.line": "Order lines",
    "stock.location": "Locations",
    "stock.move": "Moves",
    "stock.move.line": "Packed lines",
    "stock.picking": "Transfers",
    "stock.picking.type": "Transfer types",
    "stock.quant": "Stock levels",
    "stock.quant.package": "Packages",
    "stock.route": "Routes",
    "stock.warehouse": "Warehouses",
    "uom.uom": "Units of measure",
}


@register.filter
def odoo_table(model: str) -> str:
    """An Odoo model as people call it; one without a name of ours keeps its own."""
    return _ODOO_TABLES.get(model, model)


_PAGES = {
    "shp": "shipment",
    "sup": "supply",
    "ord": "order",
    "cas": "case",
    "req": "approval",
    "hld": "approval",
    "doc": "document",
    "msg": "message",
    "own": "ownership_line",
}


@register.simple_tag
def fact_link(one: Any, near: datetime | str | None = None) -> SafeString:
    """A fact behind a derived value (`{"kind", "id", "says"}`), as a link where its page exists.

    An event opens the raw message that brought it. near: as local_times has it.
    """
    ref = str(one.get("message") or one.get("id") or "")
    page = "event" if ref.startswith("evt_") else _PAGES.get(ref.partition("_")[0])
    says = local_times(one.get("says") or ref, near)
    if page is None:
        return format_html("{}", says)
    try:
        return format_html('<a href="{}">{}</a>', reverse(page, args=[ref]), says)
    except NoReverseMatch:
        return format_html("{}", says)


_EXECUTION = {
    "act": {"delivery_attempted", "exception", "lost", "damaged"},
    "risk": {
        "delayed",
        "customs_hold",
        "awaiting_stock",
        "return_in_transit",
        "returned_to_sender",
    },
    "done": {"delivered", "goods_received"},
}


# What comes in is not shipped by us: the same stage has another name.
_INBOUND = {
    "ready_to_ship": "To be received",
    "awaiting_stock": "Expected",
    "dispatched": "Received",
}


@register.simple_tag
def execution_words(shipment: Any) -> str:
    """A shipment's execution status in words."""
    status = shipment.execution_status
    if shipment.kind in ("incoming", "return") and status in _INBOUND:
        return _INBOUND[status]
    return TITLES.get(status, words(status).capitalize())


@register.simple_tag
def execution(shipment: Any) -> SafeString:
    """A shipment's execution status as a tag."""
    status = shipment.execution_status
    tone = next((tone for tone, members in _EXECUTION.items() if status in members), "wait")
    return tag("" if status == "cancelled" else tone, execution_words(shipment))
