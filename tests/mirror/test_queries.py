"""What the rooms above ask of the mirror."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.accounts.models import Warehouse
from apps.accounts.scope import Scope
from apps.mirror.models import Feed, Quant
from apps.mirror.queries import (
    boxes,
    components,
    fed_by,
    master_data,
    purchase_lines,
    receipts_of,
    stock_levels,
    work_orders,
)
from apps.mirror.services import mark_gone
from tests.mirror.conftest import AT, take

pytestmark = pytest.mark.usefixtures("world")


def quant(odoo_id, place, quantity, reserved=0, product=51, **more):
    take(
        "stock.quant",
        {
            "id": odoo_id, "product_id": product, "location_id": place, "company_id": 3,
            "quantity": quantity, "reserved_quantity": reserved, **more,
        },
    )  # fmt: skip


def move(odoo_id, **values):
    take("stock.move", {"id": odoo_id, "state": "assigned", "product_id": 51, **values})


def levels(*products, **more):
    return [
        (row.product_odoo_id, row.warehouse, row.on_hand, row.reserved, row.free, row.unit)
        for row in stock_levels("default", products, **more)
    ]


def test_stock_is_summed_by_product_and_warehouse_in_the_products_unit():
    quant(1, 41, 10, 4)
    quant(2, 42, 2.5, package_id=9)
    quant(3, 43, 7)
    quant(4, 44, 3, 3)
    quant(5, 41, -2, product=52)

    assert levels(51, 52) == [
        (51, "", 3, 3, 0, "Units"),
        (51, "Gent", Decimal("12.5"), 4, Decimal("8.5"), "Units"),
        (51, "Lyon", 7, 0, 7, "Units"),
        (52, "Gent", -2, 0, -2, "m"),
    ]
    assert levels(53) == []


def test_stock_that_odoo_merged_away_and_that_of_another_odoo_does_not_count():
    quant(1, 41, 10)
    quant(2, 41, 5)
    mark_gone("default", "stock.quant", [2], AT)
    take("stock.quant", {"id": 3, "product_id": 51, "location_id": 41, "quantity": 9}, of="second")

    assert levels(51) == [(51, "Gent", 10, 0, 10, "Units")]


def test_a_person_sees_the_stock_of_the_own_warehouses():
    quant(1, 41, 10)
    quant(2, 43, 7, company_id=4)
    gent = Warehouse.objects.get(code="GNT")
    scope = Scope(companies=frozenset({gent.company_id}), warehouses=frozenset({gent.pk}))

    assert levels(51, among=scope.narrow(Quant.objects.all())) == [(51, "Gent", 10, 0, 10, "Units")]


def test_stock_levels_take_four_queries_for_any_number_of_products(django_assert_num_queries):
    for number in range(1, 30):
        quant(number, 41, number)

    with django_assert_num_queries(4):
        stock_levels("default", [51, 52])


def test_a_transfers_boxes_say_what_is_in_them():
    take("stock.quant.package", {"id": 1, "name": "PACK1"}, {"id": 2, "name": "PACK2"})
    for odoo_id, package, product, quantity in ((1, 1, 51, 2), (2, 1, 52, 1.5), (3, 2, 51, 4)):
        take(
            "stock.move.line",
            {
                "id": odoo_id, "picking_id": 71, "product_id": product, "quantity": quantity,
                "result_package_id": package, "unit": "Units",
            },
        )  # fmt: skip

    assert [(box.name, box.contents) for box in boxes("default", [71])] == [
        ("PACK1", [("Desk", 2, "Units"), ("Board", Decimal("1.5"), "Units")]),
        ("PACK2", [("Desk", 4, "Units")]),
    ]


def test_a_purchase_knows_its_receipts_through_the_moves_of_its_lines():
    take(
        "purchase.order.line",
        {"id": 1, "order_id": 7, "product_qty": 5},
        {"id": 2, "order_id": 8, "product_qty": 1},
    )
    for odoo_id, at in ((71, "2026-03-09 10:00:00"), (72, "2026-03-05 10:00:00")):
        take(
            "stock.picking",
            {"id": odoo_id, "name": f"IN{odoo_id}", "state": "assigned", "scheduled_date": at},
        )
    move(81, picking_id=71, purchase_line_id=1)
    move(82, picking_id=72, purchase_line_id=1)
    move(83, picking_id=72, purchase_line_id=2)
    move(84, picking_id=73, purchase_line_id=2)  # its transfer was not read yet

    found = receipts_of("default", [7, 8, 9])

    assert {order: [row.name for row in rows] for order, rows in found.items()} == {
        7: ["IN72", "IN71"],
        8: ["IN72"],
        9: [],
    }
    assert [line.odoo_id for line in purchase_lines("default", [8, 7])] == [1, 2]


def test_a_production_knows_what_it_uses_and_its_operations_in_time():
    move(81, raw_material_production_id=1, product_uom_qty=4, quantity=1)
    move(82, raw_material_production_id=1, state="cancel")
    move(83, production_id=1)
    for odoo_id, start in ((1, False), (2, "2026-03-05 10:00:00"), (3, "2026-03-04 10:00:00")):
        take(
            "mrp.workorder",
            {"id": odoo_id, "production_id": 1, "name": f"step {odoo_id}", "date_start": start},
        )

    assert [row.odoo_id for row in components("default", [1, 2])[1]] == [81]
    assert [row.odoo_id for row in work_orders("default", [1])[1]] == [3, 2, 1]
    assert work_orders("default", [2]) == {2: []}


def test_a_move_knows_which_moves_bring_its_goods():
    move(81, production_id=1, move_dest_ids=[83])
    move(82, picking_id=71, move_dest_ids=[83])
    move(83, picking_id=72, move_orig_ids=[82, 81, 99])

    found = fed_by("default", [83, 81])

    assert {m: [row.odoo_id for row in rows] for m, rows in found.items()} == {
        83: [81, 82],
        81: [],
    }


def test_master_data_says_how_much_there_is_and_when_odoo_was_last_asked():
    asked = timezone.now() - timedelta(minutes=1)
    Feed.objects.create(connection="default", model="res.partner", ok_at=asked)
    Feed.objects.create(connection="default", model="delivery.carrier", absent=True)
    Feed.objects.create(connection="second", model="product.product", ok_at=asked)
    take("res.partner", {"id": 40, "complete_name": "Old", "active": False})
    mark_gone("default", "res.partner", [23], AT)

    told = {row.model: row for row in master_data("default")}

    contacts = told["res.partner"]
    assert (contacts.title, contacts.here, contacts.archived) == ("Contacts", 4, 1)
    assert (contacts.synced_at, told["product.product"].synced_at) == (asked, None)
    assert told["delivery.carrier"].absent
    assert {"uom.uom", "stock.route", "stock.location"} < set(told)
