"""Invoices, payments and credit notes."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError


def refusal(call, *args, **kwargs):
    with pytest.raises(OdooError) as told:
        call(*args, **kwargs)
    assert told.value.name == "odoo.exceptions.UserError"
    return told.value.message


def test_an_invoice_is_drafted_from_what_was_delivered(tower, admin, server):
    order = make.shipped(admin, tower)
    wizard = tower(
        "sale.advance.payment.inv",
        "create",
        {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order]]]},
    )
    action = tower("sale.advance.payment.inv", "create_invoices", [wizard])

    assert action["res_model"] == "account.move"
    invoices = tower.value("sale.order", order, "invoice_ids")
    assert action["res_id"] == invoices[0]
    row = tower.one(
        "account.move",
        invoices[0],
        "name",
        "state",
        "payment_state",
        "move_type",
        "amount_total",
        "amount_residual",
        "invoice_origin",
        "invoice_date",
        "payment_reference",
    )
    assert row["name"] == (False if server.is_19 else "/")
    assert (row["state"], row["payment_state"]) == ("draft", "not_paid")
    assert (row["move_type"], row["invoice_date"]) == ("out_invoice", False)
    assert (row["amount_total"], row["amount_residual"]) == (200.0, 200.0)
    assert row["invoice_origin"] == tower.value("sale.order", order, "name")
    assert row["payment_reference"] is False
    assert tower.value("sale.order", order, "invoice_status") == "invoiced"


def test_the_lines_of_an_invoice_lead_back_to_the_order(tower, admin):
    order = make.shipped(admin, tower)
    move = make.drafted(tower, order)
    line = tower(
        "account.move.line",
        "search_read",
        [["move_id", "=", move], ["display_type", "=", "product"]],
        ["quantity", "price_unit", "price_subtotal", "sale_line_ids"],
    )[0]

    assert (line["quantity"], line["price_unit"], line["price_subtotal"]) == (2.0, 100.0, 200.0)
    assert line["sale_line_ids"] == tower.value("sale.order", order, "order_line")
    assert len(tower.value("account.move", move, "line_ids")) == 2


def test_there_is_nothing_to_invoice_before_the_delivery(tower, admin):
    order = make.confirmed(admin, tower)

    assert refusal(make.drafted, tower, order).startswith(
        "Cannot create an invoice. No items are available to invoice."
    )


def test_posting_numbers_the_invoice_and_is_not_repeatable(tower, admin):
    move = make.drafted(tower, make.shipped(admin, tower))

    assert tower("account.move", "action_post", [move]) is False
    row = tower.one("account.move", move, "name", "state", "payment_reference", "invoice_date")
    assert row["name"].startswith("INV/")
    assert (row["state"], row["payment_reference"]) == ("posted", row["name"])
    assert row["invoice_date"]
    assert refusal(tower, "account.move", "action_post", [move]) == (
        f"The entry {row['name']} (id {move}) must be in draft."
    )


def test_a_posted_invoice_keeps_its_lines_and_is_not_deleted(tower, admin):
    move = make.invoice(admin, tower)

    assert refusal(
        tower,
        "account.move",
        "write",
        [move],
        {"invoice_line_ids": [[0, 0, {"name": "x", "price_unit": 1}]]},
    ) == ("You cannot modify the following readonly fields on a posted move: invoice_line_ids")
    assert refusal(tower, "account.move", "unlink", [move]).startswith(
        "You can't delete a posted journal item."
    )
    assert tower("account.move", "write", [move], {"invoice_date_due": "2030-01-01"}) is True
    assert tower.value("account.move", move, "invoice_date_due") == "2030-01-01"


def test_payments_lower_the_residual_until_it_is_paid(tower, admin):
    move = make.invoice(admin, tower)
    action = make.pay(tower, move, 50.0)
    row = tower.one("account.move", move, "payment_state", "amount_residual")

    assert action["res_model"] == "account.payment"
    assert (row["payment_state"], row["amount_residual"]) == ("partial", 150.0)

    make.pay(tower, move)
    row = tower.one("account.move", move, "payment_state", "amount_residual")
    assert (row["payment_state"], row["amount_residual"]) == ("paid", 0.0)


def test_a_payment_answers_true_when_no_page_is_wanted(tower, admin):
    move = make.invoice(admin, tower)
    wizard = tower(
        "account.payment.register",
        "create",
        {},
        context={"active_model": "account.move", "active_ids": [move]},
    )

    assert tower.value("account.payment.register", wizard, "amount") == 200.0
    assert (
        tower(
            "account.payment.register",
            "action_create_payments",
            [wizard],
            context={"dont_redirect_to_payments": True},
        )
        is True
    )


def test_a_credit_note_points_at_its_invoice(tower, admin):
    order = make.shipped(admin, tower)
    move = make.drafted(tower, order)
    tower("account.move", "action_post", [move])
    journal = tower.value("account.move", move, "journal_id")[0]
    wizard = tower(
        "account.move.reversal",
        "create",
        {"move_ids": [[6, 0, [move]]], "reason": "damaged goods", "journal_id": journal},
    )

    credit = tower("account.move.reversal", "refund_moves", [wizard])["res_id"]

    row = tower.one(
        "account.move", credit, "move_type", "state", "amount_total", "reversed_entry_id"
    )
    assert (row["move_type"], row["state"], row["amount_total"]) == ("out_refund", "draft", 200.0)
    assert row["reversed_entry_id"][0] == move
    assert set(tower.value("sale.order", order, "invoice_ids")) == {move, credit}


def test_a_cancelled_invoice_frees_the_order_for_another(tower, admin):
    order = make.shipped(admin, tower)
    move = make.drafted(tower, order)
    tower("account.move", "action_post", [move])

    assert tower("account.move", "button_draft", [move]) is None
    assert tower("account.move", "button_cancel", [move]) is None
    assert tower.value("account.move", move, "state") == "cancel"
    assert tower.value("sale.order", order, "invoice_status") == "to invoice"
