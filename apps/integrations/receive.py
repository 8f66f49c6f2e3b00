"""The door: from a request's bytes to a stored message and an answer. Order of the steps: FORMATS 0.6."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from uuid6 import uuid7

from apps.integrations import partners, store
from apps.integrations.body import Readable, read, unpack
from apps.integrations.errors import NotTaken
from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Checked, Refused
from apps.integrations.formats.schemes import QUERY
from apps.integrations.masking import headers_of, masked
from apps.integrations.messages import conflict_found, rejected
from apps.integrations.models.messages import Status
from apps.integrations.partners import Door
from apps.journal.wake import wake


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told: 202 received, or 200 for what is already known."""

    http_status: int
    message_id: str
    correlation_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request at the door: the WSGI environment, its body stream, when it came, its correlation id."""

    environ: Mapping[str, Any]
    stream: Readable
    at: datetime
    correlation_id: str


def receive(slug: str, delivery: Delivery) -> Receipt:
    """Take one message: size, media type, signature, replay, structure; then its bytes are committed.

    Raises NotTaken with the status and reason of FORMATS 0.6. Nothing of the body is kept unless its
    signature was right; a signed but malformed body is stored as rejected.
    """
    door = partners.door(slug)
    raw = b""
    try:
        if door is None:
            raise NotTaken(404, "unknown_partner", "There is no partner of this name.")
        if not door.enabled:
            raise NotTaken(403, "partner_disabled", "This partner is switched off.")
        wire = raw = read(delivery.environ, delivery.stream, settings.MAX_MESSAGE_BYTES)
        raw = unpack(
            wire, delivery.environ.get("HTTP_CONTENT_ENCODING", ""), settings.MAX_MESSAGE_BYTES
        )
        door.format.check_media(delivery.environ.get("CONTENT_TYPE"))
        _verify(door, raw, wire, delivery)
    except Refused as refused:
        _note(slug, refused.reason, refused.detail, raw, delivery)
        raise NotTaken(refused.status, refused.reason, refused.detail, refused.pointer) from None
    except NotTaken as refused:
        _note(slug, refused.reason, refused.detail, raw, delivery)
        raise
    return _take(door, raw, delivery)


def _verify(door: Door, raw: bytes, wire: bytes, delivery: Delivery) -> None:
    """Raise Refused unless a valid secret signed the bytes.

    Senders sign before they pack, so the unpacked body is tried first, then the bytes as sent. A secret
    that was added a moment ago in another process counts: before refusing, the partner is read anew.
    """
    headers = headers_of(delivery.environ)
    # Last, so that no header can stand for it.
    headers[QUERY] = str(delivery.environ.get("QUERY_STRING", ""))
    try:
        _verify_with(door, raw, headers, delivery.at)
    except Refused as refused:
        if wire is not raw and _signed(door, wire, headers, delivery.at):
            return
        fresh = partners.door(door.slug, fresh=True)
        if fresh is None or fresh.secrets == door.secrets:
            raise
        if not _signed(fresh, raw, headers, delivery.at):
            raise refused from None


def _verify_with(door: Door, raw: bytes, headers: Mapping[str, str], at: datetime) -> None:
    if not door.secrets:
        raise Refused("missing_signature", "this partner has no valid secret")
    door.scheme.verify(raw, headers, door.secrets, at)


def _signed(door: Door, raw: bytes, headers: Mapping[str, str], at: datetime) -> bool:
    try:
        _verify_with(door, raw, headers, at)
    except Refused:
        return False
    return True


def _note(slug: str, reason: str, detail: str, raw: bytes, delivery: Delivery) -> None:
    store.note_refusal(
        slug=slug,
        reason=reason,
        detail=detail,
        digest=hashlib.sha256(raw).hexdigest() if raw else "",
        size=len(raw) or _declared(delivery.environ),
        address=str(delivery.environ.get("REMOTE_ADDR", "")),
        correlation_id=delivery.correlation_id,
    )


def _declared(environ: Mapping[str, Any]) -> int:
    """The Content-Length of a body that was not read, as far as a row can hold it."""
    length = str(environ.get("CONTENT_LENGTH") or "0")
    return min(int(length), 2**31 - 1) if length.isdecimal() and len(length) < 12 else 0


def _take(door: Door, raw: bytes, delivery: Delivery) -> Receipt:
    digest = hashlib.sha256(raw).hexdigest()
    try:
        checked = door.format.check(raw)
    except Refused as refused:
        message_id = rejected(
            _message(door, f"sha256:{digest}", digest, raw, delivery), refused, door.slug
        )
        raise NotTaken(
            refused.status, refused.reason, refused.detail, refused.pointer, message_id
        ) from None
    message = _message(door, checked.key or f"sha256:{digest}", digest, raw, delivery)
    if store.insert(message) is None:
        return _known(door, message, checked)
    transaction.on_commit(_wake)
    return Receipt(
        202, f"msg_{message.public_id.hex}", delivery.correlation_id, Status.RECEIVED.value
    )


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


def _known(door: Door, message: store.NewMessage, checked: Checked) -> Receipt:
    """Answer for a key that is already here: a duplicate, or a conflict when it now says something else."""
    first = store.find(door.partner_id, message.key)
    if first is None:
        raise RuntimeError("a message vanished between two statements")
    if first.digest == message.digest or _says_the_same(first.id, checked):
        store.count_repeat(first.id)
        return Receipt(200, first.public_id, first.correlation_id, Status.DUPLICATE.value)
    kept = conflict_found(message, first, door.slug)
    return Receipt(200, kept.public_id, kept.correlation_id, Status.CONFLICT.value)


def _says_the_same(first_id: int, checked: Checked) -> bool:
    """Whether the stored bytes hold the same document, only written otherwise (spaces, order of keys)."""
    try:
        return strict_json.loads(store.raw_of(first_id)) == checked.document
    except Refused:
        return False
