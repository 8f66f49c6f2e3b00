"""What policy says must be approved goes to Odoo only after somebody else has said yes, and then once."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from apps.accounts.models import Company
from apps.approvals import services as approvals
from apps.approvals.errors import NotAllowed
from apps.approvals.models import Decision, Policy, Request
from apps.integrations.models import Command
from apps.integrations.odoo.command import sending
from apps.mirror.models import DeliveryCarrier, SaleOrder
from tests.contract import make
from tests.factories import make_person
from tests.integrations.odoo.commands.conftest import form, notes, post

pytestmark = pytest.mark.usefixtures("guards")


@pytest.fixture
def policies_off():
    """Here they are on."""


@pytest.fixture
def decide(now, settle):
    """decide(request, person, verdict="grant"): on the facts as they are; the journal's readers hear of it."""

    def one(request, person, verdict="grant", reason="Fine."):
        request.refresh_from_db()
        _, seen = approvals.facts_of(request)
        said = approvals.decide(
            request, by=person, verdict=verdict, reason=reason, seen=seen, now=now
        )
        settle()
        return said

    return one


@pytest.fixture
def van(admin, mirror):
    """Another carrier."""
    service = make.product(admin, stock=0, type="service", is_storable=False)
    values = {"name": f"Van {make.key()}", "delivery_type": "fixed", "product_id": service}
    made = admin("delivery.carrier", "create", {**values, "active": True})
    mirror()
    return DeliveryCarrier.objects.get(odoo_id=made)


@pytest.fixture
def asked(give, delivery, van, carl):
    """Carl wants another carrier for a delivery."""
    return give(carl, "set_carrier", delivery().public_id, carrier=str(van.odoo_id))


def request_of(command):
    return Request.objects.get(subject_ref=command.public_id)


def test_another_carrier_waits_for_finance_and_then_goes_out_once(
    asked, decide, carry, clerk, van, fiona
):
    sending.drain(parallel=1)
    asked.refresh_from_db()
    assert (asked.state, notes(clerk, asked)) == ("approval", 0)
    request = request_of(asked)
    assert request.facts["the carrier"] == f"none → {van.name}"
    assert request.facts["State"] == "ready"

    decide(request, fiona)
    decide(request, fiona)
    command = carry(asked)

    assert command.state == "applied", command.says
    carrier = clerk.value("stock.picking", command.record_odoo_id, "carrier_id")
    assert carrier[0] == van.odoo_id
    assert notes(clerk, command) == 1
    assert "Approved by Fiona Finance" in command.note
    request.refresh_from_db()
    assert (request.state, request.effect) == ("granted", "applied")
    assert Decision.objects.get().policy_version == 1


def test_a_rejection_ends_the_command_with_its_reason(asked, decide, carry, clerk, fiona):
    decide(request_of(asked), fiona, "reject", "Too dear.")
    command = carry(asked)

    assert (command.state, command.reason) == ("refused", "rejected")
    assert command.says == "Rejected by Fiona Finance: Too dear."
    assert notes(clerk, command) == 0


def test_a_question_taken_back_ends_the_command(asked, carry, carl, now, settle):
    approvals.withdraw(request_of(asked), by=carl, now=now)
    settle()

    assert carry(asked).state == "cancelled"


def test_who_asked_cannot_approve(give, quotation, fiona, decide, carry):
    command = give(fiona, "release_credit", quotation().public_id, why="Paid.")

    with pytest.raises(NotAllowed, match="You asked for this"):
        decide(request_of(command), fiona)
    assert carry(command).state == "approval"


def test_who_entered_the_order_does_not_release_its_credit(give, quotation, fiona, decide):
    order = quotation()
    other = make_person("Fay", "finance", *Company.objects.all())
    SaleOrder.objects.filter(odoo_id=order.odoo_id).update(salesperson_login=other.email.upper())
    command = give(fiona, "release_credit", order.public_id, why="Paid.")

    with pytest.raises(NotAllowed, match="You entered this order"):
        decide(request_of(command), other)


