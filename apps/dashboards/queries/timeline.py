"""One story of what happened: carriers' events, what people did, what Odoo said. Newest first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apps.exceptions.models import CaseStep
from apps.shipments.models import Event, Report, Shipment
from apps.shipments.queries import Change
from apps.shipments.rules.reported import Check, checks_of
from apps.shipments.rules.reports import REPORTS

_LATE = timedelta(minutes=30)
_BAD = frozenset(
    {
        "delivery_attempted",
        "exception",
        "delayed",
        "lost",
        "damaged",
        "customs_hold",
        "returned_to_sender",
    }
)
_GOOD = frozenset({"delivered", "goods_received", "pod_received"})
# Watched fields whose change is news to whoever reads the story; states show as what follows from them.
_TOLD = frozenset(
    {
        "commitment_at",
        "amount_total",
        "ordered_qty",
        "received_qty",
        "scheduled_at",
        "deadline_at",
        "planned_at",
        "start_at",
        "finish_at",
        "tracking_ref",
        "payment_state",
    }
)
_SAYS = {
    "order_received": "Carrier has the order",
    "label_created": "Label made",
    "picked_up": "Picked up",
    "departed_facility": "Left the hub",
    "arrived_at_facility": "Arrived at the hub",
    "arrived_at_destination": "Arrived at destination",
    "available_for_pickup": "Ready to collect",
    "delivery_attempted": "Delivery attempted",
    "pod_received": "Proof of delivery received",
    "exception": "Trouble on the way",
    "eta_updated": "New arrival time",
    "info_only": "Note from the carrier",
    "return_in_transit": "On its way back",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story. `tone` is bad, good, ours, void or empty; `message` and `event` can be opened.

    change: what a field was and is, as mirrored; claim: said by somebody who does not own it, so it did not count.
    """

    at: datetime
    what: str
    tone: str = ""
    detail: Sequence[str] = field(default_factory=tuple)
    message: str = ""
    event: str = ""
    text: str = ""
    by: str = ""
    package: str = ""
    late: timedelta | None = None
    change: tuple[Any, Any] | None = None
    seen_at: datetime | None = None
    claim: bool = False


def event_words(milestone: str, reason: str = "") -> str:
    """A canonical event for the desk: `Delivery attempted: recipient unavailable`."""
    says = _SAYS.get(milestone) or milestone.replace("_", " ").capitalize()
    return f"{says}: {reason.replace('_', ' ')}" if reason else says


def of_events(events: Iterable[Event], *, several: bool = False) -> list[Line]:
    """Carriers' events as lines; `several` names the package on each."""
    return [_of_event(event, several) for event in events]


def source_name(event: Event) -> str:
    """Who said it, as people write it: the carrier's name; without a carrier the partner's slug in words."""
    if event.by_hand:
        return "Manual, low trust"
    carrier = event.carrier or event.package.carrier
    return carrier.name if carrier else _written(event.source)


def _written(slug: str) -> str:
    parts = slug.replace("_", "-").split("-")
    return " ".join(
        part.upper() if len(part) <= 3 or part[:1].isdigit() else part.capitalize()
        for part in parts
    )


def place_words(location: str, country: str) -> str:
    """`Gent, BE`: many sources write the country into the place as well, so it is said once."""
    said = [part.strip() for part in location.split(",") if part.strip()]
    if country and country.casefold() not in {part.casefold() for part in said}:
        said.append(country)
    return ", ".join(dict.fromkeys(said))


def _of_event(event: Event, several: bool) -> Line:
    gone = (
        "replaced by a newer mapping"
        if event.superseded_at
        else "withdrawn by its source"
        if event.voided_at
        else ""
    )
    tone = (
        "void"
        if gone or event.claims
        else "bad"
        if event.milestone in _BAD
        else "good"
        if event.milestone in _GOOD
        else ""
    )
    late = event.received_at - event.occurred_at
    code = "" if event.by_hand else event.source_code
    origin = f"{source_name(event)} {code}".strip()
    detail = [
        origin,
        place_words(event.location, event.country),
        f"map {event.mapping_version}" if event.message_ref else "",
        gone,
    ]
    if event.unmapped:
        detail.append("code not mapped")
    if event.eta:
        detail.append(f"expected {event.eta}")
    detail.append(device_words(event.details))
    detail += [f"not counted: {claim['says']}" for claim in event.claims]
    return Line(
        at=event.occurred_at, what=event_words(event.milestone, event.exception_reason), tone=tone,
        detail=[part for part in detail if part], message=event.message_ref, event=event.public_id,
        text=event.description, package=event.package.tracking_number if several else "",
        late=late if late > _LATE and not gone else None, claim=bool(event.claims),
    )  # fmt: skip


