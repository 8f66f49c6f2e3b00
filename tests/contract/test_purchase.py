"""Purchases: the receipt a confirmed order makes, its dates, partial receipts, bills."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError

QUIET = {"skip_sms": True}
PLANNED, LATER = "2030-01-05 08:00:00", "2030-01-10 08:00:00"


def refusal(call, *args, **kwargs):
    with pytest.raises(OdooError) as told:
        call(*args, **kwargs)
    assert told.value.name == "odoo.exceptions.UserError"
    return told.value.message


@pytest.fixture
def quotation(admin, tower):
    return make.purchase(tower, make.vendor(admin), (make.product(admin, stock=0), 10))


@pytest.fixture
def purchase(tower, quotation):
    assert tower("purchase.order", "button_confirm", [quotation]) is True
    return quotation


@pytest.fixture
def receipt(tower, purchase):
    return tower.value("purchase.order", purchase, "picking_ids")[0]


def line_of(user, purchase):
    return user.value("purchase.order", purchase, "order_line")[0]


def test_a_request_for_quotation_has_no_receipt(tower, quotation):
    row = tower.one(
        "purchase.order",
        quotation,
        "name",
        "display_name",
        "state",
        "receipt_status",
        "invoice_status",
        "picking_ids",
        "amount_total",
        "date_planned",
        "picking_type_id",
        "partner_ref",
    )

    assert row["name"].startswith("P0")
    assert row["display_name"] == f"{row['name']} (V-1)"
    assert (row["state"], row["receipt_status"], row["invoice_status"]) == ("draft", False, "no")
    assert (row["picking_ids"], row["amount_total"]) == ([], 30.0)
    assert row["date_planned"] == PLANNED
    assert row["picking_type_id"][1].endswith(": Receipts")


def test_confirming_makes_a_receipt_that_is_ready(tower, purchase, receipt):
    row = tower.one(
        "stock.picking",
        receipt,
        "state",
        "picking_type_code",
        "origin",
        "purchase_id",
        "scheduled_date",
        "date_deadline",
        "products_availability_state",
    )
    move = tower.one(
        "stock.move",
        make.move_of(tower, receipt),
        "state",
        "quantity",
        "product_uom_qty",
        "purchase_line_id",
        "date",
    )
    order = tower.one("purchase.order", purchase, "name", "state", "receipt_status", "date_approve")

    assert (row["state"], row["picking_type_code"]) == ("assigned", "incoming")
    assert (row["origin"], row["purchase_id"][0]) == (order["name"], purchase)
    assert (row["scheduled_date"], row["date_deadline"]) == (PLANNED, PLANNED)
    assert row["products_availability_state"] is False
    assert (move["state"], move["quantity"], move["product_uom_qty"]) == ("assigned", 10.0, 10.0)
    assert (move["purchase_line_id"][0], move["date"]) == (line_of(tower, purchase), PLANNED)
    assert (order["state"], order["receipt_status"]) == ("purchase", "pending")
    assert order["date_approve"]


def test_confirming_twice_makes_no_second_receipt(tower, purchase, receipt):
    assert tower("purchase.order", "button_confirm", [purchase]) is True
    assert tower.value("purchase.order", purchase, "picking_ids") == [receipt]


def test_the_date_of_a_line_is_the_deadline_of_its_receipt_and_not_its_plan(
    tower, purchase, receipt
):
    line = line_of(tower, purchase)
    assert tower("purchase.order.line", "write", [line], {"date_planned": LATER}) is True

    row = tower.one("stock.picking", receipt, "scheduled_date", "date_deadline")
    assert (row["scheduled_date"], row["date_deadline"]) == (PLANNED, LATER)
    assert tower.value("purchase.order", purchase, "date_planned") == LATER


def test_the_date_of_the_order_alone_moves_nothing(tower, purchase, receipt):
    tower("purchase.order", "write", [purchase], {"date_planned": LATER})

    assert tower.value("purchase.order", purchase, "date_planned") == LATER
    assert tower.value("purchase.order.line", line_of(tower, purchase), "date_planned") == PLANNED
    row = tower.one("stock.picking", receipt, "scheduled_date", "date_deadline")
    assert (row["scheduled_date"], row["date_deadline"]) == (PLANNED, PLANNED)


def test_a_receipt_planned_after_its_deadline_is_late_and_its_line_does_not_know(
    tower, purchase, receipt
):
    tower("stock.picking", "write", [receipt], {"scheduled_date": LATER})

    assert tower.value("stock.picking", receipt, "has_deadline_issue") is True
    assert tower.value("purchase.order.line", line_of(tower, purchase), "date_planned") == PLANNED


def test_a_partial_receipt_leaves_a_backorder(tower, admin, purchase, receipt):
    move = make.move_of(tower, receipt)
    tower("stock.move", "write", [move], {"quantity": 3, "picked": True})
    asked = tower("stock.picking", "button_validate", [receipt])
    assert asked["res_model"] == "stock.backorder.confirmation"

    done = tower("stock.picking", "button_validate", [receipt], context={"skip_backorder": True})

    assert done is True
    order = tower.one(
        "purchase.order",
        purchase,
        "receipt_status",
        "invoice_status",
        "picking_ids",
        "effective_date",
    )
    assert (order["receipt_status"], order["invoice_status"]) == ("partial", "to invoice")
    assert order["effective_date"]
    second = tower("stock.picking", "search", [["backorder_id", "=", receipt]])[0]
    assert order["picking_ids"] == [second, receipt]
    line = tower.one("purchase.order.line", line_of(tower, purchase), "product_id", "qty_received")
    assert line["qty_received"] == 3.0
    assert tower.value("product.product", line["product_id"][0], "qty_available") == 3.0

    assert tower("stock.picking", "button_validate", [second]) is True
    assert tower.value("purchase.order", purchase, "receipt_status") == "full"
    assert tower.value("purchase.order.line", line_of(tower, purchase), "qty_received") == 10.0


def test_goods_sent_back_to_the_vendor_are_not_received(tower, purchase, receipt):
    tower("stock.picking", "button_validate", [receipt])
    back = make.returned(tower, receipt, 4)

    row = tower.one("stock.picking", back, "state", "purchase_id", "return_id", "picking_type_code")
    assert (row["state"], row["picking_type_code"]) == ("assigned", "outgoing")
    assert (row["purchase_id"][0], row["return_id"][0]) == (purchase, receipt)
    assert tower.value("purchase.order", purchase, "receipt_status") == "partial"
    assert tower("stock.picking", "button_validate", [back], context=QUIET) is True
    assert tower.value("purchase.order", purchase, "receipt_status") == "full"
    assert tower.value("purchase.order.line", line_of(tower, purchase), "qty_received") == 6.0


def test_more_of_a_confirmed_line_is_more_to_receive_and_is_planned_anew(tower, purchase, receipt):
    line = line_of(tower, purchase)
    tower("purchase.order.line", "write", [line], {"product_qty": 12})

    moves = tower(
        "stock.move",
        "search_read",
        [["purchase_line_id", "=", line]],
        ["product_uom_qty", "picking_id"],
    )
    assert sum(m["product_uom_qty"] for m in moves) == 12.0
    assert {m["picking_id"][0] for m in moves} == {receipt}
    assert tower.value("purchase.order.line", line, "date_planned") < PLANNED


def test_a_line_added_to_a_confirmed_order_joins_its_receipt(tower, admin, purchase, receipt):
    added = {"product_id": make.product(admin, stock=0), "product_qty": 2, "price_unit": 1}
    tower("purchase.order", "write", [purchase], {"order_line": [[0, 0, added]]})

    assert tower.value("purchase.order", purchase, "amount_total") == 32.0
    assert tower.value("purchase.order", purchase, "picking_ids") == [receipt]
    assert len(tower.value("stock.picking", receipt, "move_ids")) == 2


def test_a_purchase_is_cancelled_with_its_receipt_and_then_deleted(tower, purchase, receipt):
    assert refusal(tower, "purchase.order", "unlink", [purchase]) == (
        "In order to delete a purchase order, you must cancel it first."
    )
    line = line_of(tower, purchase)
    assert refusal(tower, "purchase.order.line", "unlink", [line]).startswith(
        "Cannot delete a purchase order line which is in state"
    )

    assert tower("purchase.order", "button_cancel", [purchase]) is None
    assert tower("purchase.order", "button_cancel", [purchase]) is None
    row = tower.one("purchase.order", purchase, "state", "receipt_status", "picking_ids")
    assert (row["state"], row["receipt_status"], row["picking_ids"]) == ("cancel", False, [receipt])
    assert tower.value("stock.picking", receipt, "state") == "cancel"
    assert tower("purchase.order", "unlink", [purchase]) is True


def test_a_cancelled_receipt_leaves_the_order_without_receipt_status(tower, purchase, receipt):
    tower("stock.picking", "action_cancel", [receipt])

    row = tower.one("purchase.order", purchase, "state", "receipt_status")
    assert (row["state"], row["receipt_status"]) == ("purchase", False)


def test_a_received_order_is_not_cancelled_on_18_and_is_on_19(tower, purchase, receipt, server):
    tower("stock.picking", "button_validate", [receipt])

    if server.is_19:
        assert tower("purchase.order", "button_cancel", [purchase]) is None
        assert tower.value("purchase.order", purchase, "state") == "cancel"
        return
    name = tower.value("purchase.order", purchase, "display_name")
    assert refusal(tower, "purchase.order", "button_cancel", [purchase]) == (
        f"Unable to cancel purchase order(s): {name} since they have receipts that are already done."
    )


def test_closing_an_order_is_a_state_on_18_and_a_lock_on_19(tower, purchase, server):
    if server.is_19:
        assert tower("purchase.order", "button_lock", [purchase]) is None
        row = tower.one("purchase.order", purchase, "state", "locked", "receipt_status")
        assert (row["state"], row["locked"]) == ("purchase", True)
    else:
        assert tower("purchase.order", "button_done", [purchase]) is None
        row = tower.one("purchase.order", purchase, "state", "receipt_status")
        assert row["state"] == "done"
    assert row["receipt_status"] == "pending"
    assert tower("purchase.order", "button_unlock", [purchase]) is None
    assert tower.value("purchase.order", purchase, "state") == "purchase"


def test_there_is_nothing_to_bill_before_the_receipt_and_19_drafts_an_empty_bill(
    tower, purchase, server
):
    if server.is_19:
        bill = tower("purchase.order", "action_create_invoice", [purchase])["res_id"]
        assert tower.value("account.move", bill, "amount_total") == 0.0
        return
    assert refusal(tower, "purchase.order", "action_create_invoice", [purchase]).startswith(
        "There is no invoiceable line."
    )


def test_a_bill_is_drafted_from_what_was_received(tower, purchase, receipt, server):
    tower("stock.picking", "button_validate", [receipt])
    bill = tower("purchase.order", "action_create_invoice", [purchase])["res_id"]

    row = tower.one(
        "account.move",
        bill,
        "state",
        "move_type",
        "ref",
        "invoice_origin",
        "amount_total",
        "amount_total_signed",
        "invoice_date",
    )
    assert (row["state"], row["move_type"]) == ("draft", "in_invoice")
    assert row["ref"] == (False if server.is_19 else "V-1")
    assert (row["amount_total"], row["amount_total_signed"]) == (30.0, -30.0)
    assert row["invoice_origin"] == tower.value("purchase.order", purchase, "name")
    assert tower.value("purchase.order", purchase, "invoice_ids") == [bill]
    assert tower.value("purchase.order", purchase, "invoice_status") == "invoiced"
    assert refusal(tower, "account.move", "action_post", [bill]) == (
        "The Bill/Refund date is required to validate this document."
    )

    tower("account.move", "write", [bill], {"invoice_date": "2026-11-20"})
    tower("account.move", "action_post", [bill])
    assert tower.value("account.move", bill, "name").startswith("BILL/")
    line = tower.one("purchase.order.line", line_of(tower, purchase), "qty_invoiced")
    assert line["qty_invoiced"] == 10.0
    make.pay(tower, bill)
    row = tower.one("account.move", bill, "payment_state", "amount_residual")
    assert (row["payment_state"], row["amount_residual"]) == ("paid", 0.0)


def test_a_vendor_is_mandatory(tower):
    with pytest.raises(OdooError) as told:
        tower("purchase.order", "create", {"order_line": []})
    assert told.value.name == "odoo.exceptions.ValidationError"
    assert "partner_id" in told.value.message


def test_a_note_on_a_purchase_does_not_move_it(tower, purchase):
    before = tower.value("purchase.order", purchase, "write_date")
    tower("purchase.order", "message_post", [purchase], body="called the vendor")

    assert tower.value("purchase.order", purchase, "write_date") == before
    assert make.notes_with(tower, "purchase.order", purchase, "called the vendor") == 1


def test_who_may_only_read_a_purchase_posts_no_note_on_it(admin, server, purchase):
    keeper = make.colleague(server, admin, "stock.group_stock_user")
    assert keeper.value("purchase.order", purchase, "state") == "purchase"

    with pytest.raises(OdooError) as told:
        keeper("purchase.order", "message_post", [purchase], body="me too")
    assert told.value.name == "odoo.exceptions.AccessError"
    assert told.value.message.startswith("The requested operation cannot be completed")


def test_a_clerk_sees_no_purchases(clerk, purchase):
    with pytest.raises(OdooError) as told:
        clerk("purchase.order", "read", [purchase], ["name"])
    assert told.value.name == "odoo.exceptions.AccessError"
    assert "Purchase Order" in told.value.message
