"""How a partner is asked, as a person sets it: checked, stored, told."""

import json
from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction

from apps.integrations.errors import BadPartner
from apps.integrations.models import Partner, Poll, PollAuth, PollWhen, WhenOpen
from apps.integrations.polling.shapes import SHAPES, is_feed, most_numbers
from apps.integrations.sealing import seal
from apps.journal.services import NewEntry, append

_SHORTEST_S, _LONGEST_S = 60, 7 * 86_400


@dataclass(frozen=True, slots=True)
class PollSettings:
    """What a form holds. user and key empty: the stored ones stay. Spans in seconds, rates in requests."""

    on: bool = False
    when: str = PollWhen.ALWAYS
    watched: str = ""  # slug of who pushes; empty for the partner itself
    expected_within_s: int | None = None
    base_url: str = ""
    path: str = ""
    cursor_at: str = ""
    allow_http: bool = False
    auth: str = PollAuth.NONE
    header: str = ""
    token_path: str = ""
    user: str = ""
    key: str = ""
    moving_s: int = 3600
    out_s: int = 900
    waiting_s: int = 14400
    per_minute: int | None = 30
    per_hour: int | None = None
    numbers_per_request: int = 1
    when_open: str = WhenOpen.PAUSE


_NOT_STORED: Final = ("user", "key", "watched")


def first(partner: Partner) -> PollSettings:
    """What a form starts with: the carrier's own API where it is known."""
    shape = SHAPES.get(partner.format)
    if shape is None:
        return PollSettings(path="/track/{number}")
    return PollSettings(
        base_url=shape.base_url,
        auth=shape.auth,
        header=shape.header,
        token_path=shape.token_path,
        numbers_per_request=shape.most_numbers,
    )


def stored(poll: Poll) -> PollSettings:
    """The settings of a poll, without its credentials."""
    plain = {
        one.name: getattr(poll, one.name)
        for one in fields(PollSettings)
        if one.name not in _NOT_STORED
    }
    return PollSettings(**plain, watched=poll.watched.slug if poll.watched else "")


@transaction.atomic
def save(partner: Partner, new: PollSettings, *, actor: str) -> Poll:
    """Store how a partner is asked. Raises BadPartner for the first thing that cannot be."""
    watched = None
    if new.watched and new.watched != partner.slug:
        watched = Partner.objects.filter(slug=new.watched).first()
        if watched is None:
            raise BadPartner(f"There is no partner {new.watched}.", "watched")
    _check(partner, new)
    row = Poll.objects.select_for_update().filter(partner=partner).first() or Poll(partner=partner)
    for one in fields(PollSettings):
        if one.name not in _NOT_STORED:
            setattr(row, one.name, getattr(new, one.name))
    row.watched = watched
    if new.key:
        row.sealed, row.token = seal(json.dumps({"user": new.user, "key": new.key})), None
    if new.auth != PollAuth.NONE and not row.sealed:
        raise BadPartner("This sign-in needs its key.", "key")
    if not (new.on and new.when == PollWhen.SILENT):
        row.standing_in_since = None
    row.save()
    told = {"partner": partner.slug, "changed": ["polling"]}
    append(NewEntry("partner.changed", partner.public_id, told, actor=actor))
    return row


def _check(partner: Partner, new: PollSettings) -> None:
    if new.on or new.base_url:
        _check_address(partner, new)
    for name, known in (("when", PollWhen), ("auth", PollAuth), ("when_open", WhenOpen)):
        if getattr(new, name) not in known.values:
            raise BadPartner(f"{name} is one of {', '.join(known.values)}.", name)
    if new.auth == PollAuth.OAUTH2 and not new.token_path.startswith("/"):
        raise BadPartner("OAuth2 needs the path where tokens are given.", "token_path")
    if any(ord(letter) < 33 or ord(letter) > 126 or letter == ":" for letter in new.header):
        raise BadPartner("A header's name has letters, digits and dashes.", "header")
    for name in ("expected_within_s", "moving_s", "out_s", "waiting_s"):
        span = getattr(new, name)
        if span is not None and not _SHORTEST_S <= span <= _LONGEST_S:
            raise BadPartner("A span is a minute to seven days.", name)
    for name in ("per_minute", "per_hour"):
        rate = getattr(new, name)
        if rate is not None and not 0 < rate <= 100_000:
            raise BadPartner("A budget is 1 to 100,000 requests, or none.", name)
    most = most_numbers(partner.format, new.path)
    if not 1 <= new.numbers_per_request <= most:
        raise BadPartner(f"One request may ask for 1 to {most} numbers.", "numbers_per_request")


def _check_address(partner: Partner, new: PollSettings) -> None:
    """Where it is asked. One that is never asked, only expected to speak, needs none."""
    address = urlsplit(new.base_url)
    if address.scheme not in ("https", "http") or not address.hostname or address.username:
        raise BadPartner(
            "The address is https://, a host, and no name or password in it.", "base_url"
        )
    if address.scheme == "http" and not new.allow_http:
        raise BadPartner(
            "Numbers and keys travel encrypted: https, unless you allow http.", "base_url"
        )
    if new.path and not new.path.startswith("/"):
        raise BadPartner("The path begins with a slash.", "path")
    if not new.path and partner.format not in SHAPES:
        raise BadPartner(
            "This format has no API of its own: say the path, with {number} in it.", "path"
        )
    if not is_feed(new.path) and partner.carrier_id is None and new.on:
        raise BadPartner(
            "Set the partner's carrier first: its live packages are what is asked for.", "on"
        )


def read(form: Any) -> PollSettings:
    """The settings of a submitted form. Raises BadPartner for a number that is none."""
    values: dict[str, Any] = {}
    for one in fields(PollSettings):
        text = str(form.get(one.name, "")).strip()
        if one.name in ("on", "allow_http"):
            values[one.name] = text == "on"
        elif one.name.endswith("_s") or one.name in (
            "per_minute",
            "per_hour",
            "numbers_per_request",
        ):
            values[one.name] = _number(text, one.name)
        else:
            values[one.name] = text[:300]
    return PollSettings(**values)


def _number(text: str, name: str) -> int | None:
    if not text and name in ("per_minute", "per_hour", "expected_within_s"):
        return None
    if not text.isdecimal() or len(text) > 9:
        raise BadPartner("This is a whole number.", name)
    return int(text)


def typed(form: Any) -> dict[str, Any]:
    """What a person sent, as it was typed, for the form to show again; the key is not: it is never shown."""
    ticks = ("on", "allow_http")
    texts = {one.name: str(form.get(one.name, ""))[:300] for one in fields(PollSettings)}
    return {**texts, **{name: texts[name] == "on" for name in ticks}, "key": ""}
