"""What left the tower under a correlation id, and which rows of a mapping decided a message's events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Q

from apps.accounts.models import User
from apps.exceptions.models import ActionRun, Case
from apps.integrations import doors, formats
from apps.integrations.formats.base import Refused
from apps.integrations.mappings import read_codes
from apps.integrations.models import Mapping, Message, OutboundMail
from apps.integrations.models.outgoing import Delivery
from apps.integrations.outgoing.catalog import PING
from apps.integrations.outgoing.queries import subscriptions_of
from apps.integrations.outgoing.sight import allowed_kinds
from apps.integrations.trails import Step, Traced, trail
from apps.journal.models import Entry

MOST: Final = 50
"""Deliveries, and mails, shown on one page."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told to others, and who had the message read again. mails: each with the case that asked for it."""

    deliveries: list[Delivery] = field(default_factory=list)
    replays: list[Entry] = field(default_factory=list)
    mails: list[tuple[OutboundMail, Case]] = field(default_factory=list)

    @property
    def mail_count(self) -> int:
        """For the heading."""
        return len(self.mails)


def told(user: User, entries: Sequence[Entry]) -> Told:
    """Deliveries and mails that follow from these entries and that the person may see, and the replays among them."""
    mine = subscriptions_of(user)
    visible = Q(subscription__owner=user) | Q(kind__in=[*allowed_kinds(user, "tower"), PING])
    rows = Delivery.objects.filter(
        visible, subscription__in=mine, entry__in=[entry.public_id for entry in entries]
    )
    replays = [entry for entry in entries if entry.kind == "message.replayed"]
    deliveries = list(rows.select_related("subscription").order_by("pk")[:MOST])
    return Told(deliveries, replays, _mails(user, entries))


def _mails(user: User, entries: Sequence[Entry]) -> list[tuple[OutboundMail, Case]]:
    """Mails asked for in the cases that the entries are about: the asking is a person's, under an id of its own."""
    cases = {entry.subject for entry in entries if entry.subject.startswith("cas_")}
    named = {str(entry.payload.get("run")) for entry in entries if entry.kind == "action.requested"}
    if not cases and not named:
        return []
    runs = ActionRun.objects.filter(
        Q(case__public_id__in=cases) | Q(public_id__in=named),
        case__in=Case.objects.visible_to(user),
    )
    by_run = {run.public_id: run.case for run in runs.select_related("case").order_by("pk")[:MOST]}
    rows = OutboundMail.objects.filter(cause__in=by_run).order_by("pk")
    return [(mail, by_run[mail.cause]) for mail in rows]


def trails_of(message: Message, raw: bytes | None) -> dict[str, list[Step]]:
    """By event identity: the lookups in the mapping version the message was read under, found by reading it again.

    Empty where it was not read, or its bytes or its mapping are gone.
    """
    if raw is None or message.mapping_version is None:
        return {}
    name = message.partner.format
    versions = Mapping.objects.filter(
        Q(partner=message.partner) | Q(partner=None), format=name, version=message.mapping_version
    )
    mapping = versions.order_by("partner").first()
    reporter = doors.reporters([message.partner_id])[message.partner_id]
    if mapping is None:
        return {}
    try:
        read = formats.get(name).parse(
            raw, Traced.of(read_codes(mapping)), reporter.source, message.received_at
        )
    except Refused:  # what could not be read has no events to explain
        return {}
    return {event.identity: trail(event) for event in read.events}
