"""What Odoo says becomes orders, shipments and packages, whatever part of it comes first."""

from decimal import Decimal

import pytest
from django.utils import timezone

from apps.journal.models import Entry
from apps.mirror.models import DeliveryCarrier, Invoice, Picking
from apps.shipments.apply import apply
from apps.shipments.models import Order, Package, PackageLink, Shipment
from apps.shipments.projection import project
from apps.shipments.rules import roll_up
from tests.factories import make_company
from tests.shipments.factories import at, change, message, mirrored, said

pytestmark = pytest.mark.django_db


def test_a_confirmed_order_brings_its_transfer_and_is_told_once(sold):
    order, picking = sold
    project("default", orders=[order.odoo_id])
    project("default", orders=[order.odoo_id], pickings=[picking.odoo_id])

    ours, shipment = Order.objects.get(), Shipment.objects.get()
    assert (ours.name, ours.customer_name, ours.stage, ours.open) == (
        "S00042",
        "Azure Interior",
        "awaiting_stock",
        True,
    )
    assert (ours.promise_at, ours.promise_basis) == (at("2026-03-05 16:00"), "commitment")
    assert (shipment.order, shipment.execution_status, shipment.ship_to_timezone) == (
        ours,
        "awaiting_stock",
        "Europe/Brussels",
    )
    assert shipment.packages.get().implicit
    told = list(Entry.objects.values_list("kind", flat=True))
    assert sorted(told) == [
        "order.changed",
        "order.confirmed",
        "shipment.changed",
        "shipment.created",
    ]
    assert (ours.version, shipment.version) == (1, 1)


def test_a_transfer_that_comes_before_its_order_joins_it_later(sold):
    order, picking = sold
    state = order.__class__.objects.filter(pk=order.pk).values().get()
    order.delete()
    project("default", pickings=[picking.odoo_id])
    assert Shipment.objects.get().order is None

    order.__class__.objects.create(**state)
    project("default", orders=[state["odoo_id"]])
    assert Shipment.objects.get().order == Order.objects.get()


def test_a_tracking_number_replaces_the_implicit_package_and_several_make_several(sold):
    order, picking = sold
    project("default", orders=[order.odoo_id])
    change(
        picking, state="done", tracking_ref="1Z111, 1Z222;1z-111", done_at=at("2026-03-03 10:00")
    )
    project("default", pickings=[picking.odoo_id])

    shipment = Shipment.objects.get()
    assert set(shipment.packages.values_list("number", flat=True)) == {"1Z111", "1Z222"}
    assert not Package.objects.filter(implicit=True).exists()
    assert (shipment.execution_status, shipment.order.stage) == ("dispatched", "in_transit")


def test_events_that_came_before_odoo_named_the_number_are_linked(sold):
    _, picking = sold
    apply(
        [
            message(
                said("picked_up", "2026-03-03 11:00", "1Z111"),
                said("out_for_delivery", "2026-03-04 08:00", "1Z111"),
            )
        ]
    )
    change(picking, state="done", tracking_ref="1Z111")
    project("default", pickings=[picking.odoo_id])

    shipment = Shipment.objects.get()
    assert shipment.execution_status == "out_for_delivery"
    assert (Package.objects.get().company_id, PackageLink.objects.get().said_by) == (
        shipment.company_id,
        "odoo",
    )


def test_a_number_that_was_delivered_before_the_order_existed_is_a_new_package(sold):
    _, picking = sold
    apply([message(said("delivered", "2026-01-10 11:00", "1Z111"))])
    change(picking, state="done", tracking_ref="1Z111")
    project("default", pickings=[picking.odoo_id])
    assert Shipment.objects.get().execution_status == "dispatched"

    apply([message(said("out_for_delivery", "2026-03-04 08:00", "1Z111"))])
    assert Shipment.objects.get().execution_status == "out_for_delivery"
    assert Package.objects.count() == 2


def test_a_corrected_number_takes_the_shipment_to_the_other_package(sold):
    _, picking = sold
    change(picking, state="done", tracking_ref="1Z111")
    project("default", pickings=[picking.odoo_id])
    apply([message(said("delivered", "2026-03-04 08:00", "1Z111"))])
    change(picking, tracking_ref="1Z222")
    project("default", pickings=[picking.odoo_id])

    shipment = Shipment.objects.get()
    assert shipment.packages.get().number == "1Z222"
    assert shipment.execution_status == "dispatched"


def test_an_invoice_moves_the_order_and_the_money_side_of_its_shipment(sold, company):
    order, picking = sold
    change(picking, state="done", tracking_ref="1Z111")
    project("default", orders=[order.odoo_id])
    signed = {"has_signature": True}
    apply([message(said("delivered", "2026-03-04 08:00", "1Z111", pod=signed))])
    assert Order.objects.get().stage == "pod_validated"

    bill = mirrored(Invoice, name="INV/1", kind="out_invoice", state="posted", payment_state="not_paid",
                    company=company, order_odoo_ids=[order.odoo_id], amount_total=Decimal("120.50"))  # fmt: skip
    project("default", invoices=[bill.odoo_id])
    assert (Order.objects.get().stage, Shipment.objects.get().financial_status) == (
        "invoiced",
        "invoiced",
    )

    change(bill, payment_state="paid")
    project("default", invoices=[bill.odoo_id])
    project("default", invoices=[bill.odoo_id])
    assert (Order.objects.get().stage, Order.objects.get().open) == ("paid", False)
    entries = Entry.objects.filter(kind="invoice.changed").order_by("id")
    assert [entry.payload["was"] for entry in entries] == [
        {},
        {"state": "posted", "payment_state": "not_paid"},
    ]


def test_a_two_step_delivery_shows_its_picking_before_the_outgoing_transfer_exists(sold, company):
    order, picking = sold
    change(picking, kind="internal", state="assigned")
    project("default", orders=[order.odoo_id])
    assert (Order.objects.get().stage, Shipment.objects.count()) == ("allocated", 0)


def test_a_method_without_a_link_gives_a_name_and_no_carrier(sold):
    _, picking = sold
    method = mirrored(DeliveryCarrier, name="Express")
    change(picking, carrier_odoo_id=method.odoo_id, tracking_ref="1Z111", state="done")
    project("default", pickings=[picking.odoo_id])

    shipment = Shipment.objects.get()
    assert (shipment.carrier, shipment.carrier_name) == (None, "Express")


def test_a_transfer_deleted_in_odoo_is_a_cancelled_shipment(sold):
    order, picking = sold
    project("default", orders=[order.odoo_id])
    change(picking, gone_at=timezone.now())
    project("default", pickings=[picking.odoo_id])

    assert Shipment.objects.get().execution_status == "cancelled"
    assert Order.objects.get().stage == "cancelled"


def test_two_companies_orders_with_one_number_both_follow_it(company):
    other = make_company("Elsewhere")
    for owner in (company, other):
        row = mirrored(
            Picking, name="OUT", state="done", kind="outgoing", company=owner, tracking_ref="1Z111"
        )
        project("default", pickings=[row.odoo_id])
    apply([message(said("out_for_delivery", "2026-03-04 08:00", "1Z111"))])

    assert Package.objects.count() == 1
    assert set(Shipment.objects.values_list("execution_status", flat=True)) == {"out_for_delivery"}


def test_a_shipment_without_any_package_follows_odoo():
    assert roll_up([], "assigned").status == "ready_to_ship"
