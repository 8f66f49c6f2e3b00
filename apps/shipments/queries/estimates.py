"""Our own estimate of an arrival, beside the carrier's promise."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from apps.shipments.learning import table_for
from apps.shipments.models import Package, Shipment
from apps.shipments.rules.usual import Estimate, Lane, estimate

_OVER = (
    "delivered",
    "goods_received",
    "pod_received",
    "cancelled",
    "returned_to_sender",
    "returned",
)


def own_estimate(shipment: Shipment, packages: Collection[Package]) -> Estimate | None:
    """When a shipment under way should arrive by what such shipments took; None before it left and when it is there.

    It counts from the last pickup among its packages, else from the dispatch. It never replaces what the carrier says.
    """
    if shipment.execution_status in _OVER or shipment.kind == "incoming":
        return None
    left_at = _left_at(shipment, packages)
    if left_at is None:
        return None
    carriers = {package.carrier_id for package in packages if package.carrier_id}
    carrier = carriers.pop() if len(carriers) == 1 else shipment.carrier_id
    place = f"{shipment.warehouse_id or ''}>{shipment.ship_to_country}"
    lane = Lane(carrier, shipment.carrier_name[:120], place[:40])
    return estimate(table_for(("transit",), lane), left_at, lane)


def _left_at(shipment: Shipment, packages: Collection[Package]) -> datetime | None:
    picked = [package.picked_up_at for package in packages if package.picked_up_at]
    return max(picked) if picked else shipment.dispatched_at
