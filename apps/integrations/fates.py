"""What became of a message: decided from what was read and applied, written for the whole batch at once."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection

from apps.integrations.formats.base import ParseResult
from apps.integrations.models.messages import Status
from apps.shipments.apply import Outcome

SKIPPED_KEPT: Final = 1000
_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in this transaction's hands. processed_at is set when it had its fate before: a replay."""

    id: int
    public_id: str
    partner_id: int
    received_at: datetime
    correlation_id: str
    size: int
    processed_at: datetime | None
    events: int
    duplicates: int


@dataclass(slots=True)
class Fate:
    """What became of one message; written for the whole batch in one statement."""

    id: int
    status: str
    reason: str = ""
    detail: str = ""
    mapping_version: int | None = None
    events: int = 0
    duplicates: int = 0
    conflicts: int = 0
    skipped_events: int = 0
    skipped: list[dict[str, Any]] = field(default_factory=list)


def before_apply(message: Claimed, read: ParseResult, version: int) -> Fate:
    """The fate before apply has counted: what was ignored, skipped, or had nothing in it."""
    fate = Fate(
        message.id, Status.PROCESSED, mapping_version=version, skipped_events=len(read.skipped)
    )
    if read.skipped:
        fate.skipped = [
            {"index": skip.index, "reason": skip.reason[:_REASON]}
            for skip in read.skipped[:SKIPPED_KEPT]
        ]
    if read.ignored:
        fate.reason, fate.detail = "ignored", read.ignored
    elif read.skipped:
        named = Counter(skip.reason for skip in read.skipped).most_common(5)
        fate.reason = "events_skipped"
        fate.detail = "Skipped: " + ", ".join(f"{count} × {reason}" for reason, count in named)
    elif not read.events:
        fate.reason, fate.detail = "no_events", "The message names no scan."
    return fate


def settle(fate: Fate, message: Claimed, outcome: Outcome) -> None:
    """Put apply's counts into the fate. A replay keeps its former counts: its own events are no duplicates."""
    fate.conflicts = outcome.conflicts
    if message.processed_at is not None:
        more = max(0, outcome.new - outcome.superseded)
        fate.events = max(0, message.events + more - len(outcome.taken_back))
        fate.duplicates = message.duplicates
        return
    fate.events, fate.duplicates = outcome.new, outcome.duplicates
    if outcome.conflicts and not outcome.new:
        fate.status, fate.reason = Status.CONFLICT, "events_in_conflict"
        fate.detail = (
            f"{outcome.conflicts} event(s) are known with other content; the first counts."
        )
    elif outcome.amended and not outcome.new and not fate.reason:
        fate.detail = f"{outcome.amended} known event(s) got a newer promise or a proof."
    elif outcome.duplicates and not outcome.new and not fate.reason:
        fate.status, fate.detail = Status.DUPLICATE, "Every event in it is already known."


def note_repetitions(outcomes: Iterable[Outcome]) -> None:
    """Keep which known events each message told again: whose goods its bytes speak of."""
    pairs = [(one.message_id, ref[4:]) for one in outcomes for ref in one.repeated.values()]
    if not pairs:
        return
    message_ids, refs = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO integrations_repetition (message_id, event_id)"
            " SELECT told.message_id, e.id FROM unnest(%s::bigint[], %s::uuid[]) AS told(message_id, ref)"
            " JOIN shipments_event e ON e.public_id = told.ref ON CONFLICT DO NOTHING",
            [list(message_ids), list(refs)],
        )


def write(fates: list[Fate], now: datetime) -> None:
    """Store every fate of the batch in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integrations_message AS message
            SET status = fate.status, reason = fate.reason, detail = fate.detail, processed_at = %s,
                mapping_version = fate.mapping_version, events = fate.events, duplicates = fate.duplicates,
                conflicts = fate.conflicts, skipped_events = fate.skipped_events, skipped = fate.skipped,
                next_attempt_at = NULL
            FROM jsonb_to_recordset(%s::jsonb) AS fate(
                id bigint, status text, reason text, detail text, mapping_version int, events int,
                duplicates int, conflicts int, skipped_events int, skipped jsonb)
            WHERE message.id = fate.id
            """,
            [
                now,
                json.dumps(
                    [{name: getattr(fate, name) for name in Fate.__slots__} for fate in fates]
                ),
            ],
        )
