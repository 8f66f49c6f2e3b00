"""Worlds for the screens: orders with a parcel, an event, a case and a held invoice each."""

from dataclasses import dataclass

from django.utils import timezone

from apps.accounts.models import Company
from apps.approvals.models import Hold
from apps.exceptions import services
from apps.exceptions.models import Case
from apps.shipments.models import Order, Package, Shipment
from tests.approvals.factories import (
    make_event,
    make_hold,
    make_order,
    make_package,
    make_shipment,
)


@dataclass(frozen=True)
class World:
    """One order with everything that hangs on it."""

    order: Order
    shipment: Shipment
    package: Package
    case: Case
    hold: Hold


def make_world(company: Company, **order_fields) -> World:
    """An order on its way whose delivery was attempted, with an open case and a held invoice."""
    order = make_order(company, **{"stage": "out_for_delivery", **order_fields})
    shipment = make_shipment(order, execution_status="delivery_attempted")
    package = make_package(shipment, status="delivery_attempted", milestone="delivery_attempted")
    make_event(package, "picked_up", timezone.now())
    make_event(
        package, "delivery_attempted", timezone.now(), exception_reason="recipient_unavailable", source_code="X:48"
    )  # fmt: skip
    case = services.open_case(
        "delivery_attempted", f"delivery_attempted:{shipment.public_id}", shipment=shipment, order=order,
        title="Delivery attempted, nobody there", now=timezone.now(),
    )  # fmt: skip
    return World(order, shipment, package, case, make_hold(order))


def as_live() -> dict[str, str]:
    """The headers of the live script."""
    return {"HTTP_X_LIVE": "1", "HTTP_HX_REQUEST": "true"}


def as_htmx() -> dict[str, str]:
    """The headers of htmx."""
    return {"HTTP_HX_REQUEST": "true"}
