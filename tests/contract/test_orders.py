"""Orders from quotation to cancellation."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError


def refusal(call, *args, **kwargs):
    with pytest.raises(OdooError) as told:
        call(*args, **kwargs)
    assert told.value.name == "odoo.exceptions.UserError"
    return told.value.message


def test_a_quotation_has_no_delivery_yet(tower, admin):
    order = make.order(tower, make.customer(admin), (make.product(admin), 2))
    row = tower.one(
        "sale.order",
        order,
        "name",
        "state",
        "delivery_status",
        "invoice_status",
        "picking_ids",
        "invoice_ids",
        "amount_total",
        "locked",
    )

    assert row["name"].startswith("S0")
    assert (row["state"], row["delivery_status"], row["invoice_status"]) == ("draft", False, "no")
    assert (row["picking_ids"], row["invoice_ids"], row["locked"]) == ([], [], False)
    assert row["amount_total"] == 200.0


def test_a_quotation_is_marked_as_sent(tower, admin):
    order = make.order(tower, make.customer(admin), (make.product(admin), 2))

    assert tower("sale.order", "action_quotation_sent", [order]) is None
    assert tower.value("sale.order", order, "state") == "sent"


def test_confirming_reserves_a_delivery(tower, admin):
    order = make.order(tower, make.customer(admin), (make.product(admin), 2))

    assert tower("sale.order", "action_confirm", [order]) is True

    row = tower.one(
        "sale.order", order, "name", "state", "delivery_status", "invoice_status", "delivery_count"
    )
    assert (row["state"], row["delivery_status"], row["invoice_status"]) == (
        "sale",
        "pending",
        "no",
    )
    assert row["delivery_count"] == 1
    picking = tower(
        "stock.picking",
        "search_read",
        [["sale_id", "=", order]],
        [
            "state",
            "origin",
            "picking_type_code",
            "sale_id",
            "products_availability_state",
            "priority",
            "move_type",
            "backorder_id",
            "date_done",
            "has_deadline_issue",
        ],
    )[0]
    assert picking["origin"] == row["name"]
    assert picking["sale_id"] == [order, row["name"]]
    assert (picking["state"], picking["picking_type_code"]) == ("assigned", "outgoing")
    assert picking["products_availability_state"] == "available"
    assert (picking["priority"], picking["move_type"]) == ("0", "direct")
    assert (picking["backorder_id"], picking["date_done"]) == (False, False)
    move = tower(
        "stock.move",
        "search_read",
        [["picking_id", "=", picking["id"]]],
        ["state", "product_uom_qty", "quantity", "picked", "sale_line_id"],
    )[0]
    assert (move["state"], move["product_uom_qty"], move["quantity"]) == ("assigned", 2.0, 2.0)
    assert move["picked"] is False
    assert move["sale_line_id"][0] == tower.value("sale.order", order, "order_line")[0]


def test_a_confirmation_is_not_repeatable(tower, admin):
    order = make.confirmed(admin, tower)

    assert refusal(tower, "sale.order", "action_confirm", [order]) == (
        "Some orders are not in a state requiring confirmation."
    )


def test_the_policy_of_the_product_decides_when_to_invoice(tower, admin):
    ordered = make.confirmed(admin, tower, invoice_policy="order")
    delivered = make.confirmed(admin, tower, invoice_policy="delivery")

    assert tower.value("sale.order", ordered, "invoice_status") == "to invoice"
    assert tower.value("sale.order", delivered, "invoice_status") == "no"


def test_the_promise_of_the_order_is_the_deadline_of_its_transfer(tower, admin):
    order = make.confirmed(admin, tower)
    picking = make.picking_of(tower, order)
    scheduled = tower.value("stock.picking", picking, "scheduled_date")
    tower("sale.order", "write", [order], {"commitment_date": "2030-01-02 03:04:05"})

    row = tower.one("stock.picking", picking, "date_deadline", "scheduled_date")
    assert (row["date_deadline"], row["scheduled_date"]) == ("2030-01-02 03:04:05", scheduled)


def test_a_changed_quantity_changes_the_open_move(tower, admin):
    order = make.confirmed(admin, tower)
    line = tower.value("sale.order", order, "order_line")[0]
    move = make.move_of(tower, make.picking_of(tower, order))
    for quantity in (5.0, 1.0):
        tower(
            "sale.order",
            "write",
            [order],
            {"order_line": [[1, line, {"product_uom_qty": quantity}]]},
        )
        row = tower.one("stock.move", move, "product_uom_qty", "quantity", "state")

        assert (row["product_uom_qty"], row["quantity"], row["state"]) == (
            quantity,
            quantity,
            "assigned",
        )


def test_locking_may_be_repeated(tower, admin):
    order = make.confirmed(admin, tower)

    for method, locked in (("action_lock", True), ("action_lock", True), ("action_unlock", False)):
        assert tower("sale.order", method, [order]) is None
        assert tower.value("sale.order", order, "locked") is locked


def test_cancelling_a_confirmed_order_asks_on_18_and_cancels_on_19(tower, admin, server):
    order = make.confirmed(admin, tower)
    answer = tower("sale.order", "action_cancel", [order])

    if server.is_19:
        assert answer is True
    else:
        assert answer["res_model"] == "sale.order.cancel"
        assert answer["context"]["default_order_id"] == order
        assert tower.value("sale.order", order, "state") == "sale"
        wizard = tower("sale.order.cancel", "create", {"order_id": order})
        assert tower("sale.order.cancel", "action_cancel", [wizard]) is True
    assert tower.value("sale.order", order, "state") == "cancel"


def test_cancelling_without_a_question_cancels_the_delivery_too(tower, admin):
    order = make.confirmed(admin, tower)
    picking = make.picking_of(tower, order)

    assert (
        tower("sale.order", "action_cancel", [order], context={"disable_cancel_warning": True})
        is True
    )
    row = tower.one(
        "sale.order", order, "state", "delivery_status", "picking_ids", "invoice_status"
    )
    assert (row["state"], row["delivery_status"], row["invoice_status"]) == ("cancel", False, "no")
    assert row["picking_ids"] == [picking]
    assert tower.value("stock.picking", picking, "state") == "cancel"
    move = tower.one("stock.move", make.move_of(tower, picking), "state", "quantity")
    assert (move["state"], move["quantity"]) == ("cancel", 0.0)


def test_a_quotation_is_cancelled_at_once_and_goes_back_to_draft(tower, admin):
    order = make.order(tower, make.customer(admin), (make.product(admin), 2))

    assert tower("sale.order", "action_cancel", [order]) is True
    assert tower.value("sale.order", order, "state") == "cancel"
    assert tower("sale.order", "action_draft", [order]) is True
    assert tower.value("sale.order", order, "state") == "draft"


def test_a_confirmed_order_is_not_deleted(tower, admin):
    order = make.confirmed(admin, admin)

    assert refusal(admin, "sale.order", "unlink", [order]) == (
        "You can not delete a sent quotation or a confirmed sales order. You must first cancel it."
    )


def test_the_service_user_deletes_no_order(tower, admin):
    order = make.order(tower, make.customer(admin))

    with pytest.raises(OdooError) as told:
        tower("sale.order", "unlink", [order])
    assert told.value.name == "odoo.exceptions.AccessError"
