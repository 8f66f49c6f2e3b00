"""How late the live push is: the age of the oldest journal entry that the subscriber "live" has not sent yet."""

import asyncio
import time

from channels.db import database_sync_to_async
from django.db import connection

_KEEP_S = 5.0
_WAITING = """
SELECT extract(epoch FROM clock_timestamp() - min(waiting.at)) FROM (
    SELECT entry.at FROM journal_entry AS entry, journal_cursor AS cursor
    WHERE cursor.subscriber = 'live' AND (entry.xid, entry.id) > (cursor.xid, cursor.entry_id)
      AND entry.kind = ANY(%s)
    ORDER BY entry.xid, entry.id LIMIT 1
) AS waiting
"""


class _Lateness:
    """One reading for all sockets of this process, at most every five seconds."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._value = 0.0
        self._lock = asyncio.Lock()

    async def now(self) -> float:
        async with self._lock:
            if time.monotonic() - self._read_at > _KEEP_S:
                self._value = await database_sync_to_async(_read)()
                self._read_at = time.monotonic()
        return self._value


def _read() -> float:
    from apps.dashboards.live import KINDS

    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [list(KINDS)])
        found = cursor.fetchone()[0]
    return round(float(found), 1) if found and found > 0 else 0.0


_lateness: dict[int, _Lateness] = {}


async def behind_s() -> float:
    """Seconds the push is behind; 0 when everything settled has been sent."""
    loop = id(asyncio.get_running_loop())
    return await _lateness.setdefault(loop, _Lateness()).now()
