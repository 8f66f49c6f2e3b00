"""What of the edge the find box finds: partners by name; messages, commands and whole stories by their ids (R237),
the newest messages of a tracking number too, whether or not a shipment has it.
"""

import re
from typing import Final

from django.db.models import Q

from apps.accounts.models import User
from apps.integrations.formats.identity import normalise_number
from apps.integrations.models import Message
from apps.integrations.queries import commands_by, commands_of, entries_of, messages_of, partners_of
from apps.journal.finding import Hit, finder
from apps.journal.ids import to_uuid
from apps.shipments.models import Event

_EACH: Final = 5
_OF_A_NUMBER: Final = 3
_NUMBER: Final = re.compile(r"[A-Z0-9]{8,40}")
# A correlation id, as the door takes it from a gateway; whatever is shorter is a name and costs nothing here.
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{8,64}")


@finder
def find(user: User, text: str) -> list[Hit]:
    """Partners whose name holds the text, and what exactly has it for an id."""
    found: list[Hit] = []
    if user.may("integrations.see"):
        found += _partners(user, text)
    number = normalise_number(text)
    if _NUMBER.fullmatch(number) and user.may("messages.see"):
        found += _of_number(user, number)
    if not _ID.fullmatch(text):
        return found
    if user.may("messages.see"):
        found += _messages(user, text)
    if user.may("commands.see") and to_uuid("cmd", text):
        rows = commands_of(user).filter(public_id=text)
        found += [
            Hit("command", "integrations", row.public_id, row.intent, row.get_state_display())
            for row in rows
        ]
    return found


def _partners(user: User, text: str) -> list[Hit]:
    rows = partners_of(user).filter(Q(name__icontains=text) | Q(slug=text.lower()))
    return [
        Hit("partner", "integrations", row.slug, row.name, f"partner, {row.get_switch_display().lower()}")
        for row in rows[:_EACH]
    ]  # fmt: skip


def _of_number(user: User, number: str) -> list[Hit]:
    """The newest messages that told of a parcel of exactly this number."""
    told = Event.objects.filter(package__number=number, message_id__isnull=False)
    rows = messages_of(user).filter(pk__in=told.values("message_id")).order_by("-pk")
    return [
        Hit("message", "integrations", row.public_id, f"Message of {row.partner.name}", _fate(row))
        for row in rows[:_OF_A_NUMBER]
    ]


def _messages(user: User, text: str) -> list[Hit]:
    """Messages of this id, ours or their sender's, and the story under it if it is a correlation id."""
    named = Q(public_id=text) if to_uuid("msg", text) else Q(key=text)
    rows = list(messages_of(user).filter(named).order_by("-pk")[:_EACH])
    found = [
        Hit("message", "integrations", row.public_id, f"Message of {row.partner.name}", _fate(row))
        for row in rows
    ]
    count = messages_of(user).filter(correlation_id=text).count()
    commands = len(commands_by(user, text)) if user.may("commands.see") else 0
    entries = len(entries_of(user, text))
    if count or commands or entries:
        says = f"{count} messages, {commands} commands, {entries} journal entries"
        found.insert(0, Hit("correlation", "integrations", text, f"Everything under {text}", says))
    return found


def _fate(row: Message) -> str:
    return f"{row.get_status_display().lower()}, received {row.received_at:%Y-%m-%d %H:%M} UTC"
