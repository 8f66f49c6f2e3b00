"""Pure rules of asking: cadence, budget, rests, and when a circuit opens. No clock, no database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Final

OUT: Final = frozenset({"out_for_delivery", "delivery_attempted", "available_for_pickup"})
WAITING: Final = frozenset({"", "label_created", "booked", "order_received", "picked", "packed"})

OPENS_AFTER: Final = 5
"""Failures in a row that open the circuit."""

ROUND: Final = 20
"""The newest requests that are looked at to see whether an API knows anything still."""

_FIRST_REST_S, _LONGEST_REST_S, _SLOW_REST_S = 30, 900, 60
_LONGEST_MISS: Final = timedelta(days=1)
_SHORTEST_SILENCE, _LONGEST_SILENCE = timedelta(minutes=15), timedelta(hours=24)
_FEW: Final = 20
_FEWEST, _NEARLY_ALL = 5, 0.9
_LONGEST_WAIT_S: Final = 6 * 3600


def phase(milestone: str) -> str:
    """waiting (not with the carrier yet), out (for delivery, or to be fetched), else moving."""
    if milestone in OUT:
        return "out"
    return "waiting" if milestone in WAITING else "moving"


def due_at(last: datetime | None, cadence_s: int, misses: int, now: datetime) -> datetime:
    """When a package is to be asked for: a cadence after it was last heard of or asked for.

    Each miss in a row doubles that, up to a day: a number nobody knows must not eat the budget.
    """
    if last is None:
        return now
    cadence = timedelta(seconds=cadence_s)
    return last + (max(cadence, min(cadence * 2 ** min(misses, 10), _LONGEST_MISS)))


def is_lost(newest: Sequence[tuple[bool, bool]], numbers_per_request: int) -> bool:
    """Whether an API that answers has lost its data: (it knew this number before, it does not now) of each asking.

    Nine in ten of five or more (two requests' worth) that it knew are unknown, or each of twenty or more is. One
    number that is unknown, or one request that is refused for a number in it, says nothing.
    """
    least = max(_FEWEST, 2 * numbers_per_request)
    known = [missed for was_known, missed in newest if was_known]
    if len(known) >= least:
        return sum(known) >= _NEARLY_ALL * len(known)
    return len(newest) >= max(ROUND, least) and all(missed for _, missed in newest)


Counts = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """Requests made of late; the limits are None for as many as needed.

    seconds: (second since 1970, how many) of the last minute; minutes: (minute since 1970, how many) of the last hour.
    Each counts until its end is a whole minute, or hour, ago: no minute and no hour has more than the limit, wherever
    it begins, for the price of up to a second, or a minute, of waiting; and 120 pairs are kept whatever the limit.
    """

    per_minute: int | None
    per_hour: int | None
    seconds: Counts = ()
    minutes: Counts = ()

    def used(self, now: datetime) -> tuple[int, int]:
        """How many were made in the last minute, and in the last hour."""
        recent = (_recent(self.seconds, 1, now), _recent(self.minutes, 60, now))
        return sum(count for _, count in recent[0]), sum(count for _, count in recent[1])

    def left(self, now: datetime) -> int:
        """How many requests may be made now."""
        limits = zip((self.per_minute, self.per_hour), self.used(now), strict=True)
        return max(0, min((most - used for most, used in limits if most is not None), default=1000))

    def spent(self, now: datetime) -> "Budget":
        """One request more, and what is over forgotten."""
        return replace(
            self,
            seconds=_with(_recent(self.seconds, 1, now), int(now.timestamp())),
            minutes=_with(_recent(self.minutes, 60, now), int(now.timestamp()) // 60),
        )


def _recent(counts: Counts, width_s: int, now: datetime) -> Counts:
    """Those of the last sixty widths, a begun one whole."""
    since = now.timestamp() - 60 * width_s
    return tuple((at, count) for at, count in counts if (at + 1) * width_s > since)


def _with(counts: Counts, at: int) -> Counts:
    made = dict(counts)
    made[at] = made.get(at, 0) + 1
    return tuple(made.items())


def retry_after(header: str | None, now: datetime) -> timedelta:
    """How long an API wants to be left alone: seconds or an HTTP date; a minute when it does not say, six hours at most."""
    seconds = 60.0
    text = (header or "").strip()
    if text.isdecimal() and len(text) < 9:
        seconds = float(text)
    elif text:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            at = None
        if at is not None:
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            seconds = (at - now).total_seconds()
    return timedelta(seconds=min(max(seconds, 1.0), _LONGEST_WAIT_S))


def rest_of(openings: int, when_open: str) -> timedelta | None:
    """How long an open circuit rests before one call may try; None: until a person says so."""
    if when_open == "manual":
        return None
    if when_open == "slower":
        return timedelta(seconds=_SLOW_REST_S)
    return timedelta(
        seconds=min(_LONGEST_REST_S, _FIRST_REST_S * 2 ** min(max(openings - 1, 0), 10))
    )


def expected_within(heard: Sequence[datetime]) -> timedelta:
    """How long a source may be silent, learned from when it spoke (newest first): one and a half times its longest gap.

    At least 15 minutes and at most a day; a day while it has spoken fewer than 20 times.
    """
    if len(heard) < _FEW:
        return _LONGEST_SILENCE
    gaps = [newer - older for newer, older in pairwise(heard)]
    return min(max(max(gaps) * 1.5, _SHORTEST_SILENCE), _LONGEST_SILENCE)
