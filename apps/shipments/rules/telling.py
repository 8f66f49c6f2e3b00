"""What different tellings of one scan add up to: a snapshot repeats its scans, later ones with more on them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

RULE: Final = "telling.1"
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)


class Told(NamedTuple):
    """What a source said on a scan beside the scan itself; `eta_told_at` is its own clock, None if it gave none."""

    eta: str = ""
    eta_told_at: datetime | None = None
    pod: Mapping[str, Any] | None = None


def merged(one: Told, other: Told) -> Told:
    """Both tellings together: the promise that was made last, the proof that proves most.

    The greater of two in a total order, so order, repetition and grouping make no difference
    (DESIGN, promise 3). What one telling leaves out is not taken back by it.
    """
    last = max(one, other, key=_promise)
    return Told(last.eta, last.eta_told_at, max(one.pod, other.pod, key=_strength))


def _promise(told: Told) -> tuple[bool, datetime, str]:
    return bool(told.eta), told.eta_told_at or _NEVER, told.eta


def _strength(pod: Mapping[str, Any] | None) -> tuple[bool, bool, int, str]:
    if not pod:
        return False, False, 0, ""
    proves = bool(pod.get("has_signature") or pod.get("document_available"))
    return True, proves, sum(map(bool, pod.values())), json.dumps(pod, sort_keys=True, default=str)
