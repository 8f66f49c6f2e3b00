"""Valid proof of delivery: a signature or a document from the carrier or 3PL, never before pickup."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from apps.shipments.rules.facts import EventLike
from apps.shipments.rules.trust import Trust

RULE: Final = "proof.1"


def is_valid_proof(
    pod: Mapping[str, Any] | None, *, at: datetime, picked_up_at: datetime | None
) -> bool:
    """Whether this proof lets finance rely on the delivery.

    A name alone (`received_by`) is none. `at` is when its event occurred; a signature before pickup,
    by its own time or by the event's, is none either. Rule: DESIGN, "Three truths"; FORMATS.md 0.8.
    """
    if not pod or not (pod.get("has_signature") or pod.get("document_available")):
        return False
    if picked_up_at is None:
        return True
    signed_at = _instant(pod.get("signed_at"))
    return at >= picked_up_at and (signed_at is None or signed_at >= picked_up_at)


def best_proof(
    ordered: Sequence[Any], picked_up_at: datetime | None, trust: Trust | None = None
) -> dict[str, Any] | None:
    """The newest valid proof among events in order, else the newest word of one, with its event.

    Of several valid ones that of the most trusted source (rules.trust). Returned as the source's pod and
    {"event": public id, "at", "valid"}.
    """
    best: tuple[bool, int] | None = None
    chosen: tuple[EventLike, bool] | None = None
    for event in ordered:
        if not event.pod:
            continue
        valid = is_valid_proof(event.pod, at=event.occurred_at, picked_up_at=picked_up_at)
        worth = (valid, -trust.rank("proof", event) if trust else 0)
        if best is None or worth >= best:
            best, chosen = worth, (event, valid)
    if chosen is None:
        return None
    event, valid = chosen
    return {
        **(event.pod or {}), "event": event.ref, "at": event.occurred_at.isoformat(), "valid": valid,
    }  # fmt: skip


def _instant(text: object) -> datetime | None:
    if not isinstance(text, str) or len(text) < 11:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
