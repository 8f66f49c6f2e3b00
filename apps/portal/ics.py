"""A delivery as an entry for a calendar (RFC 5545)."""

from datetime import UTC, datetime, timedelta
from typing import Final

from apps.portal.shapes import Eta, Story

_WIDTH: Final = 75  # octets of a line, RFC 5545 3.1


def entry(story: Story, eta: Eta, uid: str, url: str) -> str:
    """The text of an .ics file: the day, or the last hour before the named time (a moment has no length to show).

    The same `uid` again replaces the entry, so a new time moves it. Lines end in CRLF and are folded.
    """
    if eta.at is None:
        span = (
            f"DTSTART;VALUE=DATE:{eta.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{eta.day + timedelta(days=1):%Y%m%d}",
        )
    else:
        span = (f"DTSTART:{_utc(eta.at - timedelta(hours=1))}", f"DTEND:{_utc(eta.at)}")
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Control Tower//Portal//EN", "METHOD:PUBLISH", "BEGIN:VEVENT",
        f"UID:{uid}", f"DTSTAMP:{_utc(story.told_at)}", *span,
        f"SEQUENCE:{int(story.told_at.timestamp()) // 60}",
        f"SUMMARY:{_text(f'Delivery from {story.company}, order {story.order}')}",
        f"DESCRIPTION:{_text(eta.words)}", f"URL:{url}", "TRANSP:TRANSPARENT", "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    for sign in "\\;,":
        words = words.replace(sign, f"\\{sign}")
    return words.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line in pieces of at most 75 octets, never inside a character; each further piece begins with a space."""
    pieces, piece = [], ""
    for sign in line:
        if len((piece + sign).encode()) > _WIDTH:
            pieces.append(piece)
            piece = " "
        piece += sign
    return "\r\n".join([*pieces, piece])
