"""Row locks in the one order that the whole tower keeps (see the package's docstring)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from apps.approvals.models import Hold, Request
from apps.mirror.models import Invoice
from apps.shipments.models import Order, Shipment


def lock_for_order(order_id: int | None) -> None:
    """Lock an order's shipments and the order, so that what they say stands still until commit."""
    if order_id is not None:
        lock_for_orders([order_id])


def lock_for_orders(order_ids: Iterable[int]) -> None:
    """The same for several orders: their held invoices, all their shipments, then the orders, each by id."""
    ids = sorted(set(order_ids))
    _lock_invoices(
        Hold.objects.filter(order_id__in=ids, state="placed") if ids else Hold.objects.none()
    )
    shipments = (
        Shipment.objects.filter(order_id__in=ids).order_by("id").select_for_update(no_key=True)
    )
    orders = Order.objects.filter(id__in=ids).order_by("id").select_for_update(no_key=True)
    for rows in (shipments, orders) if ids else ():
        list(rows.values_list("id"))


def lock_hold(hold_id: int) -> Hold:
    """The hold, locked after the facts it stands on: its invoice, its order's shipments, its order."""
    known = Hold.objects.only("order_id").get(pk=hold_id)
    _lock_invoices(Hold.objects.filter(pk=hold_id))
    lock_for_order(known.order_id)
    return Hold.objects.select_for_update(no_key=True).get(pk=hold_id)


def lock_request(request_id: int) -> Request:
    """The request, locked after its hold and the facts below it."""
    hold_id, order_id = Request.objects.values_list("hold_id", "order_id").get(pk=request_id)
    if hold_id is not None:
        lock_hold(hold_id)
    else:
        lock_for_order(order_id)
    locked = Request.objects.select_for_update(no_key=True).get(pk=request_id)
    if locked.hold_id is not None:
        locked.hold = Hold.objects.select_related("order", "shipment").get(pk=locked.hold_id)
    return locked


def _lock_invoices(holds: QuerySet[Hold]) -> None:
    records = list(holds.values_list("connection", "record_odoo_id"))
    wanted = Q(pk__in=[])
    for connection, odoo_id in records:
        wanted |= Q(connection=connection, odoo_id=odoo_id)
    if records:
        list(
            Invoice.objects.filter(wanted)
            .order_by("id")
            .select_for_update(no_key=True)
            .values_list("id")
        )
