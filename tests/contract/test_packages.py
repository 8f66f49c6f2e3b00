"""Packages: what is packed travels as a package, in one step and in two."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError

QUIET = {"skip_sms": True}


@pytest.fixture
def model(server):
    return "stock.package" if server.is_19 else "stock.quant.package"


@pytest.fixture
def picking(admin, tower):
    return make.picking_of(tower, make.confirmed(admin, tower, 5))


def lines(user, picking):
    rows = user(
        "stock.move.line",
        "search_read",
        [["picking_id", "=", picking]],
        ["quantity", "package_id", "result_package_id"],
        order="id",
    )
    return [
        (r["quantity"], (r["package_id"] or [0])[0], (r["result_package_id"] or [0])[0])
        for r in rows
    ]


def quants(user, product):
    rows = user(
        "stock.quant",
        "search_read",
        [["product_id", "=", product], ["location_id.usage", "in", ["internal", "customer"]]],
        ["location_id", "package_id", "quantity", "reserved_quantity"],
        order="id",
    )
    return {
        (r["location_id"][0], (r["package_id"] or [0])[0]): (
            r["quantity"],
            r["reserved_quantity"],
        )
        for r in rows
        if r["quantity"] or r["reserved_quantity"]
    }


def test_goods_are_delivered_in_two_packages(tower, admin, picking, model, server):
    first, second = make.package(tower, server.is_19), make.package(tower, server.is_19)
    line = tower("stock.move.line", "search", [["picking_id", "=", picking]])
    move = make.move_of(tower, picking)
    row = tower.one("stock.move.line", line[0], "product_id", "location_id", "location_dest_id")
    product, shelf, target = (row[n][0] for n in ("product_id", "location_id", "location_dest_id"))
    tower("stock.move.line", "write", line, {"quantity": 3, "result_package_id": first})
    tower(
        "stock.move.line",
        "create",
        {
            "picking_id": picking,
            "move_id": move,
            "product_id": product,
            "quantity": 2,
            "location_id": shelf,
            "location_dest_id": target,
            "result_package_id": second,
        },
    )
    assert lines(tower, picking) == [(3.0, 0, first), (2.0, 0, second)]
    assert tower.value("stock.move", move, "quantity") == 5.0
    assert quants(tower, product) == {(shelf, 0): (20.0, 5.0)}

    assert tower("stock.picking", "button_validate", [picking], context=QUIET) is True

    assert quants(tower, product) == {
        (shelf, 0): (15.0, 0.0),
        (target, first): (3.0, 0.0),
        (target, second): (2.0, 0.0),
    }
    box = tower.one(model, first, "name", "location_id", "quant_ids")
    assert box["name"].startswith("BOX-")
    assert (box["location_id"][0], len(box["quant_ids"])) == (target, 1)


def test_an_empty_package_is_nowhere(tower, model, server):
    box = make.package(tower, server.is_19)
    row = tower.one(model, box, "location_id", "quant_ids", "display_name", "name")

    assert (row["location_id"], row["quant_ids"]) == (False, [])
    assert row["display_name"] == row["name"]


def test_a_clerk_reads_packages_and_makes_none(clerk, tower, model, server):
    box = make.package(tower, server.is_19)
    assert clerk.value(model, box, "name")

    with pytest.raises(OdooError) as told:
        clerk(model, "create", {"name": "BOX-0"})
    assert told.value.name == "odoo.exceptions.AccessError"


@pytest.fixture
def house(admin):
    return make.two_step_warehouse(admin)


@pytest.fixture
def picked(tower, admin, house):
    """An order of 4 out of 10 at a warehouse that picks first."""
    product = make.product(admin, stock=0)
    shelf = admin.value("stock.warehouse", house, "lot_stock_id")[0]
    make.put_away(admin, shelf, product, 10)
    order = make.order(tower, make.customer(admin), (product, 4), warehouse_id=house)
    tower("sale.order", "action_confirm", [order])
    return order


def pickings(user, order):
    return user(
        "stock.picking",
        "search_read",
        [["sale_id", "=", order]],
        ["state", "picking_type_code", "products_availability_state"],
        order="id",
    )


def test_picking_comes_first_and_shipping_follows_it(tower, picked, server):
    first = pickings(tower, picked)
    assert [(p["state"], p["picking_type_code"]) for p in first] == [("assigned", "internal")]
    assert first[0]["products_availability_state"] == ("available" if server.is_19 else False)
    row = tower.one("sale.order", picked, "delivery_status", "delivery_count")
    assert (row["delivery_status"], row["delivery_count"]) == ("pending", 1)

    tower("stock.picking", "button_validate", [first[0]["id"]], context=QUIET)

    both = pickings(tower, picked)
    assert [(p["state"], p["picking_type_code"]) for p in both] == [
        ("done", "internal"),
        ("assigned", "outgoing"),
    ]
    row = tower.one("sale.order", picked, "delivery_status", "delivery_count", "effective_date")
    assert (row["delivery_status"], row["delivery_count"]) == ("started", 2)
    assert row["effective_date"] is False
    moves = [make.move_of(tower, p["id"]) for p in both]
    assert tower.value("stock.move", moves[0], "move_dest_ids") == [moves[1]]
    assert tower.value("stock.move", moves[1], "move_orig_ids") == [moves[0]]
    assert tower.value("stock.move", moves[0], "location_final_id")[1].endswith("Customers")

    tower("stock.picking", "button_validate", [both[1]["id"]], context=QUIET)
    line = tower.value("sale.order", picked, "order_line")[0]
    assert tower.value("sale.order.line", line, "qty_delivered") == 4.0
    assert tower.value("sale.order", picked, "delivery_status") == "full"


def test_what_was_packed_while_picking_leaves_as_that_package(tower, picked, model, server):
    pick = pickings(tower, picked)[0]["id"]
    box = make.package(tower, server.is_19)
    line = tower("stock.move.line", "search", [["picking_id", "=", pick]])
    tower("stock.move.line", "write", line, {"result_package_id": box})
    tower("stock.picking", "button_validate", [pick], context=QUIET)
    place = tower.value("stock.picking", pick, "location_dest_id")[0]
    assert tower.value(model, box, "location_id")[0] == place

    out = pickings(tower, picked)[1]["id"]
    assert lines(tower, out) == [(4.0, box, box)]
    tower("stock.picking", "button_validate", [out], context=QUIET)
    target = tower.value("stock.picking", out, "location_dest_id")[0]
    assert tower.value(model, box, "location_id")[0] == target


def test_a_second_pick_joins_the_shipment_that_waits(tower, picked):
    pick = pickings(tower, picked)[0]["id"]
    move = make.move_of(tower, pick)
    tower("stock.move", "write", [move], {"quantity": 1, "picked": True})
    quiet = {**QUIET, "skip_backorder": True}
    tower("stock.picking", "button_validate", [pick], context=quiet)
    rest = tower("stock.picking", "search", [["backorder_id", "=", pick]])
    tower("stock.picking", "button_validate", rest, context=QUIET)

    shipments = [p for p in pickings(tower, picked) if p["picking_type_code"] == "outgoing"]
    assert [p["state"] for p in shipments] == ["assigned"]
    row = tower.one(
        "stock.move",
        make.move_of(tower, shipments[0]["id"]),
        "product_uom_qty",
        "quantity",
        "move_orig_ids",
    )
    assert (row["product_uom_qty"], row["quantity"]) == (4.0, 4.0)
    assert len(row["move_orig_ids"]) == 2


def test_a_cancelled_order_takes_its_shipment_along(tower, picked):
    pick = pickings(tower, picked)[0]["id"]
    tower("stock.picking", "button_validate", [pick], context=QUIET)
    tower("sale.order", "action_cancel", [picked], context={"disable_cancel_warning": True})

    assert [p["state"] for p in pickings(tower, picked)] == ["done", "cancel"]
