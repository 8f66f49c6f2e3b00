"""How late things are, for the badge: the age of the oldest journal entry that the subscriber "live" has not
sent yet, and when Odoo last answered."""

import asyncio
import time
from typing import Any

from channels.db import database_sync_to_async
from django.db import connection
from django.db.models import Max

from apps.mirror.models import Feed

_KEEP_S = 5.0
_WAITING = """
WITH reached AS (
    SELECT coalesce(max(xid::text), '0')::xid8 AS xid, coalesce(max(entry_id), 0) AS id
    FROM journal_cursor WHERE subscriber = 'live'
)
SELECT extract(epoch FROM clock_timestamp() - min(waiting.at)) FROM (
    SELECT entry.at FROM journal_entry AS entry, reached
    WHERE (entry.xid, entry.id) > (reached.xid, reached.id) AND entry.kind = ANY(%s)
    ORDER BY entry.xid, entry.id LIMIT 1
) AS waiting
"""


class _Lateness:
    """One reading for all sockets of this process, at most every five seconds."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._value: dict[str, Any] = {"behind_s": 0.0, "odoo_at": None}
        self._lock = asyncio.Lock()

    async def now(self) -> dict[str, Any]:
        async with self._lock:
            if time.monotonic() - self._read_at > _KEEP_S:
                self._value = await database_sync_to_async(_read)()
                self._read_at = time.monotonic()
        return self._value


def _read() -> dict[str, Any]:
    from apps.dashboards.live import KINDS

    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [list(KINDS)])
        found = cursor.fetchone()[0]
    behind = round(float(found), 1) if found and found > 0 else 0.0
    odoo_at = Feed.objects.aggregate(at=Max("ok_at"))["at"]
    return {"behind_s": behind, "odoo_at": odoo_at.isoformat() if odoo_at else None}


_lateness: dict[int, _Lateness] = {}


async def lateness() -> dict[str, Any]:
    """`behind_s`, seconds the push is behind (0 when all that settled was sent), and `odoo_at`, ISO 8601."""
    loop = id(asyncio.get_running_loop())
    return await _lateness.setdefault(loop, _Lateness()).now()
