"""Reads for the integration screens and the API, narrowed to who asks."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.accounts.models import Company, User
from apps.exceptions.models import Case
from apps.integrations.models import (
    Command,
    Message,
    MessageBody,
    Partner,
    Refusal,
    Repetition,
)
from apps.integrations.rendering import Laid, lay_out
from apps.journal.models import Entry
from apps.shipments.models import Event, Shipment

PAGE: Final = 50
_EVENTS: Final = 1000


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
    laid: Laid | None
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
    return Way(
        message=message,
        headers=body.headers if body else {},
        laid=lay_out(bytes(body.raw)) if body else None,
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


def refusals(user: User) -> list[Refusal]:
    """The last refusals at the door: of the person's partners, and of names no partner has."""
    own = partners_of(user).order_by().values("slug")
    foreign = Partner.objects.exclude(slug__in=own).values("slug")
    return list(Refusal.objects.exclude(partner_slug__in=foreign).order_by("-at")[:200])