_TROUBLE = frozenset(
    {
        "allocation.failed", "picking.short", "label.failed", "carrier.rejected", "supplier.delayed",
        "dock.appointment_missed", "customs.held", "quality.hold_placed", "inspection.failed",
        "stock.below_threshold", "shipment.cancelled",
    }
)  # fmt: skip


def of_reports(reports: Iterable[Report]) -> list[Line]:
    """What sources reported of it: business events that are no parcel's, with who said so and when."""
    return [_of_report(one) for one in reports]


def _of_report(one: Report) -> Line:
    tone = "void" if one.superseded_at or one.claims else "bad" if one.kind in _TROUBLE else ""
    named = "" if one.kind.startswith(one.subject_kind) else f"{one.subject_kind} "
    detail = [
        f"{_written(one.source)} {one.source_code}".strip(),
        f"{named}{one.subject_ref}",
        f"map {one.mapping_version}" if one.message_ref else "",
        str(one.details.get("reason") or "").replace("_", " "),
        f"expected {one.expected_at:%Y-%m-%d}" if one.expected_at else "",
        *(check_words(check) for check in checks_of(one.details) if one.kind == "order.released"),
        device_words(one.details),
        "replaced by a newer mapping" if one.superseded_at else "",
        *(f"not counted: {claim['says']}" for claim in one.claims),
    ]
    late = one.received_at - one.occurred_at
    return Line(
        at=one.occurred_at, what=REPORTS[one.kind].title, tone=tone, detail=[part for part in detail if part],
        message=one.message_ref, event=one.public_id, text=one.description,
        late=late if late > _LATE and not one.superseded_at else None, claim=bool(one.claims),
    )  # fmt: skip


def device_words(details: Mapping[str, Any]) -> str:
    """Which handheld or scanner saw it, where its source says so (R27)."""
    device = details.get("device")
    return f"device {device}" if device and isinstance(device, str) else ""


def check_words(check: Check) -> str:
    """One release check with its result: `credit passed`."""
    result = {True: "passed", False: "failed", None: ""}[check.passed]
    return " ".join(part for part in (check.name, result, check.says) if part)


def of_steps(steps: Iterable[CaseStep]) -> list[Line]:
    """What people and the tower did on a case."""
    return [
        Line(at=step.at, what=step.says, tone="ours", by=step.by.name if step.by else "the tower")
        for step in steps
    ]


def of_odoo(shipments: Iterable[Shipment]) -> list[Line]:
    """When the transfers were validated in Odoo."""
    return [
        Line(
            at=shipment.dispatched_at,
            what="Goods left",
            detail=[f"{shipment.reference} validated in Odoo"],
        )
        for shipment in shipments
        if shipment.dispatched_at
    ]


def of_changes(changes: Iterable[Change]) -> list[Line]:
    """What somebody changed in Odoo, field by field: before and after (R1). Lines' own sums say nothing new."""
    return [
        Line(
            at=change.at or change.seen_at, what=change.label, detail=[change.record], by="in Odoo",
            change=(change.old, change.new), seen_at=change.seen_at,
        )
        for change in changes
        if change.field in _TOLD
    ]  # fmt: skip


def events_of(package_ids: Iterable[int]) -> list[Event]:
    """Every event of some packages, voided and superseded ones too, because the story keeps them."""
    events = Event.objects.filter(package_id__in=list(package_ids))
    return list(events.select_related("carrier", "package__carrier"))


def newest_first(*parts: Iterable[Line]) -> list[Line]:
    """All parts as one story."""
    return sorted((line for part in parts for line in part), key=lambda line: line.at, reverse=True)
