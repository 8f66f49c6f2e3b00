"""Who says what of a package, and whose word is shown (B7): for its page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.shipments.models import SYSTEMS, Event, Package
from apps.shipments.ownership import matrix
from apps.shipments.rules.fold import fold
from apps.shipments.rules.ownership import Line, Matrix, claimed

_KINDS: Final = dict(SYSTEMS)
_TITLES: Final = {
    "milestone": "Status", "eta": "Expected arrival", "delivered_at": "Delivered at", "proof": "Proof of delivery",
    "location": "Last seen at",
}  # fmt: skip
_CLOSING: Final = ("delivered", "goods_received")


@dataclass(frozen=True, slots=True)
class Word:
    """What one source says of a field. trust: its place in the order, from 1; None: a claim, without a say."""

    value: str
    source: str
    kind: str
    trust: int | None
    of: int
    at: datetime
    event: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One field of which several sources give different words: the one that is shown, and the others."""

    package: str
    field: str
    title: str
    shown: Word | None
    others: list[Word]
    how: str  # newest word, or most trusted


def standings(package: Package, events: Iterable[Event]) -> list[Standing]:
    """Fields of which sources differ; none where they agree, or only one speaks. events: live ones of the package."""
    live = [one for one in events if one.superseded_at is None and one.voided_at is None]
    if len({one.source for one in live}) < 2:
        return []
    lines = matrix()
    ordered = sorted(live, key=lambda one: (one.occurred_at, one.pk))
    found = []
    for name in _TITLES:
        words = _words(name, ordered, lines)
        if len({word.value for word in words}) < 2:
            continue
        shown = _shown(name, words, package)
        others = sorted(
            (word for word in words if word is not shown),
            key=lambda word: (word.trust is None, word.trust or 0, word.source),
        )
        how = "the newest word" if name in ("milestone", "location") else "the most trusted word"
        found.append(Standing(package.tracking_number, name, _TITLES[name], shown, others, how))
    return found


def _words(name: str, ordered: Sequence[Event], lines: Matrix) -> list[Word]:
    """One word for each source: of a delivery its first, of anything else its newest."""
    said: dict[str, Word] = {}
    for event in ordered:
        value = _value(name, event)
        if not value or (name == "delivered_at" and event.source in said):
            continue
        kind = lines.kind(event.source, event.format)
        line = _line(name, event, lines)
        owners = line.owners if line else ()
        counts = kind in owners and not _is_claim(name, event)
        place = owners.index(kind) + 1 if counts else None
        at = event.eta_told_at if name == "eta" and event.eta_told_at else event.occurred_at
        said[event.source] = Word(
            value, event.source, _KINDS.get(kind, "unknown kind"), place, len(owners), at, event.public_id
        )  # fmt: skip
    return list(said.values())


def _value(name: str, event: Event) -> str:
    if name == "eta":
        return event.eta
    if name == "location":
        return event.location
    if name == "delivered_at":
        return event.occurred_at.isoformat() if event.milestone in _CLOSING else ""
    if name == "proof":
        pod = event.pod or {}
        if not pod:
            return ""
        sound = pod.get("has_signature") or pod.get("document_available")
        return "signature or document" if sound else "a name only"
    return fold([_Alone(event)]).status.replace("_", " ")


def _line(name: str, event: Event, lines: Matrix) -> Line | None:
    if name == "eta":
        return lines.eta
    if name == "proof":
        return lines.proof
    return lines.milestones.get(event.milestone)


def _is_claim(name: str, event: Event) -> bool:
    return claimed(event.claims, name if name in ("eta", "proof") else "milestone")


def _shown(name: str, words: Sequence[Word], package: Package) -> Word | None:
    counted = [word for word in words if word.trust is not None]
    deciding = package.deciding_event
    if name == "milestone" and deciding is not None:
        return next((word for word in counted if word.source == deciding.source), None)
    if name in ("milestone", "location"):
        return max(counted, key=lambda word: word.at, default=None)
    return min(counted, key=lambda word: (word.trust or 0, _first(name, word)), default=None)


def _first(name: str, word: Word) -> float:
    """Among the equally trusted: the first delivery, the newest of anything else."""
    return word.at.timestamp() * (1 if name == "delivered_at" else -1)


class _Alone:
    """A stored event as the fold sees it."""

    def __init__(self, event: Event) -> None:
        self.ref = self.identity = event.public_id
        self.milestone, self.occurred_at = event.milestone, event.occurred_at
        self.exception_reason, self.pod, self.eta = event.exception_reason, None, event.eta

    pod: dict[str, Any] | None
