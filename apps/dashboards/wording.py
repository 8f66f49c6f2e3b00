"""How times, spans and money are said on screen. Pure: the present is always given."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CHF": "CHF"}
_NO_CENTS = frozenset({"JPY", "KRW", "VND", "CLP"})


@dataclass(frozen=True, slots=True)
class Countdown:
    """What is left until a moment: `tone` is act, risk or wait; `over` once it has passed."""

    tone: str
    text: str
    over: bool


def span(length: timedelta) -> str:
    """A length of time in at most two units: `40 s`, `6 min`, `1 h 12`, `3 d`."""
    seconds = int(abs(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 10 and rest:
        return f"{hours} h {rest:02d}"
    if hours < 48:
        return f"{hours} h"
    return f"{hours // 24} d"


def ago(at: datetime, now: datetime) -> str:
    """How long ago a moment was; a moment to come reads `in 5 min`."""
    if abs(now - at) < timedelta(seconds=10):
        return "now"
    return span(now - at) if at <= now else f"in {span(at - now)}"


def absolute(at: datetime, zone: ZoneInfo | None) -> str:
    """A moment spelled out in a zone: `Sat 21 Nov 2026, 14:48 CET`."""
    local = at.astimezone(zone) if zone else at
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def moment(at: datetime, now: datetime, zone: ZoneInfo | None) -> str:
    """A moment as short as its distance allows: `14:48`, `yesterday 17:20`, `Mon 17:20`, `3 Nov 17:20`, `3 Nov 2025`."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    clock = f"{local:%H:%M}"
    if days == 0:
        return clock
    near = {-1: "yesterday", 1: "tomorrow"}
    if days in near:
        return f"{near[days]} {clock}"
    if abs(days) < 6:
        return f"{local:%a} {clock}"
    if local.year == today.year:
        return f"{local.day} {local:%b} {clock}"
    return f"{local.day} {local:%b %Y}"


def countdown(at: datetime, now: datetime, zone: ZoneInfo | None) -> Countdown:
    """What is left until a promise or a clock: red below 3 h or when it has passed, amber below 8 h."""
    left = at - now
    if left <= timedelta(0):
        return Countdown("act", f"{span(left)} over", over=True)
    if left < timedelta(hours=3):
        return Countdown("act", span(left), over=False)
    if left < timedelta(hours=8):
        return Countdown("risk", span(left), over=False)
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    if days == 0:
        return Countdown("wait", f"{local:%H:%M}", over=False)
    if days == 1:
        return Countdown("wait", "tomorrow", over=False)
    if days < 7:
        return Countdown("wait", f"{local:%a}", over=False)
    return Countdown("wait", f"{local.day} {local:%b}", over=False)


def money(amount: Decimal | None, currency: str, *, cents: bool = False) -> str:
    """An amount with its currency, whole units unless `cents`: `€ 4,180`, `CHF 1,200.50`."""
    if amount is None:
        return ""
    digits = 2 if cents and currency not in _NO_CENTS else 0
    return f"{_SIGNS.get(currency, currency)} {amount:,.{digits}f}".strip()
