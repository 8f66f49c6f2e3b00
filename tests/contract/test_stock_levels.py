"""Stock by product and place: quants, places of warehouses, forecasts."""

import pytest

from tests.contract import make

QUIET = {"skip_sms": True}


def on_hand(user, product):
    rows = user(
        "stock.quant",
        "search_read",
        [["product_id", "=", product], ["location_id.usage", "=", "internal"]],
        ["quantity", "reserved_quantity", "available_quantity", "location_id", "package_id"],
    )
    return [
        (r["quantity"], r["reserved_quantity"], r["available_quantity"], r["package_id"])
        for r in rows
    ]


def test_places_know_their_warehouse(tower, admin):
    shelf = make.stock_location(admin)
    row = tower.one("stock.location", shelf, "complete_name", "usage", "warehouse_id", "company_id")

    assert row["complete_name"].endswith("/Stock")
    assert (row["usage"], row["warehouse_id"][0], row["company_id"][0]) == ("internal", 1, 1)
    customers = tower(
        "stock.location", "search_read", [["usage", "=", "customer"]], ["warehouse_id"], limit=1
    )
    assert customers[0]["warehouse_id"] is False


def test_a_new_warehouse_has_places_and_operation_types(tower, admin):
    house = make.two_step_warehouse(admin)
    row = tower.one("stock.warehouse", house, "lot_stock_id", "pick_type_id", "out_type_id", "code")
    output = tower("stock.location", "search", [["complete_name", "=", f"{row['code']}/Output"]])

    assert row["lot_stock_id"][1] == f"{row['code']}/Stock"
    kind = tower.one(
        "stock.picking.type", row["pick_type_id"][0], "code", "default_location_dest_id"
    )
    assert (kind["code"], [kind["default_location_dest_id"][0]]) == ("internal", output)
    kind = tower.one("stock.picking.type", row["out_type_id"][0], "default_location_src_id")
    assert [kind["default_location_src_id"][0]] == output


def test_reserving_and_shipping_move_the_quant(tower, admin):
    product = make.product(admin)
    order = make.order(tower, make.customer(admin), (product, 3))
    tower("sale.order", "action_confirm", [order])
    picking = make.picking_of(tower, order)
    assert on_hand(tower, product) == [(20.0, 3.0, 17.0, False)]

    tower("stock.picking", "do_unreserve", [picking])
    assert on_hand(tower, product) == [(20.0, 0.0, 20.0, False)]
    tower("stock.picking", "action_assign", [picking])
    tower("stock.picking", "button_validate", [picking], context=QUIET)
    assert on_hand(tower, product) == [(17.0, 0.0, 17.0, False)]


def test_a_return_brings_the_goods_back(tower, admin):
    product = make.product(admin)
    order = make.order(tower, make.customer(admin), (product, 3))
    tower("sale.order", "action_confirm", [order])
    picking = make.picking_of(tower, order)
    tower("stock.picking", "button_validate", [picking], context=QUIET)

    back = make.returned(tower, picking, 2)
    tower("stock.picking", "button_validate", [back], context=QUIET)

    assert on_hand(tower, product) == [(19.0, 0.0, 19.0, False)]
    move = tower.one(
        "stock.move", make.move_of(tower, back), "origin_returned_move_id", "to_refund"
    )
    assert move["origin_returned_move_id"][0] == make.move_of(tower, picking)
    assert move["to_refund"] is True


def test_what_is_missing_is_expected_with_its_receipt_or_late(tower, admin):
    product = make.product(admin, stock=0)
    order = make.order(tower, make.customer(admin), (product, 3))
    tower("sale.order", "action_confirm", [order])
    picking = make.picking_of(tower, order)

    def availability():
        row = tower.one(
            "stock.picking", picking, "products_availability_state", "products_availability"
        )
        return row["products_availability_state"], row["products_availability"]

    assert availability() == ("late", "Not Available")
    bought = make.purchase(tower, make.vendor(admin), (product, 3))
    tower("purchase.order", "button_confirm", [bought])
    assert availability() == ("late", "Exp 01/05/2030")
    tower("stock.picking", "write", [picking], {"scheduled_date": "2030-02-01 08:00:00"})
    assert availability() == ("expected", "Exp 01/05/2030")

    receipt = tower.value("purchase.order", bought, "picking_ids")[0]
    tower("stock.picking", "button_validate", [receipt])
    assert availability() == ("available", "Available")
    assert tower.value("product.product", product, "incoming_qty") == 0.0


@pytest.mark.parametrize("quantity", [12, 4])
def test_a_changed_quantity_changes_the_open_move(tower, admin, quantity):
    product = make.product(admin)
    order = make.order(tower, make.customer(admin), (product, 5))
    tower("sale.order", "action_confirm", [order])
    line = tower.value("sale.order", order, "order_line")[0]

    tower("sale.order.line", "write", [line], {"product_uom_qty": quantity})

    move = tower.one(
        "stock.move",
        make.move_of(tower, make.picking_of(tower, order)),
        "product_uom_qty",
        "quantity",
    )
    assert (move["product_uom_qty"], move["quantity"]) == (float(quantity), float(quantity))
    assert on_hand(tower, product) == [(20.0, float(quantity), 20.0 - quantity, False)]


def test_units_and_routes_are_readable(tower):
    unit = tower("uom.uom", "search_read", [["name", "=", "Units"]], ["factor", "active"], limit=1)
    assert (unit[0]["factor"], unit[0]["active"]) == (1.0, True)
    assert isinstance(tower("stock.route", "search_read", [], ["name", "company_id"]), list)
