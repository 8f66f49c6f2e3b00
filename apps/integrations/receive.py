"""The door: from a request's bytes to a stored message and an answer. Order of the steps: FORMATS 0.6."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from uuid6 import uuid7

from apps.integrations import acknowledging, doors, gates, store
from apps.integrations.addresses import sender
from apps.integrations.batches import Entries, entries_of
from apps.integrations.body import Readable, read, unpack
from apps.integrations.doors import Door
from apps.integrations.errors import OTHER_REFUSALS, NotTaken
from apps.integrations.formats.base import Checked, Refused
from apps.integrations.gathering import Gathering
from apps.integrations.grants import NOT_GRANTED
from apps.integrations.masking import masked
from apps.integrations.messages import conflict_found, rejected
from apps.integrations.models.messages import Message, Status
from apps.integrations.reading import says_the_same
from apps.integrations.versions import sunset_headers
from apps.journal.services import NewEntry, append
from apps.journal.wake import wake

_QUIET_S: Final = 10.0
_gathering = Gathering()
_told_at: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told: 202 received, or 200 for what is already known. headers stand beside it.

    entries is there for a batch: how many of it were taken, and which were not.
    """

    http_status: int
    message_id: str
    correlation_id: str
    status: str
    headers: Mapping[str, str] = field(default_factory=dict)
    acknowledgement: acknowledging.Told | None = None
    entries: Entries | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request at the door: the WSGI environment, its body stream, when it came, its correlation id."""

    environ: Mapping[str, Any]
    stream: Readable
    at: datetime
    correlation_id: str


def receive(slug: str, delivery: Delivery) -> Receipt:
    """Take one message: partner, address, rate, size, media type, signature, replay, structure, grants; then
    its bytes are committed.

    Raises NotTaken with the status and reason of FORMATS 0.6 or errors.OTHER_REFUSALS. Nothing of the body
    is kept unless its signature was right; a signed but malformed body is stored as rejected.
    """
    raw = b""
    charged: Door | None = None
    try:
        door = gates.known(doors.door(slug))
        gates.check_sender(door, delivery.environ)
        gates.check_rate(door)
        charged = door
        wire = raw = read(delivery.environ, delivery.stream, settings.MAX_MESSAGE_BYTES)
        raw = unpack(
            wire, delivery.environ.get("HTTP_CONTENT_ENCODING", ""), settings.MAX_MESSAGE_BYTES
        )
        door.format.check_media(delivery.environ.get("CONTENT_TYPE"))
        key = gates.signer(door, raw, wire, gates.signed_headers(delivery.environ), delivery.at)
    except (Refused, NotTaken) as refused:
        if charged is not None:
            gates.give_back(charged)
        _note(slug, refused.reason, refused.detail, raw, delivery)
        if isinstance(refused, NotTaken):
            raise
        raise NotTaken(refused.status, refused.reason, refused.detail, refused.pointer) from None
    doors.note_use(key, delivery.at)
    return _take(door, raw, delivery)


def _note(slug: str, reason: str, detail: str, raw: bytes, delivery: Delivery) -> None:
    if reason == "rate_limited" and not _is_news(slug):
        return
    found = sender(delivery.environ)
    store.note_refusal(
        slug=slug,
        reason=reason,
        detail=detail,
        digest=hashlib.sha256(raw).hexdigest() if raw else "",
        size=len(raw) or _declared(delivery.environ),
        address=str(found or delivery.environ.get("REMOTE_ADDR", "")),
        correlation_id=delivery.correlation_id,
    )


def _is_news(slug: str) -> bool:
    """Whether a partner's being too fast is worth a row again: a refusal must cost less than a message."""
    now = time.monotonic()
    if now - _told_at.get(slug, -_QUIET_S) < _QUIET_S:
        return False
    _told_at[slug] = now
    return True


def _declared(environ: Mapping[str, Any]) -> int:
    """The Content-Length of a body that was not read, as far as a row can hold it."""
    length = str(environ.get("CONTENT_LENGTH") or "0")
    return min(int(length), 2**31 - 1) if length.isdecimal() and len(length) < 12 else 0


