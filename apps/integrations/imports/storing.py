"""Records become messages: checked as at the door, stored many at a time, known ones counted, conflicts kept."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from uuid6 import uuid7

from apps.integrations import messages, store
from apps.integrations.formats.base import Checked, Format, Refused
from apps.integrations.formats.codes import Codes
from apps.integrations.imports.records import Record
from apps.integrations.jobs import Fault
from apps.integrations.reading import says_the_same
from apps.integrations.store import NewMessage

_STORE = """
WITH given AS (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::bytea[])
        AS row(public_id, key, digest, correlation_id, headers, raw)
), head AS (
    INSERT INTO integrations_message
        (public_id, partner_id, key, digest, status, reason, detail, received_at, correlation_id, media_type,
         size, attempts, events, duplicates, conflicts, skipped_events, repeats)
    SELECT public_id, %s, key, digest, 'received', '', '', %s, correlation_id, %s, length(raw), 0, 0, 0, 0, 0, 0
    FROM given
    ON CONFLICT (partner_id, key) DO NOTHING
    RETURNING id, public_id
), body AS (
    INSERT INTO integrations_messagebody (message_id, received_at, headers, raw)
    SELECT head.id, %s, given.headers, given.raw FROM head JOIN given USING (public_id)
)
SELECT public_id FROM head
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose records they are and how they came: what each message notes instead of a signature."""

    partner_id: int
    slug: str
    format: Format
    media_type: str
    correlation_id: str
    headers: dict[str, str]  # import job, file, person
    at: datetime
    codes: Codes | None = None  # where only a layout knows the message's own id


@dataclass(slots=True)
class Stored:
    """What became of some records: new messages, known ones, known ids that say something else, refused ones."""

    new: int = 0
    known: int = 0
    conflicts: int = 0
    faults: list[Fault] = field(default_factory=list)


def store_records(records: Sequence[Record], origin: Origin) -> Stored:
    """Store records as messages of the partner, in the caller's transaction; every record has one outcome."""
    told = Stored()
    fresh: dict[str, tuple[NewMessage, Checked]] = {}
    again: list[tuple[NewMessage, Checked, int]] = []
    places: dict[str, int] = {}
    for record in records:
        found = _checked(record, origin)
        if isinstance(found, Fault):
            told.faults.append(found)
        elif found[0].key in fresh:
            again.append((*found, record.place))
        else:
            fresh[found[0].key] = found
            places[found[0].key] = record.place
    kept = _insert([message for message, _ in fresh.values()], origin)
    told.new = len(kept)
    again += [
        (message, checked, places[key])
        for key, (message, checked) in fresh.items()
        if message.public_id.hex not in kept
    ]
    _know(again, origin, told)
    return told


def _checked(record: Record, origin: Origin) -> tuple[NewMessage, Checked] | Fault:
    """The message of a record, or why it is none."""
    if record.reason:
        return Fault(record.place, record.reason, record.detail, _excerpt(record.raw))
    try:
        origin.format.check_size(len(record.raw))
        checked = origin.format.check(record.raw)
    except Refused as refused:
        says = f"{refused.detail} ({refused.pointer})" if refused.pointer else refused.detail
        return Fault(record.place, refused.reason, says, _excerpt(record.raw))
    digest = hashlib.sha256(record.raw).hexdigest()
    headers = {**origin.headers, "x-import-place": str(record.place)}
    message = NewMessage(
        public_id=uuid7(),
        partner_id=origin.partner_id,
        key=origin.format.key(checked, digest, origin.codes),
        digest=digest,
        received_at=origin.at,
        # Each message has an id of its own that begins with the import's.
        correlation_id=f"{origin.correlation_id}.{record.place}"[:64],
        media_type=origin.media_type,
        headers=json.dumps(headers),
        raw=record.raw,
    )
    return message, checked


def _excerpt(raw: bytes) -> str:
    return raw[:160].decode("utf-8", "replace").replace("\x00", "")


def _insert(rows: list[NewMessage], origin: Origin) -> set[str]:
    """Store what is new in one statement; returns the hex ids of what was."""
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            [
                [row.public_id for row in rows],
                [row.key for row in rows],
                [row.digest for row in rows],
                [row.correlation_id for row in rows],
                [row.headers for row in rows],
                [row.raw for row in rows],
                origin.partner_id,
                origin.at,
                origin.media_type,
                origin.at,
            ],
        )
        return {public_id.hex for (public_id,) in cursor.fetchall()}


def _know(again: list[tuple[NewMessage, Checked, int]], origin: Origin, told: Stored) -> None:
    """Count what is here already; what says something else under a known id is kept as a conflict."""
    if not again:
        return
    first = _by_key(origin.partner_id, [message.key for message, *_ in again])
    repeated = []
    for message, checked, place in again:
        known = first[message.key]
        if known.digest == message.digest or says_the_same(known.id, checked, origin.format):
            repeated.append(known.id)
            continue
        messages.conflict_found(message, known, origin.slug)
        told.conflicts += 1
        why = f"The id {message.key} is known with other content; the first counts."
        told.faults.append(Fault(place, "same_id_other_content", why, message.key))
    told.known += len(repeated)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_message m SET repeats = m.repeats + told.times FROM"
            " (SELECT id, count(*) AS times FROM unnest(%s::bigint[]) AS id GROUP BY id ORDER BY id) told"
            " WHERE m.id = told.id",
            [repeated],
        )


def _by_key(partner_id: int, keys: list[str]) -> dict[str, store.Known]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, id, public_id, digest, correlation_id, status FROM integrations_message"
            " WHERE partner_id = %s AND key = ANY(%s)",
            [partner_id, keys],
        )
        return {
            key: store.Known(row_id, f"msg_{public_id.hex}", *rest)
            for key, row_id, public_id, *rest in cursor.fetchall()
        }
