"""A shipment's execution status: rolled up from Odoo's transfer and from its packages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from apps.shipments.milestones import MILESTONES
from apps.shipments.rules.facts import Why, fact, when
from apps.shipments.rules.states import PICKING, UNKNOWN

RULE: Final = "execution.1"

_BEFORE: Final = {
    "awaiting_stock": 0,
    "ready_to_ship": 14,
    "picking": 20,
    "packed": 25,
    "dispatched": 29,
}
TITLES: Final = {
    "unknown": "Unknown in Odoo",
    "awaiting_stock": "Awaiting stock",
    "ready_to_ship": "Ready to ship",
    "picking": "Picking",
    "packed": "Packed",
    "dispatched": "Dispatched",
    "picked_up": "Picked up",
    "in_transit": "In transit",
    "customs_hold": "Held by customs",
    "delayed": "Delayed",
    "exception": "Trouble on the way",
    "lost": "Lost",
    "arrived_at_destination": "Arrived at destination",
    "out_for_delivery": "Out for delivery",
    "available_for_pickup": "Ready to collect",
    "delivery_attempted": "Delivery attempted",
    "delivered": "Delivered",
    "goods_received": "Received",
    "damaged": "Damaged",
    "return_in_transit": "On its way back",
    "returned_to_sender": "Returned",
    "cancelled": "Cancelled",
}
DELIVERED: Final = frozenset({"delivered", "goods_received"})
RETURNED: Final = frozenset({"return_in_transit", "returned_to_sender"})


class PackageLike(Protocol):
    """A package with its folded state."""

    @property
    def ref(self) -> str: ...
    @property
    def tracking_number(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def exception_reason(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def eta(self) -> str: ...
    @property
    def last_event_at(self) -> datetime | None: ...
    @property
    def heard_at(self) -> datetime | None: ...
    @property
    def delivered_at(self) -> datetime | None: ...
    @property
    def proof(self) -> dict[str, Any] | None: ...
    @property
    def deciding(self) -> str: ...
    @property
    def implicit(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Execution:
    """What roll_up says of one shipment."""

    status: str
    why: Why
    partial: bool
    delivered_packages: int
    package_count: int
    exception_reason: str
    attempts: int
    eta: str
    last_event_at: datetime | None
    heard_at: datetime | None
    delivered_at: datetime | None
    proven: bool


def advance(status: str) -> int:
    """How far a status is: the rank that the least advanced package is found by."""
    if status in _BEFORE:
        return _BEFORE[status]
    return MILESTONES[status].rank if status in MILESTONES else -1


def roll_up(
    packages: Sequence[PackageLike], picking_state: str, *, reference: str = "", gone: bool = False
) -> Execution:
    """The least advanced package decides, but never less than what Odoo says of the transfer.

    A cancelled package counts only if all are. A package nobody has reported holds the shipment at
    Odoo's word. A cancelled transfer, or one that Odoo no longer has (gone), is cancelled unless the goods
    are on the road all the same. A state that nobody has mapped is `unknown`, never guessed.
    """
    odoo = _odoo_status(picking_state)
    counted = [p for p in packages if p.status != "cancelled"] or list(packages)
    least = min(counted, key=lambda p: (advance(p.status), p.tracking_number), default=None)
    moving = least is not None and advance(least.status) > _BEFORE["dispatched"]
    if least is not None and (
        moving or (odoo != "cancelled" and advance(least.status) > advance(odoo))
    ):
        status, why = least.status, _by_package(least, len(packages))
    else:
        status, why = odoo, _by_odoo(odoo, picking_state, reference, gone)
    heard = [p for p in packages if not p.implicit]
    done = [p for p in packages if p.status in DELIVERED]
    return Execution(
        status=status,
        why=why,
        partial=len({p.status for p in counted}) > 1,
        delivered_packages=len(packages) if status in DELIVERED and not heard else len(done),
        package_count=len(packages),
        exception_reason=least.exception_reason
        if least is not None and status == least.status
        else "",
        attempts=sum(p.attempts for p in packages),
        eta=max((p.eta for p in counted if p.eta and p.status not in DELIVERED), default=""),
        last_event_at=max((p.last_event_at for p in packages if p.last_event_at), default=None),
        heard_at=max((p.heard_at for p in packages if p.heard_at), default=None),
        delivered_at=_all_delivered_at(counted),
        proven=bool(counted) and all(p.proof is not None and p.proof.get("valid") for p in counted),
    )


def _all_delivered_at(packages: Sequence[PackageLike]) -> datetime | None:
    times = [p.delivered_at for p in packages if p.delivered_at]
    return max(times) if times and len(times) == len(packages) else None


def _by_package(package: PackageLike, count: int) -> Why:
    title = TITLES.get(package.status, package.status)
    says = (
        f"{title} since {when(package.last_event_at)}"
        if count == 1
        else (f"{title}: the least advanced of {count} packages is {package.tracking_number}")
    )
    facts = [fact("package", package.ref, f"{package.tracking_number}: {title}")]
    if package.deciding:
        facts.append(fact("event", package.deciding, f"{title}"))
    return Why(package.status, RULE, says, tuple(facts))


def _odoo_status(picking_state: str) -> str:
    if not picking_state:
        return "awaiting_stock"  # a shipment that Odoo does not know yet
    return PICKING[picking_state].status if picking_state in PICKING else UNKNOWN


def _by_odoo(status: str, picking_state: str, reference: str, gone: bool) -> Why:
    if gone:
        says = "The transfer is no longer in Odoo"
    elif status == UNKNOWN:
        says = f"Odoo says the transfer is “{picking_state}”, which nobody has mapped"
    else:
        says = f"Odoo says the transfer is {picking_state or 'not there yet'}"
    return Why(status, RULE, says, (fact("picking", reference, picking_state),))
