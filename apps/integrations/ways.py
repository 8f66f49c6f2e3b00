"""What left the tower under a correlation id, and which rows of a mapping decided a message's events."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from apps.accounts.models import User
from apps.integrations import doors, formats
from apps.integrations.formats.base import Refused
from apps.integrations.mappings import read_codes
from apps.integrations.models import Mapping, Message
from apps.integrations.models.outgoing import Delivery
from apps.integrations.outgoing.catalog import PING
from apps.integrations.outgoing.queries import subscriptions_of
from apps.integrations.outgoing.sight import allowed_kinds
from apps.integrations.trails import Step, Traced, trail
from apps.journal.models import Entry


@dataclass(frozen=True, slots=True)
class Told:
    """What was told to others, and who had the message read again."""

    deliveries: list[Delivery] = field(default_factory=list)
    replays: list[Entry] = field(default_factory=list)


def told(user: User, entries: Sequence[Entry]) -> Told:
    """Deliveries to subscribers of these entries that the person may see, and the replays among the entries."""
    mine = subscriptions_of(user)
    visible = Q(subscription__owner=user) | Q(kind__in=[*allowed_kinds(user, "tower"), PING])
    rows = Delivery.objects.filter(
        visible, subscription__in=mine, entry__in=[entry.public_id for entry in entries]
    )
    replays = [entry for entry in entries if entry.kind == "message.replayed"]
    return Told(list(rows.select_related("subscription").order_by("pk")[:50]), replays)


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
