"""Reads for the partners' pages, narrowed to who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from apps.accounts.models import User
from apps.integrations import formats, partners, queries, rates
from apps.integrations.formats.base import Format
from apps.integrations.formats.schemes import Scheme
from apps.integrations.models import Message, Partner, PartnerSecret, Refusal, SwitchTurn

_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One partner in the list."""

    partner: Partner
    format_title: str
    scheme_title: str
    is_weak: bool  # its scheme signs no body, and any address may post


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret without what is secret. state: in use, running out, over, taken out."""

    row: PartnerSecret
    state: str


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything on a partner's page."""

    partner: Partner
    format: Format | None
    scheme: Scheme | None
    digest: str
    secrets: list[Secret]
    turns: list[tuple[SwitchTurn, str]]
    messages: list[Message]
    refusals: list[Refusal]
    left: int | None  # of the rate, right now
    newest_secret: int  # its database id, 0 without any: who rotates says which one was seen


def lines(user: User) -> list[Line]:
    """The partners a person may see, by name; two queries."""
    rows = queries.partners_of(user).select_related("carrier").prefetch_related("companies")
    return [_line(row) for row in rows]


def _line(row: Partner) -> Line:
    format_ = formats.FORMATS.get(row.format)
    if format_ is None:
        return Line(row, f"{row.format} (not known here)", "", False)
    scheme = partners.scheme_of(row)
    weak = not scheme.signs_body and not row.allow_from and not row.certificate
    return Line(row, format_.title, scheme.title, weak)


def screen(user: User, partner: Partner) -> Screen:
    """A partner with its secrets, its switch's history, and the last that came and was turned away."""
    format_ = formats.FORMATS.get(partner.format)
    per_minute = partner.rate_per_minute
    turns = list(partner.turns.order_by("-pk")[:_SHOWN])
    secrets = list(partner.secrets.order_by("-pk"))
    return Screen(
        partner=partner,
        format=format_,
        scheme=partners.scheme_of(partner) if format_ else None,
        digest=partners.digest_of(partner),
        secrets=_secrets(secrets, timezone.now()),
        turns=[(turn, name) for turn, name in zip(turns, _names(turns), strict=True)],
        messages=list(
            queries.messages_of(user)
            .filter(partner=partner)
            .order_by("-received_at", "-pk")[:_SHOWN]
        ),
        refusals=list(Refusal.objects.filter(partner_slug=partner.slug).order_by("-at")[:_SHOWN]),
        left=rates.left(partner.pk, per_minute) if per_minute else None,
        newest_secret=secrets[0].pk if secrets else 0,
    )


def _secrets(rows: Sequence[PartnerSecret], now: datetime) -> list[Secret]:
    """Those that hold, and those that ended within the last 30 days."""
    found = []
    for row in rows:
        ended = row.retired_at or row.valid_until
        if row.retired_at is not None:
            state = "taken out"
        elif row.valid_until is None:
            state = "in use"
        else:
            state = "running out" if row.valid_until > now else "over"
        if ended is None or ended > now - timedelta(days=30):
            found.append(Secret(row, state))
    return found


def _names(turns: Sequence[SwitchTurn]) -> list[str]:
    """Who turned the switch, by name where it was a person."""
    ids = {turn.actor for turn in turns if turn.actor.startswith("usr_")}
    people = (
        {one.public_id: one.name for one in User.objects.filter(public_id__in=ids)} if ids else {}
    )
    return [people.get(turn.actor, turn.actor) for turn in turns]


def one(user: User, slug: str) -> Partner | None:
    """The partner of this slug, when the person may see it."""
    return queries.partners_of(user).select_related("carrier").filter(slug=slug).first()
