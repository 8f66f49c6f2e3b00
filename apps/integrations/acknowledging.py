"""Answering EDI interchanges: a 997, 999 or CONTRL for each, once, numbered in the partner's own sequence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from apps.integrations.doors import Door
from apps.integrations.formats import acks
from apps.integrations.models import Acknowledgement, Partner

_LAST_NUMBER: Final = 999_999_999  # nine digits, in X12 as in EDIFACT
_MOST: Final = 1_000  # interchanges in one message; numbers start anew before they would run over


@dataclass(frozen=True, slots=True)
class Told:
    """What the answer to a delivery says of its acknowledgement: where it is, or (inline) the thing itself."""

    address: str
    document: bytes
    media: str
    inline: bool


def answer(
    door: Door,
    message_id: int,
    public_id: str,
    raw: bytes,
    environ: Mapping[str, Any],
    now: datetime,
) -> Told | None:
    """The acknowledgement of a stored message, written now where there is none yet; None when none is due.

    It stands in the answer itself when the sender accepts its media type or prefers to wait for it
    (`Accept: application/edi-x12`, `Prefer: respond-sync`).
    """
    if not door.acknowledge or door.acknowledge not in acks.kinds(door.format.name):
        return None
    documents = written(door, message_id, raw, now)
    if not documents:
        return None
    media = door.format.media_types[0]
    wanted = media in str(environ.get("HTTP_ACCEPT", "")).lower()
    waits = "respond-sync" in str(environ.get("HTTP_PREFER", "")).lower()
    address = f"/api/v1/messages/{public_id}/acknowledgement"
    return Told(address, b"".join(documents), media, wanted or waits)


@transaction.atomic
def written(door: Door, message_id: int, raw: bytes, now: datetime) -> list[bytes]:
    """The acknowledgements of a message, one for each interchange; made once, the same bytes ever after.

    The partner's row is locked while they are numbered: no number is given twice, and none is left out.
    """
    partner = (
        Partner.objects.select_for_update(no_key=True).only("acknowledged").get(pk=door.partner_id)
    )
    held = Acknowledgement.objects.filter(message_id=message_id).order_by("position")
    known = [bytes(row.raw) for row in held]
    if known:
        return known
    last = partner.acknowledged
    first = 1 if last + _MOST > _LAST_NUMBER else last + 1
    documents = acks.acknowledge(door.format.name, raw, door.acknowledge, control=first, at=now)
    if not documents:
        return []
    Acknowledgement.objects.bulk_create(
        Acknowledgement(
            message_id=message_id,
            partner_id=door.partner_id,
            position=position,
            kind=door.acknowledge,
            control=first + position,
            raw=document,
            created_at=now,
        )
        for position, document in enumerate(documents)
    )
    partner.acknowledged = first + len(documents) - 1
    partner.save(update_fields=["acknowledged"])
    return documents
