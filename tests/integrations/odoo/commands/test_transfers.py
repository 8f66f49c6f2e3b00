"""What may be done to transfers, from the API to Odoo and back into the mirror."""

from __future__ import annotations

import base64

import pytest

from apps.mirror.models import Picking
from apps.shipments.models import Document, DocumentBody
from tests.contract import make
from tests.integrations.odoo.commands.conftest import notes

pytestmark = pytest.mark.usefixtures("guards")


def state(user, shipment):
    return user.value("stock.picking", shipment.picking_odoo_id, "state")


def test_a_ready_transfer_is_validated_once_and_the_mirror_shows_it(
    give, carry, delivery, clerk, olga
):
    shipment = delivery()
    command = carry(give(olga, "validate_transfer", shipment.public_id))

    assert (command.state, command.form) == ("applied", "guard"), command.says
    assert state(clerk, shipment) == "done"
    assert notes(clerk, command) == 1
    assert Picking.objects.get(odoo_id=shipment.picking_odoo_id).state == "done"
    assert command.read_back["before"]["state"] == "assigned"
    assert command.read_back["after"]["state"] == "done"


def test_missing_goods_ask_a_person_about_the_backorder_who_adapts(
    give, carry, delivery, clerk, olga, mirror
):
    shipment = delivery(quantity=10, stock=4)
    asked = carry(give(olga, "validate_transfer", shipment.public_id))

    assert (asked.state, asked.reason) == ("parked", "wizard"), asked.says
    assert "ackorder" in asked.says
    assert state(clerk, shipment) == "assigned"
    assert notes(clerk, asked) == 0

    answered = carry(give(olga, "validate_transfer", shipment.public_id, backorder="create"))
    assert answered.state == "applied", answered.says
    assert state(clerk, shipment) == "done"
    rest = clerk("stock.picking", "search", [["backorder_id", "=", shipment.picking_odoo_id]])
    assert answered.made == [["stock.picking", rest[0]]]
    assert Picking.objects.filter(odoo_id=rest[0]).exists()


def test_missing_goods_are_cancelled_where_the_person_says_so(give, carry, delivery, clerk, olga):
    shipment = delivery(quantity=10, stock=4)
    command = carry(give(olga, "validate_transfer", shipment.public_id, backorder="cancel"))

    assert command.state == "applied", command.says
    assert state(clerk, shipment) == "done"
    open_ones = [
        ["backorder_id", "=", shipment.picking_odoo_id],
        ["state", "not in", ["cancel", "done"]],
    ]
    assert clerk("stock.picking", "search_count", open_ones) == 0


def test_a_transfer_is_cancelled_with_its_reason(give, carry, delivery, clerk, olga):
    shipment = delivery()
    command = carry(give(olga, "cancel_transfer", shipment.public_id, why="Ordered twice."))

    assert command.state == "applied", command.says
    assert state(clerk, shipment) == "cancel"
    assert make.notes_with(clerk, command.model, command.record_odoo_id, "Ordered twice.") == 1


def test_a_tracking_number_is_written_and_mirrored(give, carry, delivery, clerk, carl):
    shipment = delivery()
    command = carry(
        give(carl, "set_tracking_number", shipment.public_id, tracking_number="1Z1, 1Z2")
    )

    assert command.state == "applied", command.says
    assert (
        clerk.value("stock.picking", shipment.picking_odoo_id, "carrier_tracking_ref") == "1Z1, 1Z2"
    )
    assert Picking.objects.get(odoo_id=shipment.picking_odoo_id).tracking_ref == "1Z1, 1Z2"


def test_without_the_guard_a_field_is_written_with_its_key_in_one_call(
    give, carry, delivery, clerk, carl
):
    from apps.integrations.models import OdooGuard

    OdooGuard.objects.all().delete()
    shipment = delivery()
    command = carry(give(carl, "set_tracking_number", shipment.public_id, tracking_number="1Z3"))

    assert (command.state, command.form) == ("applied", "write"), command.says
    assert notes(clerk, command) == 1


def test_without_the_guard_a_button_waits_for_the_administrator(give, carry, delivery, clerk, olga):
    from apps.integrations.models import OdooGuard

    OdooGuard.objects.all().delete()
    shipment = delivery()
    command = carry(give(olga, "validate_transfer", shipment.public_id))

    assert (command.state, command.reason) == ("parked", "guard_missing")
    assert "odoo_bootstrap" in command.says
    assert state(clerk, shipment) == "assigned"


def test_the_carrier_is_one_that_odoo_offers(give, carry, delivery, clerk, admin, mirror, olga):
    product = make.product(admin, stock=0, type="service", is_storable=False)
    carrier = admin(
        "delivery.carrier",
        "create",
        {
            "name": f"Van {make.key()}",
            "delivery_type": "fixed",
            "product_id": product,
            "active": True,
        },
    )
    shipment = delivery()
    mirror()
    command = carry(give(olga, "set_carrier", shipment.public_id, carrier=str(carrier)))

    assert command.state == "applied", command.says
    assert clerk.value("stock.picking", shipment.picking_odoo_id, "carrier_id")[0] == carrier


def test_a_proof_of_delivery_is_the_same_file_in_odoo(give, carry, delivery, clerk, carl):
    shipment = delivery()
    document = Document.objects.create(
        kind="evidence",
        name="pod.pdf",
        media_type="application/pdf",
        size=12,
        sha256="x",
        shipment=shipment,
        company=shipment.company,
    )
    DocumentBody.objects.create(document=document, content=b"%PDF-1.4 pod")
    command = carry(give(carl, "attach_proof", shipment.public_id, document=document.public_id))

    assert command.state == "applied", command.says
    assert command.changed == []
    there = clerk(
        "ir.attachment",
        "search_read",
        [["res_model", "=", "stock.picking"], ["res_id", "=", shipment.picking_odoo_id]],
        ["name", "datas"],
    )
    assert [(one["name"], base64.b64decode(one["datas"])) for one in there] == [
        ("pod.pdf", b"%PDF-1.4 pod")
    ]


def test_a_return_is_authorised_for_some_goods_and_names_its_receipt(
    give, carry, delivery, clerk, olga
):
    shipment = delivery(quantity=3)
    carry(give(olga, "validate_transfer", shipment.public_id))
    move = make.move_of(clerk, shipment.picking_odoo_id)
    command = carry(
        give(
            olga,
            "authorise_return",
            shipment.public_id,
            quantities={str(move): 2},
            why="Wrong colour.",
        )
    )

    assert command.state == "applied", command.says
    ((model, receipt),) = command.made
    assert model == "stock.picking"
    assert clerk.value("stock.picking", receipt, "return_id")[0] == shipment.picking_odoo_id
    back = clerk.one("stock.move", make.move_of(clerk, receipt), "product_uom_qty")
    assert back["product_uom_qty"] == 2
    assert Picking.objects.filter(odoo_id=receipt).exists()
