"""The state of a package: a pure function of the set of its live events (FORMATS.md 0.4)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

from apps.shipments.milestones import MILESTONES, Milestone, milestone
from apps.shipments.rules.facts import EventLike, PackageState
from apps.shipments.rules.proof import best_proof
from apps.shipments.rules.trust import Trust

RULE: Final = "fold.1"
_CLOSING: Final = frozenset({"delivered", "goods_received"})
_SCANS_AFTER: Final = timedelta(
    hours=1
)  # a late scan may carry the depot's clock, not the driver's
_PICKED_UP_RANK: Final = 30

# Facility scans are one status: a screen that changed its word at every belt would say nothing.
STATUS: Final = {
    "order_received": "ready_to_ship",
    "label_created": "ready_to_ship",
    "booked": "ready_to_ship",
    "picked": "picking",
    "departed_facility": "in_transit",
    "arrived_at_facility": "in_transit",
    "customs_cleared": "in_transit",
    "pod_received": "delivered",
}

_RANK: Final = {name: step.rank for name, step in MILESTONES.items()}

Event = TypeVar("Event", bound=EventLike)


def fold(events: Iterable[EventLike]) -> PackageState:
    """The state of one package after all its live events, in whatever order they are given.

    events: every event that is neither voided nor superseded. Ties in occurred_at go to the higher
    rank. After a delivery only milestones marked after_delivered change the state (milestones.csv).
    """
    return fold_in_order(in_order(events))


def fold_in_order(ordered: Sequence[Any], trust: Trust | None = None) -> PackageState:
    """The same for events that in_order has put in order already.

    trust: whose arrival time, delivery and proof is shown where several sources give one (rules.trust); None where
    one source speaks, or all are trusted alike.
    """
    if not ordered:
        return PackageState()
    deciding = _deciding(ordered)
    picked_up = next((e for e in ordered if e.milestone == "picked_up"), None)
    delivered = _trusted(trust, "delivered_at", [e for e in ordered if e.milestone in _CLOSING])
    promised = _trusted(trust, "eta", [e for e in reversed(ordered) if e.eta])
    step = milestone(deciding.milestone) if deciding else None
    return PackageState(
        milestone=step.name if step else "",
        status=status_of(step) if step else "",
        exception_reason=deciding.exception_reason if deciding else "",
        terminal=bool(step and step.terminal),
        first_event_at=ordered[0].occurred_at,
        last_event_at=ordered[-1].occurred_at,
        picked_up_at=picked_up.occurred_at if picked_up else None,
        delivered_at=delivered.occurred_at if delivered else None,
        attempts=len({e.occurred_at for e in ordered if e.milestone == "delivery_attempted"}),
        eta=promised.eta if promised else "",
        proof=best_proof(ordered, picked_up.occurred_at if picked_up else None, trust),
        anomalies=tuple(_anomalies(ordered, picked_up, delivered)),
        deciding=deciding.ref if deciding else "",
        event_count=len(ordered),
    )


def _trusted(trust: Trust | None, name: str, said: Sequence[Any]) -> Any:
    """The first of these words from whoever is trusted most; the first of all where nobody is before another."""
    if trust is None or len(said) < 2:
        return said[0] if said else None
    return min(said, key=lambda event: trust.rank(name, event))


def in_order(events: Iterable[Event]) -> list[Event]:
    """By time, then rank, then identity: the one order every rule of this room walks in."""
    return sorted(events, key=_key)


def status_of(step: Milestone) -> str:
    """The execution word of a milestone."""
    return STATUS.get(step.name, step.name)


def _key(event: EventLike) -> tuple[Any, int, str]:
    return event.occurred_at, _RANK.get(event.milestone, 0), event.identity


def _deciding(ordered: Sequence[Event]) -> Event | None:
    deciding, closed = None, False
    for event in ordered:
        step = milestone(event.milestone)
        if not step.moves_state or (closed and not step.after_delivered):
            continue
        deciding = event
        closed = closed or event.milestone in _CLOSING
    return deciding


def _anomalies(
    ordered: Sequence[EventLike], picked_up: EventLike | None, delivered: EventLike | None
) -> Iterable[dict[str, Any]]:
    """Sequences that cannot be. Events are never refused for their order: a case looks at these."""
    if delivered is None:
        return
    if picked_up and picked_up.occurred_at > delivered.occurred_at:
        yield _anomaly(
            "delivered_before_pickup", "Delivered before it was picked up", delivered, picked_up
        )
    cancelled = next((e for e in ordered if e.milestone == "cancelled"), None)
    if cancelled and cancelled.occurred_at < delivered.occurred_at:
        yield _anomaly(
            "delivered_after_cancelled", "Delivered after it was cancelled", cancelled, delivered
        )
    for event in reversed(ordered):
        step = milestone(event.milestone)
        if event.occurred_at <= delivered.occurred_at + _SCANS_AFTER:
            break
        if step.moves_state and not step.after_delivered and _PICKED_UP_RANK < step.rank < 80:
            yield _anomaly(
                "moved_after_delivery", "On the road again after it was delivered", delivered, event
            )
            break


def _anomaly(code: str, says: str, *events: EventLike) -> dict[str, Any]:
    return {"code": code, "says": says, "events": [event.ref for event in events]}
