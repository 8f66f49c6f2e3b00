"""Which waiting messages are taken next: every partner's lane gets its share of each batch.

The oldest first, whoever sent them, would let one partner's backlog stand before everybody else's news. So a
batch is divided among the partners that wait, and what one does not need goes to the others. Paused partners
are left alone: their messages are kept (R222). One index probe per partner finds out who waits.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

_FRESH: Final = (
    "m.status = 'received' AND m.attempts = 0"
    " AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= %(now)s)"
)
_WAITING: Final = f"""
SELECT p.id FROM integrations_partner p WHERE p.switch <> 'paused'
AND EXISTS (SELECT 1 FROM integrations_message m WHERE m.partner_id = p.id AND {_FRESH}) ORDER BY p.id
"""  # noqa: S608
# The lock stands inside, so that a row which another worker holds leaves its place to the next one of its lane.
_TAKE: Final = f"""
SELECT taken.* FROM unnest(%(lanes)s::bigint[], %(after)s::bigint[]) AS lane(partner_id, after_id)
CROSS JOIN LATERAL (
    SELECT m.id, m.public_id, m.partner_id, m.received_at, m.correlation_id, m.size, m.processed_at,
        m.events, m.duplicates
    FROM integrations_message m
    WHERE m.partner_id = lane.partner_id AND {_FRESH} AND m.id > lane.after_id
    ORDER BY m.id LIMIT %(share)s {{locked}}
) AS taken
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class _Lane:
    partner_id: int
    after_id: int


def take(limit: int, now: datetime, *, locked: bool = True) -> list[tuple[Any, ...]]:
    """At most `limit` messages that are due and did not fail before, in the order they came (columns of Claimed).

    Locked until the transaction ends, rows of other workers skipped; locked=False only looks.
    """
    lanes = [_Lane(partner_id, 0) for partner_id in waiting(now)]
    taken: list[tuple[Any, ...]] = []
    while lanes and len(taken) < limit:
        share = max(1, (limit - len(taken)) // len(lanes))
        found = _from(lanes[: limit - len(taken)], share, now, locked=locked)
        taken += found
        last: dict[int, list[int]] = {}
        for row in found:
            last.setdefault(row[2], []).append(row[0])
        # Who gave less than its share has no more; the rest is for those who have.
        lanes = [_Lane(one, max(ids)) for one, ids in last.items() if len(ids) == share]
    return sorted(taken)


def waiting(now: datetime) -> list[int]:
    """Partners whose lane is open and holds a message that is due for the first time."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"now": now})
        return [row[0] for row in cursor.fetchall()]


def _from(lanes: list[_Lane], share: int, now: datetime, *, locked: bool) -> list[tuple[Any, ...]]:
    sql = _TAKE.format(locked="FOR UPDATE SKIP LOCKED" if locked else "")
    values: dict[str, Any] = {
        "lanes": [lane.partner_id for lane in lanes],
        "after": [lane.after_id for lane in lanes],
        "share": share,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