def _take(door: Door, raw: bytes, delivery: Delivery) -> Receipt:
    digest = hashlib.sha256(raw).hexdigest()
    try:
        checked = door.format.check(raw)
        words = gates.not_granted(door, raw, delivery.at)
    except Refused as refused:
        message_id = rejected(
            _message(door, f"sha256:{digest}", digest, raw, delivery), refused, door.slug
        )
        told = NotTaken(refused.status, refused.reason, refused.detail, refused.pointer, message_id)
        told.acknowledgement = _acknowledged(door, None, message_id, raw, delivery)
        raise told from None
    if words:
        raise _without_grant(door, words, digest, raw, delivery)
    key = door.format.key(checked, digest, door.codes)
    message = _message(door, key, digest, raw, delivery)
    public_id = f"msg_{message.public_id.hex}"
    stored, told_back = _stored(door, message, public_id, delivery)
    if stored is None:
        return _known(door, message, checked, delivery)
    _wake_once_committed()
    return Receipt(
        202,
        public_id,
        delivery.correlation_id,
        Status.RECEIVED.value,
        sunset_headers(door.format.name, checked),
        told_back,
        entries_of(door.format.name, checked),
    )


def _stored(
    door: Door, message: store.NewMessage, public_id: str, delivery: Delivery
) -> tuple[int | None, acknowledging.Told | None]:
    """Of an interchange that is acknowledged the answer is kept with the message, or neither is."""
    if door.acknowledge:
        with transaction.atomic():
            stored = store.insert(message)
            if stored is None:
                return None, None
            return stored, _acknowledged(door, stored, public_id, message.raw, delivery)
    if connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return store.insert(message), None
    return _gathering.insert(message), None


def _acknowledged(
    door: Door, stored: int | None, public_id: str, raw: bytes, delivery: Delivery
) -> acknowledging.Told | None:
    """What the sender is told about its interchange; stored is the message's database id where it is at hand."""
    if not door.acknowledge:
        return None
    if stored is None:
        stored = Message.objects.values_list("pk", flat=True).get(public_id=public_id)
    return acknowledging.answer(door, stored, public_id, raw, delivery.environ, delivery.at)


@transaction.atomic
def _without_grant(
    door: Door, words: list[str], digest: str, raw: bytes, delivery: Delivery
) -> NotTaken:
    """The refusal of a message that publishes nothing its partner was granted, noted and audited (R60)."""
    detail = f"This partner was not granted {', '.join(words)}"[:300]
    _note(door.slug, NOT_GRANTED, detail, raw, delivery)
    told = {"partner": door.slug, "reason": NOT_GRANTED, "words": words[:20], "digest": digest}
    append(
        NewEntry(
            "message.refused",
            door.slug,
            told,
            actor=door.slug,
            correlation_id=delivery.correlation_id,
        )
    )
    return NotTaken(OTHER_REFUSALS[NOT_GRANTED], NOT_GRANTED, detail)


def _wake_once_committed() -> None:
    """At once where the INSERT has committed by itself, as it does for every request.

    There on_commit would take a connection from the pool only to ask it, for requests that need none.
    """
    if connections[DEFAULT_DB_ALIAS].in_atomic_block:
        transaction.on_commit(_wake)
    else:
        _wake()


def _wake() -> None:
    wake("inbox.drain")


def _message(door: Door, key: str, digest: str, raw: bytes, delivery: Delivery) -> store.NewMessage:
    return store.NewMessage(
        public_id=uuid7(),
        partner_id=door.partner_id,
        key=key,
        digest=digest,
        received_at=delivery.at,
        correlation_id=delivery.correlation_id,
        media_type=delivery.environ.get("CONTENT_TYPE", "")[:80],
        headers=masked(delivery.environ),
        raw=raw,
    )


def _known(door: Door, message: store.NewMessage, checked: Checked, delivery: Delivery) -> Receipt:
    """Answer for a key that is already here: a duplicate, or a conflict when it now says something else."""
    first = store.find(door.partner_id, message.key)
    if first is None:
        raise RuntimeError("a message vanished between two statements")
    headers = sunset_headers(door.format.name, checked)
    if first.digest == message.digest or says_the_same(first.id, checked, door.format):
        store.count_repeat(first.id)
        told_again = _acknowledged(door, first.id, first.public_id, message.raw, delivery)
        return Receipt(
            200,
            first.public_id,
            first.correlation_id,
            Status.DUPLICATE.value,
            headers,
            told_again,
        )
    kept = conflict_found(message, first, door.slug)
    told_kept = _acknowledged(door, kept.id, kept.public_id, message.raw, delivery)
    return Receipt(
        200, kept.public_id, kept.correlation_id, Status.CONFLICT.value, headers, told_kept
    )
