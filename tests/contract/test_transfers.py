"""Transfers: reservation, validation and its questions, backorders, returns."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError

NOTHING = (
    "You cannot validate a transfer if no quantities are reserved. "
    "To force the transfer, encode quantities."
)
NOTHING_19 = (
    "Transfer trouble alert! Validating a zero quantity transfer? You're not moving invisible goods "
    "around are you?\nSet some quantities and let's get moving!"
)
QUIET = {"skip_sms": True}


def refusal(call, *args, **kwargs):
    with pytest.raises(OdooError) as told:
        call(*args, **kwargs)
    assert told.value.name == "odoo.exceptions.UserError"
    return told.value.message


@pytest.fixture
def order(tower, admin):
    return make.confirmed(admin, tower, 10)


@pytest.fixture
def picking(tower, order):
    return make.picking_of(tower, order)


def moves(user, picking):
    rows = user(
        "stock.move",
        "search_read",
        [["picking_id", "=", picking]],
        ["state", "product_uom_qty", "quantity", "picked"],
        order="id",
    )
    return [(r["state"], r["product_uom_qty"], r["quantity"], r["picked"]) for r in rows]


def backorder_of(user, picking):
    return user("stock.picking", "search", [["backorder_id", "=", picking]])


def test_what_is_reserved_is_held_back_from_others(tower, admin, order):
    line = tower.value("sale.order", order, "order_line")[0]
    product = tower.value("sale.order.line", line, "product_id")[0]
    quant = tower(
        "stock.quant",
        "search_read",
        [["product_id", "=", product], ["location_id.usage", "=", "internal"]],
        ["quantity", "reserved_quantity", "available_quantity"],
    )[0]

    assert (quant["quantity"], quant["reserved_quantity"]) == (20.0, 10.0)
    assert quant["available_quantity"] == 10.0
    assert tower.value("product.product", product, "qty_available") == 20.0


def test_validating_does_everything_that_is_reserved(tower, order, picking):
    assert tower("stock.picking", "button_validate", [picking], context=QUIET) is True

    row = tower.one("stock.picking", picking, "state", "date_done", "products_availability_state")
    assert (row["state"], row["products_availability_state"]) == ("done", False)
    assert row["date_done"]
    assert moves(tower, picking) == [("done", 10.0, 10.0, True)]
    told = tower.one("sale.order", order, "delivery_status", "invoice_status", "effective_date")
    assert (told["delivery_status"], told["invoice_status"]) == ("full", "to invoice")
    assert told["effective_date"] == row["date_done"]
    line = tower.value("sale.order", order, "order_line")[0]
    assert tower.value("sale.order.line", line, "qty_delivered") == 10.0


def test_a_done_transfer_is_not_validated_again(tower, picking, server):
    tower("stock.picking", "button_validate", [picking], context=QUIET)

    if server.is_19:
        assert tower("stock.picking", "button_validate", [picking]) is True
    else:
        assert refusal(tower, "stock.picking", "button_validate", [picking]) == NOTHING


def test_a_done_transfer_keeps_its_date_on_18_and_its_tracking_reference_is_free(
    tower, picking, server
):
    tower("stock.picking", "button_validate", [picking], context=QUIET)

    assert tower("stock.picking", "write", [picking], {"carrier_tracking_ref": "1Z9"}) is True
    later = {"scheduled_date": "2030-01-01 00:00:00"}
    if server.is_19:
        assert tower("stock.picking", "write", [picking], later) is True
    else:
        assert refusal(tower, "stock.picking", "write", [picking], later) == (
            "You cannot change the Scheduled Date on a done or cancelled transfer."
        )


def test_a_done_transfer_is_not_cancelled(tower, picking):
    tower("stock.picking", "button_validate", [picking], context=QUIET)

    assert refusal(tower, "stock.picking", "action_cancel", [picking]) == (
        "You cannot cancel a stock move that has been set to 'Done'. Create a return in order to "
        "reverse the moves which took place."
    )


def test_giving_back_the_reservation_stops_the_transfer(tower, picking, server):
    assert tower("stock.picking", "do_unreserve", [picking]) is None
    assert tower.value("stock.picking", picking, "state") == "confirmed"
    assert moves(tower, picking) == [("confirmed", 10.0, 0.0, False)]
    nothing = NOTHING_19 if server.is_19 else NOTHING
    assert refusal(tower, "stock.picking", "button_validate", [picking]) == nothing

    assert tower("stock.picking", "action_assign", [picking]) is True
    assert tower.value("stock.picking", picking, "state") == "assigned"
    assert tower("stock.picking", "action_assign", [picking]) is True


def test_a_shortage_waits_and_reserving_is_no_error(tower, admin, server):
    order = make.order(tower, make.customer(admin), (make.product(admin, stock=0), 3))
    tower("sale.order", "action_confirm", [order])
    picking = make.picking_of(tower, order)
    row = tower.one("stock.picking", picking, "state", "products_availability_state")
    assert (row["state"], row["products_availability_state"]) == ("confirmed", "late")

    assert tower("stock.picking", "action_assign", [picking]) is True
    assert tower.value("stock.picking", picking, "state") == "confirmed"
    product = tower.value("stock.move", make.move_of(tower, picking), "product_id")[0]
    make.receive(admin, product, 10)
    expected = "assigned" if server.is_19 else "confirmed"
    assert tower.value("stock.picking", picking, "state") == expected
    assert tower.value("stock.picking", picking, "products_availability_state") == "available"
    tower("stock.picking", "action_assign", [picking])
    assert tower.value("stock.picking", picking, "state") == "assigned"


def test_a_transfer_is_ready_as_soon_as_one_move_is_partly_reserved(tower, admin):
    full, short = make.product(admin), make.product(admin, stock=5)
    order = make.order(tower, make.customer(admin), (full, 10), (short, 8))
    tower("sale.order", "action_confirm", [order])
    picking = make.picking_of(tower, order)

    assert tower.value("stock.picking", picking, "state") == "assigned"
    assert tower.value("stock.picking", picking, "products_availability_state") == "late"
    assert moves(tower, picking) == [
        ("assigned", 10.0, 10.0, False),
        ("partially_available", 8.0, 5.0, False),
    ]


def test_shipping_all_at_once_waits_for_the_last_move(tower, admin):
    full, short = make.product(admin), make.product(admin, stock=5)
    order = make.order(tower, make.customer(admin), (full, 10), (short, 8), picking_policy="one")
    tower("sale.order", "action_confirm", [order])

    row = tower.one("stock.picking", make.picking_of(tower, order), "state", "move_type")
    assert (row["state"], row["move_type"]) == ("confirmed", "one")


def test_a_partial_delivery_asks_and_does_nothing_yet(tower, picking):
    move = make.move_of(tower, picking)
    tower("stock.move", "write", [move], {"quantity": 4})
    assert moves(tower, picking) == [("partially_available", 10.0, 4.0, False)]

    answer = tower("stock.picking", "button_validate", [picking], context=QUIET)

    assert answer["res_model"] == "stock.backorder.confirmation"
    assert answer["context"]["button_validate_picking_ids"] == [picking]
    assert answer["context"]["default_pick_ids"] == [[4, picking]]
    assert tower.value("stock.picking", picking, "state") == "assigned"


@pytest.mark.parametrize(
    ("method", "rest"), [("process", "backorder"), ("process_cancel_backorder", "cancelled")]
)
def test_the_backorder_question_is_answered(tower, order, picking, method, rest):
    tower("stock.move", "write", [make.move_of(tower, picking)], {"quantity": 4})
    context = tower("stock.picking", "button_validate", [picking], context=QUIET)["context"]
    wizard = tower(
        "stock.backorder.confirmation",
        "create",
        {
            "pick_ids": [[4, picking]],
            "show_transfers": False,
            "backorder_confirmation_line_ids": [
                [0, 0, {"to_backorder": True, "picking_id": picking}]
            ],
        },
        context=context,
    )

    assert tower("stock.backorder.confirmation", method, [wizard], context=context) is True
    assert tower.value("stock.picking", picking, "state") == "done"
    made = backorder_of(tower, picking)
    if rest == "backorder":
        assert moves(tower, picking) == [("done", 4.0, 4.0, True)]
        assert moves(tower, made[0]) == [("assigned", 6.0, 6.0, False)]
        assert tower.value("sale.order", order, "delivery_status") == "partial"
        assert tower.value("sale.order", order, "picking_ids") == [made[0], picking]
    else:
        assert made == []
        assert moves(tower, picking) == [("done", 10.0, 4.0, True)]
        assert tower.value("sale.order", order, "delivery_status") == "full"
    line = tower.value("sale.order", order, "order_line")[0]
    assert tower.value("sale.order.line", line, "qty_delivered") == 4.0


def test_the_context_answers_the_backorder_question_beforehand(tower, picking):
    tower("stock.move", "write", [make.move_of(tower, picking)], {"quantity": 4, "picked": True})
    assert (
        tower(
            "stock.picking", "button_validate", [picking], context={**QUIET, "skip_backorder": True}
        )
        is True
    )
    second = backorder_of(tower, picking)[0]
    tower("stock.move", "write", [make.move_of(tower, second)], {"quantity": 2, "picked": True})
    assert (
        tower(
            "stock.picking",
            "button_validate",
            [second],
            context={**QUIET, "skip_backorder": True, "picking_ids_not_to_backorder": [second]},
        )
        is True
    )

    assert moves(tower, picking) == [("done", 4.0, 4.0, True)]
    assert moves(tower, second) == [("done", 6.0, 2.0, True)]
    assert backorder_of(tower, second) == []


def test_the_first_delivery_of_a_company_to_a_phone_asks_about_text_messages(tower, admin):
    """Asked once per company: on a used database the answer may be stored already."""
    partner = make.customer(admin, phone="+1 555 0100")
    order = make.order(tower, partner, (make.product(admin), 1))
    tower("sale.order", "action_confirm", [order])
    picking = make.picking_of(tower, order)
    company = tower.value("stock.picking", picking, "company_id")[0]
    asked = admin.value("res.company", company, "has_received_warning_stock_sms")

    answer = tower("stock.picking", "button_validate", [picking])

    if asked:
        assert answer is True
        return
    assert answer["res_model"] == "confirm.stock.sms"
    assert tower.value("stock.picking", picking, "state") == "assigned"
    assert (
        tower("confirm.stock.sms", "dont_send_sms", [answer["res_id"]], context=answer["context"])
        is True
    )
    assert tower.value("stock.picking", picking, "state") == "done"
    assert admin.value("res.company", company, "has_received_warning_stock_sms") is True


def test_cancelling_a_transfer_may_be_repeated_and_leaves_the_order(tower, order, picking):
    assert tower("stock.picking", "action_cancel", [picking]) is True
    assert tower("stock.picking", "action_cancel", [picking]) is True
    row = tower.one("sale.order", order, "state", "delivery_status", "picking_ids")

    assert (row["state"], row["delivery_status"]) == ("sale", False)
    assert row["picking_ids"] == [picking]
    assert refusal(tower, "stock.picking", "action_assign", [picking]) == (
        "Nothing to check the availability for."
    )


def test_a_scheduled_date_is_written_through_to_the_moves(tower, picking):
    tower("stock.picking", "write", [picking], {"scheduled_date": "2030-02-03 04:05:06"})
    move = tower.one("stock.move", make.move_of(tower, picking), "date")

    assert move["date"] == "2030-02-03 04:05:06"
    assert tower.value("stock.picking", picking, "has_deadline_issue") is True


def test_a_return_is_a_receipt_that_takes_back_delivered_quantity(tower, order, picking):
    tower("stock.picking", "button_validate", [picking], context=QUIET)
    wizard = tower(
        "stock.return.picking",
        "create",
        {"picking_id": picking},
        context={"active_id": picking, "active_model": "stock.picking"},
    )
    line = tower(
        "stock.return.picking.line",
        "search_read",
        [["wizard_id", "=", wizard]],
        ["quantity", "to_refund"],
    )[0]
    assert (line["quantity"], line["to_refund"]) == (0.0, True)
    tower("stock.return.picking.line", "write", [line["id"]], {"quantity": 4})

    receipt = tower("stock.return.picking", "action_create_returns", [wizard])["res_id"]

    row = tower.one(
        "stock.picking",
        receipt,
        "state",
        "picking_type_code",
        "return_id",
        "sale_id",
        "date_deadline",
        "origin",
    )
    assert (row["state"], row["picking_type_code"]) == ("assigned", "incoming")
    assert (row["return_id"][0], row["sale_id"][0], row["date_deadline"]) == (picking, order, False)
    assert row["origin"].startswith("Return of ")
    assert tower("stock.picking", "button_validate", [receipt], context=QUIET) is True
    sold = tower.value("sale.order", order, "order_line")[0]
    assert tower.value("sale.order.line", sold, "qty_delivered") == 6.0
    assert tower.value("sale.order", order, "delivery_status") == "full"


def test_counting_the_same_stock_twice_is_harmless_on_18_and_empties_it_on_19(admin, server):
    product = make.product(admin, stock=0)
    quant = make.receive(admin, product, 10)
    assert admin("stock.quant", "action_apply_inventory", [quant]) is None

    expected = 0.0 if server.is_19 else 10.0
    assert admin.value("stock.quant", quant, "quantity") == expected


def test_stock_is_not_deleted(admin):
    quant = make.receive(admin, make.product(admin, stock=0), 10)

    with pytest.raises(OdooError) as told:
        admin("stock.quant", "unlink", [quant])
    assert told.value.name == "odoo.exceptions.AccessError"
    assert "No group currently allows this operation." in told.value.message
