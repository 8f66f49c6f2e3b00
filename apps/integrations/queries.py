"""Reads for the integration screens and the API, narrowed to who asks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils import timezone

from apps.accounts.models import Company, User
from apps.exceptions.models import Case
from apps.integrations.formats.identity import normalise_number
from apps.integrations.health import backlog
from apps.integrations.models import (
    Command,
    Message,
    MessageBody,
    MessageCount,
    Partner,
    Refusal,
    Repetition,
)
from apps.integrations.models.messages import Status
from apps.journal.ids import to_uuid
from apps.journal.models import Entry, StuckEntry
from apps.shipments.models import Event, Shipment

PAGE: Final = 50
_EVENTS: Final = 1000
_SHOWN_BYTES: Final = 200_000


def partners_of(user: User) -> QuerySet[Partner]:
    """Partners that report for one of the person's companies, or for all; nobody's for a person without any."""
    companies = user.scope.companies
    if not companies:
        return Partner.objects.none()
    granted = Company.objects.filter(partner=OuterRef("pk"))
    return Partner.objects.filter(
        ~Exists(granted) | Exists(granted.filter(pk__in=companies))
    ).order_by("name")


def messages_of(user: User) -> QuerySet[Message]:
    """Messages a person may read.

    The partner must report for one of the person's companies, and no event the message brought, told again or
    contradicted may belong to goods outside the person's scope, because the raw bytes show all of them. Who is
    restricted to warehouses or customers sees only messages with an event of theirs. What could not be read yet
    (waiting, rejected, dead) names nobody's goods and is for the partner's companies.
    """
    scope = user.scope
    about: tuple[tuple[QuerySet[Any], str], ...] = (
        (Event.objects.filter(message_id=OuterRef("pk")), "package__"),
        (Repetition.objects.filter(message=OuterRef("pk")), "event__package__"),
        (Event.objects.filter(message_id=OuterRef("first_id")), "package__"),
    )
    visible = Message.objects.filter(partner_id__in=partners_of(user).order_by().values("pk"))
    if scope.warehouses is None and scope.customers is None:
        for rows, prefix in about:
            nobodys = Q(**{f"{prefix}company": None})
            visible = visible.exclude(Exists(rows.exclude(scope.q(prefix) | nobodys)))
    else:
        own = Q()
        for rows, prefix in about:
            own |= Q(Exists(rows.filter(scope.q(prefix))))
            visible = visible.exclude(Exists(rows.exclude(scope.q(prefix))))
        visible = visible.filter(own)
    return visible.select_related("partner", "first")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of messages is narrowed to; `before` is the last message of the page before."""

    partner: str = ""
    status: str = ""
    text: str = ""
    before: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "Filters":
        """Read from the address; an unknown status filters nothing."""
        status = query.get("status", "")
        return cls(
            partner=query.get("partner", "")[:60],
            status=status if status in Status.values else "",
            text=query.get("q", "").strip()[:200],
            before=query.get("before", "")[:40],
        )


def messages(user: User, filters: Filters) -> list[Message]:
    """One page of messages, newest first, and one more row when there is a next page."""
    rows = messages_of(user)
    if filters.partner:
        rows = rows.filter(partner__slug=filters.partner)
    if filters.status:
        rows = rows.filter(status=filters.status)
    if filters.text:
        rows = rows.filter(_named(filters.text))
    last = Message.objects.filter(public_id=filters.before).first() if filters.before else None
    if last is not None:
        rows = rows.filter(
            Q(received_at__lt=last.received_at) | Q(received_at=last.received_at, pk__lt=last.pk)
        )
    return list(rows.order_by("-received_at", "-pk")[: PAGE + 1])


def _named(text: str) -> Q:
    """A message id, a correlation id, the source's own id, or a tracking number."""
    if to_uuid("msg", text):
        return Q(public_id=text)
    numbered = Event.objects.filter(
        package__number=normalise_number(text), message_id__isnull=False
    )
    return Q(correlation_id=text) | Q(key=text) | Q(pk__in=numbered.values("message_id"))


def event_ids(message: Message) -> list[str]:
    """Public ids of the live events a message brought, at most 1,000, in the order they occurred."""
    return list(
        Event.objects.filter(message_id=message.pk, superseded_at=None)
        .order_by("occurred_at", "pk")
        .values_list("public_id", flat=True)[:_EVENTS]
    )


@dataclass(frozen=True, slots=True)
class Way:
    """A message's whole way: bytes, events, and everything that came of it."""

    message: Message
    headers: dict[str, str]
    pretty: str
    is_cut: bool
    has_bytes: bool
    events: list[Event]
    shipments: list[Shipment]
    cases: list[Case]
    commands: list[Command]
    entries: list[Entry]


def way(user: User, message: Message) -> Way:
    """Everything about one message that the person may see (the message itself was narrowed before)."""
    body = body_of(message)
    events = list(
        Event.objects.filter(message_id=message.pk)
        .select_related("package")
        .order_by("occurred_at", "pk")[:200]
    )
    shipments = user.scope.narrow(
        Shipment.objects.filter(packages__in={event.package_id for event in events})
    )
    entries = entries_of(user, message.correlation_id)
    refs = {message.public_id, *(event.public_id for event in events)}
    pretty, is_cut = _pretty(bytes(body.raw)) if body else ("", False)
    return Way(
        message=message,
        headers=body.headers if body else {},
        pretty=pretty,
        is_cut=is_cut,
        has_bytes=body is not None,
        events=events,
        shipments=list(shipments.distinct()[:50]),
        cases=cases_of(user, refs),
        commands=commands_by(user, message.correlation_id),
        entries=entries,
    )


