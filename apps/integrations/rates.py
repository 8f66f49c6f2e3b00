"""How many messages a partner may post in a minute: counted in Valkey for all processes together.

A minute's worth may come at once, then one by one at the partner's pace (the generic cell rate algorithm:
one number for each partner, the time at which its allowance is whole again). While Valkey is away each
process counts for itself (R243): the limit then holds for each process, nothing is lost, nobody waits.
"""

import threading
import time
from functools import lru_cache
from math import ceil
from typing import Any, Final

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

_TIMEOUT_S: Final = 0.1
_REST_S: Final = 5.0
"""How long Valkey is not asked again after it did not answer, in seconds."""

_MINUTE_MS: Final = 60_000

# KEYS[1] the partner; ARGV[1] messages a minute, ARGV[2] how many to take: 1, 0 to look, -1 to give back.
# Answers how many ms to wait (0: taken) and how many are left.
_SCRIPT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local each = 60000 / tonumber(ARGV[1])
local whole = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = math.max(whole + each * tonumber(ARGV[2]), now)
if after - now > 60000 + 0.5 then return {math.ceil(after - now - 60000), 0} end
if tonumber(ARGV[2]) ~= 0 then redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', 60000 + math.ceil(each)) end
return {0, math.floor((60000 - (after - now)) / each + 0.001)}
"""

_own: dict[int, float] = {}
_lock = threading.Lock()
_rests_until = 0.0


@lru_cache(maxsize=2)
def _valkey(url: str) -> Any:
    client = redis.Redis.from_url(
        url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, retry=None
    )
    return client.register_script(_SCRIPT)


def take(partner_id: int, per_minute: int) -> int:
    """Take one message's allowance: 0, or after how many seconds (at least 1) to come again."""
    wait_ms, _ = _ask(partner_id, per_minute, 1)
    return ceil(wait_ms / 1000)


def give_back(partner_id: int, per_minute: int) -> None:
    """The message was not the partner's after all: strangers use up nobody's allowance."""
    _ask(partner_id, per_minute, -1)


def left(partner_id: int, per_minute: int) -> int:
    """How many messages the partner may post right now."""
    return _ask(partner_id, per_minute, 0)[1]


def _ask(partner_id: int, per_minute: int, cost: int) -> tuple[int, int]:
    global _rests_until
    if time.monotonic() >= _rests_until:
        try:
            key = f"door:rate:{partner_id}"
            wait_ms, rest = _valkey(settings.REDIS_URL)(keys=[key], args=[per_minute, cost])
            return int(wait_ms), int(rest)
        except redis.RedisError as error:
            _rests_until = time.monotonic() + _REST_S
            log.warning("rate_limits_are_each_process_s_own", reason=str(error))
    return _ask_own(partner_id, per_minute, cost, time.monotonic() * 1000)


def _ask_own(partner_id: int, per_minute: int, cost: int, now: float) -> tuple[int, int]:
    """The same sum as the script, in this process."""
    each = _MINUTE_MS / per_minute
    with _lock:
        whole = max(_own.get(partner_id, now), now)
        after = max(whole + each * cost, now)
        if after - now > _MINUTE_MS + 0.5:
            return ceil(after - now - _MINUTE_MS), 0
        if cost:
            _own[partner_id] = after
    return 0, int((_MINUTE_MS - (after - now)) / each + 0.001)
