"""A contact or an operation type that goes elsewhere takes along what names it, and nothing else."""

from __future__ import annotations

import pytest

from apps.mirror.models import Invoice, Picking, PurchaseOrder, Quant, SaleOrder
from tests.mirror.conftest import take

pytestmark = pytest.mark.usefixtures("world")


def moves(partner: int, to: int):
    return take(
        "res.partner",
        {"id": partner, "complete_name": "moved", "commercial_partner_id": to},
        after_s=60,
    )


def order(odoo_id: int, partner: int) -> None:
    take(
        "sale.order",
        {"id": odoo_id, "name": f"S{odoo_id}", "state": "sale", "partner_id": partner, "company_id": 3,
         "warehouse_id": 5},
    )  # fmt: skip


def transfer(odoo_id: int, **values) -> None:
    take(
        "stock.picking",
        {"id": odoo_id, "name": "T", "state": "assigned", "picking_type_code": "outgoing",
         "picking_type_id": 12, "company_id": 3, **values},
    )  # fmt: skip


def customer_of(table, odoo_id: int) -> str | None:
    whose = table.objects.get(odoo_id=odoo_id).customer
    return whose.name if whose else None


def test_an_order_its_transfer_and_a_transfer_without_one_follow_their_contact():
    order(61, partner=22)
    order(62, partner=21)
    transfer(71, sale_id=61, partner_id=31)
    transfer(72, partner_id=22)

    changes = moves(22, to=23)

    assert customer_of(SaleOrder, 61) == customer_of(Picking, 71) == "Gemini"
    assert customer_of(Picking, 72) == "Gemini"
    assert customer_of(SaleOrder, 62) == "Azure"
    assert changes.rescoped == {"sale.order": [61], "stock.picking": [71, 72]}


def test_a_transfer_from_a_supplier_stays_nobodys():
    transfer(71, partner_id=31, picking_type_code="incoming", picking_type_id=11)

    moves(31, to=23)

    assert customer_of(Picking, 71) is None


def test_an_invoice_stays_with_whom_odoo_wrote_on_it():
    for odoo_id, commercial in ((81, 21), (82, 22)):
        take(
            "account.move",
            {"id": odoo_id, "name": "I", "state": "posted", "move_type": "out_invoice", "partner_id": 22,
             "commercial_partner_id": commercial, "company_id": 3, "order_odoo_ids": []},
        )  # fmt: skip

    moves(22, to=23)

    assert customer_of(Invoice, 81) == "Azure"
    assert customer_of(Invoice, 82) == "Gemini"


def test_documents_follow_their_operation_type_to_another_warehouse():
    transfer(71, partner_id=21)
    take(
        "purchase.order",
        {"id": 91, "name": "P", "state": "purchase", "partner_id": 31, "company_id": 3, "picking_type_id": 12},
    )  # fmt: skip

    take(
        "stock.picking.type",
        {"id": 12, "name": "outgoing", "code": "outgoing", "warehouse_id": 6},
        after_s=60,
    )

    assert Picking.objects.get(odoo_id=71).warehouse.name == "Lyon"
    assert PurchaseOrder.objects.get(odoo_id=91).warehouse.name == "Lyon"


def test_stock_follows_its_place():
    take("stock.quant", {"id": 1, "product_id": 51, "location_id": 41, "company_id": 3})

    take(
        "stock.location",
        {"id": 41, "complete_name": "place", "usage": "internal", "warehouse_id": 6, "company_id": 3},
        after_s=60,
    )  # fmt: skip

    assert Quant.objects.get().warehouse.name == "Lyon"


def test_a_contact_that_is_only_renamed_moves_nothing():
    order(61, partner=22)

    assert moves(22, to=21).rescoped == {}