def test_an_invoiced_order_is_cancelled_when_operations_and_finance_agree(
    give, delivery, admin, clerk, mirror, carl, olga, fiona, decide, carry
):
    shipment = delivery(invoice_policy="order")
    draft = make.drafted(clerk, shipment.order.odoo_id)
    clerk("account.move", "action_post", [draft])
    mirror()
    shown = form(carl, "cancel_order", shipment.order.public_id).json()
    command = give(carl, "cancel_order", shipment.order.public_id, why="Sent back.")
    request = request_of(command)

    assert shown["seen"]["invoice_status"] == "invoiced"
    with pytest.raises(NotAllowed):
        decide(request, fiona)
    decide(request, olga)
    assert carry(command).state == "approval"
    decide(request, fiona)
    assert carry(command).state == "applied", command.says


def test_an_order_without_an_invoice_is_cancelled_without_an_approval(give, delivery, carl):
    command = give(carl, "cancel_order", delivery().order.public_id, why="Not wanted.")

    assert command.state == "waiting"
    assert not Request.objects.exists()


def test_goods_taken_from_an_order_name_who_loses_and_who_gets_them(
    give, admin, clerk, mirror, olga, decide, carry
):
    from apps.shipments.models import Shipment

    product = make.product(admin, stock=3)
    orders = [make.order(clerk, make.customer(admin), (product, 3)) for _ in range(2)]
    for order in orders:
        clerk("sale.order", "action_confirm", [order])
    mirror()
    has, wants = (
        Shipment.objects.get(picking_odoo_id=make.picking_of(clerk, order)) for order in orders
    )
    command = give(
        olga, "reallocate_stock", has.public_id, to=str(wants.picking_odoo_id), why="Late."
    )
    facts = request_of(command).facts
    assert has.order.name in facts["loses the goods"]
    assert wants.order.name in facts["gets the goods"]

    decide(request_of(command), make_person("Oscar", "operations", *Company.objects.all()))
    assert carry(command).state == "applied", command.says


def test_a_return_below_the_policys_amount_goes_straight_out(give, delivery, clerk, mirror, carl):
    when = {"amount_over": {"amount": "1000000", "currency": "USD"}}
    Policy.objects.filter(slug="command_authorise_return").update(when=when)
    shipment = delivery()
    clerk(
        "stock.picking", "button_validate", [shipment.picking_odoo_id], context={"skip_sms": True}
    )
    mirror()
    move = make.move_of(clerk, shipment.picking_odoo_id)
    shipment.order.refresh_from_db()
    sale = {"why": "Broken.", "quantities": {str(move): 1}}

    command = give(carl, "authorise_return", shipment.public_id, **sale)

    assert command.state == ("waiting" if shipment.order.currency == "USD" else "approval")


def test_the_same_thing_is_asked_for_once_at_a_time(asked, carl, van):
    shown = form(carl, "set_carrier", asked.record_ref).json()
    body = {"kind": "set_carrier", "record": asked.record_ref, "seen": shown["seen"]}
    answer = post(carl, {**body, "data": {"carrier": str(van.odoo_id)}})

    assert answer.status_code == 400
    assert "waits for approval" in answer.json()["detail"]
    assert Command.objects.count() == 1


def test_facts_that_moved_since_park_an_approved_command(asked, decide, carry, clerk, fiona):
    clerk("stock.picking", "action_cancel", [asked.record_odoo_id])
    decide(request_of(asked), fiona)
    command = carry(asked)

    assert (command.state, command.reason) == ("parked", "changed")
    assert "state is cancelled, was ready" in command.says
    assert request_of(command).effect == "parked"


def test_the_records_page_and_the_approvals_show_it(asked, carl, fiona):
    request = request_of(asked)
    browser = Browser()
    browser.force_login(carl)
    page = browser.get(f"/integrations/commands/on/{asked.record_ref}/").content.decode()
    assert "Waiting for approval" in page
    assert f"/approvals/{request.public_id}/" in page

    browser.force_login(fiona)
    listed = browser.get("/approvals/").content.decode()
    assert request.public_id in listed
    pane = browser.get(f"/approvals/{request.public_id}/").content.decode()
    assert "The carrier" in pane
    assert "What is asked" not in pane  # the heading says it
    assert "Grant…" in pane
    told = browser.get(f"/api/v1/approvals/{request.public_id}/").json()
    assert told["request"]["subject"] == asked.public_id
