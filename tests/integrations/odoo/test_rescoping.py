"""Whose a document is follows the contact and the operation type it names, though Odoo writes nothing on it."""

from __future__ import annotations

from apps.mirror import rescoping
from apps.mirror.models import Feed, Picking, SaleOrder
from apps.shipments.models import Order, Shipment
from tests.contract import make


def test_orders_and_transfers_follow_a_customer_into_another_company(mirror, admin, clerk):
    group = make.customer(admin)
    order_id = make.confirmed(admin, clerk)
    mirror()
    order = SaleOrder.objects.get(odoo_id=order_id)
    assert order.customer.odoo_id == order.customer_odoo_id
    Feed.objects.exclude(model="res.partner").update(quiet_s=10_000)
    admin("res.partner", "write", [order.customer_odoo_id], {"parent_id": group})

    mirror()

    order.refresh_from_db()
    assert order.customer.odoo_id == group
    assert Picking.objects.get(order_odoo_id=order_id).customer == order.customer
    assert Order.objects.get(odoo_id=order_id).customer == order.customer
    assert Shipment.objects.get(order__odoo_id=order_id).customer == order.customer


def test_very_many_documents_are_read_again_in_the_background(mirror, admin, clerk, monkeypatch):
    monkeypatch.setattr(rescoping, "AT_ONCE", 0)
    group = make.customer(admin)
    order_id = make.confirmed(admin, clerk)
    mirror()
    order = SaleOrder.objects.get(odoo_id=order_id)
    Feed.objects.exclude(model="res.partner").update(quiet_s=10_000)
    admin("res.partner", "write", [order.customer_odoo_id], {"parent_id": group})

    mirror()

    order.refresh_from_db()
    assert order.customer.odoo_id == group
    assert Picking.objects.get(order_odoo_id=order_id).customer == order.customer
    assert not Feed.objects.exclude(reread_to_id=None).exists()