def body_of(message: Message) -> MessageBody | None:
    """The stored bytes and masked headers; None when their partition is past its retention."""
    return MessageBody.objects.filter(
        message_id=message.pk, received_at=message.received_at
    ).first()


def _pretty(raw: bytes) -> tuple[str, bool]:
    """The body for reading: JSON laid out, anything else as text; cut at 200,000 characters."""
    text = raw[: _SHOWN_BYTES * 2].decode("utf-8", "replace")
    try:
        text = json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text[:_SHOWN_BYTES], len(raw) > _SHOWN_BYTES
    return text[:_SHOWN_BYTES], len(text) > _SHOWN_BYTES


def cases_of(user: User, refs: set[str]) -> list[Case]:
    """Cases about one of these public ids, or with one of them as evidence."""
    found = Case.objects.filter(Q(subject__in=refs) | Q(evidence__ref__in=refs))
    unplaced = Q(company=None)
    return list(found.filter(user.scope.q() | unplaced).distinct().order_by("-pk")[:20])


def commands_of(user: User) -> QuerySet[Command]:
    """Commands to Odoo within the person's scope, newest first."""
    return user.scope.narrow(Command.objects.all()).order_by("-pk")


def commands_by(user: User, correlation_id: str) -> list[Command]:
    """Commands of one correlation id."""
    return list(commands_of(user).filter(correlation_id=correlation_id)[:20])


def entries_of(user: User, correlation_id: str) -> list[Entry]:
    """What the journal holds under a correlation id, oldest first, as far as the person may see it."""
    scope = user.scope
    rows = Entry.objects.filter(correlation_id=correlation_id).order_by("pk")[:200]
    return [
        row
        for row in rows
        if row.company_id is None or scope.covers(row.company_id, row.warehouse_id, row.customer_id)
    ]


@dataclass(frozen=True, slots=True)
class PartnerCard:
    """One partner at a glance; counts are of the last seven days (UTC), today's included."""

    partner: Partner
    last: Message | None
    counts: dict[str, int]
    events: int
    waiting: int

    @property
    def messages(self) -> int:
        """All that met their fate."""
        return sum(self.counts.values())

    @property
    def errors(self) -> int:
        """Messages that need a person."""
        return sum(
            self.counts.get(status, 0) for status in (Status.REJECTED, Status.DEAD, Status.CONFLICT)
        )


def partner_cards(user: User) -> list[PartnerCard]:
    """A card for each partner the person may see; four queries whatever their number (the newest by index)."""
    partners = list(partners_of(user).select_related("carrier").prefetch_related("companies"))
    ids = [partner.pk for partner in partners]
    since = timezone.now().date() - timedelta(days=6)
    counts: dict[int, dict[str, int]] = {}
    events: dict[int, int] = {}
    for row in (
        MessageCount.objects.filter(partner_id__in=ids, day__gte=since)
        .values("partner_id", "status")
        .annotate(messages=Sum("messages"), events=Sum("events"))
    ):
        counts.setdefault(row["partner_id"], {})[row["status"]] = row["messages"]
        events[row["partner_id"]] = events.get(row["partner_id"], 0) + row["events"]
    newest = {message.partner_id: message for message in _newest(ids)}
    waiting: dict[int, int] = {}
    for partner_id in Message.objects.filter(
        status=Status.RECEIVED, partner_id__in=ids
    ).values_list("partner_id", flat=True)[:10_000]:
        waiting[partner_id] = waiting.get(partner_id, 0) + 1
    return [
        PartnerCard(
            partner,
            newest.get(partner.pk),
            counts.get(partner.pk, {}),
            events.get(partner.pk, 0),
            waiting.get(partner.pk, 0),
        )
        for partner in partners
    ]


def _newest(partner_ids: Sequence[int]) -> list[Message]:
    return list(
        Message.objects.raw(
            "SELECT m.* FROM unnest(%s::bigint[]) AS wanted(id) CROSS JOIN LATERAL"
            " (SELECT * FROM integrations_message WHERE partner_id = wanted.id"
            " ORDER BY received_at DESC LIMIT 1) AS m",
            [list(partner_ids)],
        )
    )


@dataclass(frozen=True, slots=True)
class Pipes:
    """The state of all pipes for the integration screen."""

    cards: list[PartnerCard]
    backlog: int
    oldest_s: float
    stuck: list[StuckEntry]
    refusals: list[Refusal]
    troubled_commands: list[Command]


def pipes(user: User) -> Pipes:
    """Everything on the integration owner's first screen."""
    waiting, oldest_s = backlog()
    return Pipes(
        cards=partner_cards(user),
        backlog=waiting,
        oldest_s=oldest_s,
        stuck=list(StuckEntry.objects.filter(resolved_at=None).order_by("-pk")[:20]),
        refusals=refusals(user)[:10],
        troubled_commands=list(
            commands_of(user).filter(state__in=["unsure", "refused", "parked"])[:10]
        ),
    )


def refusals(user: User) -> list[Refusal]:
    """The last refusals at the door: of the person's partners, and of names no partner has."""
    own = partners_of(user).order_by().values("slug")
    foreign = Partner.objects.exclude(slug__in=own).values("slug")
    return list(Refusal.objects.exclude(partner_slug__in=foreign).order_by("-at")[:200])
