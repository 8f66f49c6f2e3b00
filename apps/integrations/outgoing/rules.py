"""When to try again, as pure functions."""

from datetime import timedelta
from typing import Final

RESTS_S: Final = (
    5, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 12 * 3600, 12 * 3600, 12 * 3600, 12 * 3600,
)  # fmt: skip
"""Between the tries of one delivery, before jitter: 5 seconds to 12 hours."""

GIVE_UP: Final = timedelta(days=3)
"""After its first try a delivery that was not taken becomes a dead letter."""

_LANE_S: Final = (1, 5, 15, 60, 300)
_SPREAD: Final = 0.2


def rest_s(attempts: int, chance: float, *, asked_s: float | None = None) -> float:
    """Seconds until the next try after `attempts` of them, 20 % shorter or longer as chance (0 to 1) says.

    Never less than the receiver asked for, and up to 20 % more: many who were asked the same do not come back at once.
    """
    rest = RESTS_S[min(max(attempts, 1), len(RESTS_S)) - 1]
    jittered = rest * (1 - _SPREAD + 2 * _SPREAD * chance)
    return max(jittered, (asked_s or 0.0) * (1 + _SPREAD * chance))


def lane_rest_s(failures: int, chance: float = 0.0, *, asked_s: float | None = None) -> float:
    """Seconds a whole address rests after so many failures in a row, up to 20 % longer as chance (0 to 1) says.

    One dead address costs few calls.
    """
    rest = _LANE_S[min(max(failures, 1), len(_LANE_S)) - 1]
    return max(float(rest), asked_s or 0.0) * (1 + _SPREAD * chance)
