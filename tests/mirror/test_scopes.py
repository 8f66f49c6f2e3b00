"""Whose a document is: company and warehouse always, a customer only where one is served."""

from __future__ import annotations

import pytest

from apps.accounts.models import Company, Customer
from apps.mirror.models import (
    Invoice,
    Picking,
    Production,
    PurchaseOrder,
    Quant,
    SaleOrder,
)
from tests.mirror.conftest import take

pytestmark = pytest.mark.usefixtures("world")


def scope(row):
    return tuple(str(part) if part else None for part in (row.company, row.warehouse, row.customer))


def order(odoo_id=61, **values):
    take(
        "sale.order",
        {
            "id": odoo_id, "name": f"S{odoo_id}", "state": "sale", "partner_id": 22, "company_id": 3,
            "warehouse_id": 5, **values,
        },
    )  # fmt: skip


def picking(code, kind, **values):
    take(
        "stock.picking",
        {
            "id": 71, "name": "T", "state": "assigned", "picking_type_code": code,
            "picking_type_id": kind, "company_id": 3, **values,
        },
    )  # fmt: skip
    return scope(Picking.objects.get(odoo_id=71))


def test_a_purchase_has_the_warehouse_of_its_operation_type_and_no_customer():
    take(
        "purchase.order",
        {"id": 1, "name": "P1", "state": "purchase", "partner_id": 31, "company_id": 3, "picking_type_id": 11},
    )  # fmt: skip

    row = PurchaseOrder.objects.get()
    assert scope(row) == ("Gent Ltd", "Gent", None)
    assert row.supplier_odoo_id == 31


def test_a_production_has_the_warehouse_of_its_operation_type_and_no_customer():
    take(
        "mrp.production",
        {"id": 1, "name": "MO1", "state": "confirmed", "company_id": 3, "picking_type_id": 13},
    )

    assert scope(Production.objects.get()) == ("Gent Ltd", "Gent", None)


def test_a_delivery_is_for_who_ordered_it_whoever_receives_the_goods():
    order()

    assert picking("outgoing", 12, partner_id=23, sale_id=61) == ("Gent Ltd", "Gent", "Azure")


def test_a_delivery_without_an_order_is_for_its_partner():
    assert picking("outgoing", 12, partner_id=22) == ("Gent Ltd", "Gent", "Azure")


def test_a_drop_shipment_has_no_warehouse_and_is_for_who_ordered_it():
    order()

    assert picking("dropship", 15, partner_id=31, sale_id=61) == ("Gent Ltd", None, "Azure")


@pytest.mark.parametrize(
    ("code", "kind", "returned"),
    [("incoming", 11, False), ("outgoing", 12, 70), ("internal", 16, False)],
    ids=["a receipt", "goods that go back to the supplier", "a move inside"],
)
def test_a_supplier_is_nobodys_customer(code, kind, returned):
    assert picking(code, kind, partner_id=31, return_id=returned) == ("Gent Ltd", "Gent", None)


def test_what_a_customer_sends_back_is_the_customers():
    assert picking("incoming", 11, partner_id=22, return_id=70) == ("Gent Ltd", "Gent", "Azure")


@pytest.mark.parametrize(
    ("kind", "customer"),
    [("out_invoice", "Azure"), ("out_refund", "Azure"), ("in_invoice", None), ("in_refund", None)],
)
def test_a_bill_of_a_supplier_has_no_customer(kind, customer):
    order()
    take(
        "account.move",
        {
            "id": 1, "name": "X", "move_type": kind, "state": "posted", "partner_id": 22,
            "commercial_partner_id": 21, "company_id": 3, "order_odoo_ids": [61],
        },
    )  # fmt: skip

    assert scope(Invoice.objects.get()) == ("Gent Ltd", "Gent", customer)


@pytest.mark.parametrize(
    ("place", "company", "expected"),
    [
        (41, 3, ("Gent Ltd", "Gent", None)),
        (42, False, ("Gent Ltd", "Gent", None)),
        (43, 4, ("Lyon SA", "Lyon", None)),
        (44, False, (None, None, None)),
    ],
    ids=["ours", "a place of no company", "the other company's", "on its way"],
)
def test_stock_belongs_to_the_warehouse_of_its_place(place, company, expected):
    take(
        "stock.quant",
        {"id": 1, "product_id": 51, "location_id": place, "company_id": company, "quantity": 5},
    )

    assert scope(Quant.objects.get()) == expected


def test_a_company_that_odoo_hides_from_us_makes_nothing_fail_and_nothing_another_companys():
    order(company_id=99, warehouse_id=98)
    take(
        "stock.quant",
        {"id": 1, "product_id": 51, "location_id": 41, "company_id": 99, "quantity": 5},
    )

    assert scope(SaleOrder.objects.get()) == (None, None, "Azure")
    assert scope(Quant.objects.get()) == (None, "Gent", None)


def test_two_odoos_keep_their_companies_apart():
    take("res.company", {"id": 3, "name": "Another Odoo's third", "currency": "USD"}, of="second")
    take("sale.order", {"id": 61, "name": "S", "state": "sale", "company_id": 3}, of="second")

    assert SaleOrder.objects.get().company.name == "Another Odoo's third"
    assert Company.objects.filter(odoo_id=3).count() == 2


def test_names_longer_than_a_scope_row_are_cut_there_and_whole_in_the_mirror():
    take("res.company", {"id": 8, "name": "C" * 300, "currency": "EUR"})
    take("stock.warehouse", {"id": 8, "name": "W" * 300, "code": "W", "company_id": 8})

    company = Company.objects.get(odoo_id=8)
    assert (len(company.name), len(company.warehouses.get().name)) == (200, 200)


def test_a_company_that_leaves_a_group_is_no_longer_below_it():
    take("res.partner", {"id": 81, "name": "Group", "commercial_partner_id": 81})
    below = {"id": 82, "name": "Below", "commercial_partner_id": 82}
    take("res.partner", {**below, "parent_id": 81}, after_s=1)
    assert str(Customer.objects.get(odoo_id=82).parent) == "Group"

    take("res.partner", {**below, "parent_id": False}, after_s=2)

    assert Customer.objects.get(odoo_id=82).parent is None
