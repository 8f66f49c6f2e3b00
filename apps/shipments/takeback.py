"""What a message, read again under a corrected mapping, gives no more: taken back, and where else it was told (B12)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from apps.shipments import sets
from apps.shipments.incoming import Incoming
from apps.shipments.sifting import Sifted

_BROUGHT: Final = """
SELECT e.id, 'evt_' || replace(e.public_id::text, '-', ''), e.identity, e.message_id, e.mapping_version,
       p.number, e.tracking_number
FROM shipments_event e JOIN shipments_package p ON p.id = e.package_id
WHERE e.message_id = ANY(%s) AND e.superseded_at IS NULL
"""


class Gone(NamedTuple):
    """A live event that its message gives no more; at: the message's place in the batch."""

    id: int
    ref: str
    number: str
    text: str
    at: int
    cause: str


def gone(batch: Sequence[Incoming]) -> list[Gone]:
    """Events that the messages of a batch brought under an older mapping and do not give now.

    One query where a message is read again, none where all come for the first time. Of the same mapping version
    nothing is gone: a message says the same under it, always.
    """
    again = {
        message.message_id: (at, message)
        for at, message in enumerate(batch)
        if message.gives is not None
    }
    if not again:
        return []
    found = []
    for row_id, ref, identity, message_id, version, number, text in sets.fetch(
        _BROUGHT, list(again)
    ):
        at, message = again[message_id]
        if version < message.mapping_version and identity not in (message.gives or ()):
            found.append(Gone(row_id, ref, number, text, at, message.correlation_id))
    return found


def note(gone: Sequence[Gone], sifted: Sifted) -> None:
    """Let a batch supersede what is gone, unless another message of it tells the same again."""
    for one in gone:
        if one.id not in sifted.replaced:
            sifted.replaced.add(one.id)
            sifted.amended.pop(one.id, None)
            sifted.outcomes[one.at].taken_back.append(one.ref)
            sifted.taken_from.setdefault(one.number, one.cause)
