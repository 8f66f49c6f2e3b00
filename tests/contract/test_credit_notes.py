"""Credit notes: drafted by the wizard, settled against the invoice when they are posted."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError

FIELDS = ("state", "move_type", "payment_state", "amount_total", "amount_residual")


def reverse(user, move, method="refund_moves", **values):
    wizard = user(
        "account.move.reversal",
        "create",
        {"reason": "broken", **values},
        context={"active_model": "account.move", "active_ids": [move]},
    )
    return user("account.move.reversal", method, [wizard])["res_id"]


def figures(user, move):
    row = user.one("account.move", move, *FIELDS)
    return tuple(row[name] for name in FIELDS)


@pytest.fixture
def invoice(admin, tower):
    return make.invoice(admin, tower)


@pytest.fixture
def journal(tower, invoice):
    return tower.value("account.move", invoice, "journal_id")[0]


def test_a_credit_note_is_a_draft_that_settles_nothing_yet(tower, invoice, journal):
    credit = reverse(tower, invoice, journal_id=journal)

    assert figures(tower, credit) == ("draft", "out_refund", "not_paid", 200.0, 200.0)
    assert figures(tower, invoice) == ("posted", "out_invoice", "not_paid", 200.0, 200.0)
    row = tower.one("account.move", credit, "reversed_entry_id", "ref", "amount_total_signed")
    assert row["reversed_entry_id"][0] == invoice
    assert row["ref"] == f"Reversal of: {tower.value('account.move', invoice, 'name')}, broken"
    assert row["amount_total_signed"] == -200.0


def test_posting_it_reverses_the_invoice(tower, invoice, journal):
    credit = reverse(tower, invoice, journal_id=journal)
    tower("account.move", "action_post", [credit])

    assert figures(tower, invoice) == ("posted", "out_invoice", "reversed", 200.0, 0.0)
    assert figures(tower, credit) == ("posted", "out_refund", "paid", 200.0, 0.0)
    assert tower.value("account.move", credit, "name").startswith("RINV/")
    assert tower.value("account.move", invoice, "reversal_move_ids") == [credit]


def test_part_of_it_leaves_the_rest_open(tower, invoice, journal):
    credit = reverse(tower, invoice, journal_id=journal)
    line = tower.value("account.move", credit, "invoice_line_ids")[0]
    tower("account.move", "write", [credit], {"invoice_line_ids": [[1, line, {"quantity": 1}]]})
    tower("account.move", "action_post", [credit])

    assert figures(tower, invoice) == ("posted", "out_invoice", "partial", 200.0, 100.0)
    assert figures(tower, credit) == ("posted", "out_refund", "paid", 100.0, 0.0)


def test_a_paid_invoice_stays_paid_and_its_credit_is_owed(tower, invoice, journal):
    make.pay(tower, invoice)
    credit = reverse(tower, invoice, journal_id=journal)
    tower("account.move", "action_post", [credit])

    assert figures(tower, invoice)[2] == "paid"
    assert figures(tower, credit) == ("posted", "out_refund", "not_paid", 200.0, 200.0)


def test_modifying_credits_at_once_and_drafts_a_new_invoice(tower, invoice, journal):
    fresh = reverse(tower, invoice, "modify_moves", journal_id=journal)

    assert figures(tower, invoice)[2] == "reversed"
    assert figures(tower, fresh) == ("draft", "out_invoice", "not_paid", 200.0, 200.0)


def test_the_order_may_be_invoiced_again(tower, admin):
    order = make.confirmed(admin, tower, invoice_policy="order")
    move = make.drafted(tower, order)
    tower("account.move", "action_post", [move])
    journal = tower.value("account.move", move, "journal_id")[0]
    reverse(tower, move, journal_id=journal)

    assert tower.value("sale.order", order, "invoice_status") == "to invoice"
    line = tower.value("sale.order", order, "order_line")[0]
    assert tower.value("sale.order.line", line, "qty_invoiced") == 0.0


def test_a_draft_is_not_reversed(tower, admin, server):
    move = make.drafted(tower, make.confirmed(admin, tower, invoice_policy="order"))

    with pytest.raises(OdooError) as told:
        reverse(tower, move)
    assert told.value.name == "odoo.exceptions.UserError"
    assert told.value.message == (
        "To reverse a journal entry, it has to be posted first."
        if server.is_19
        else "You can only reverse posted moves."
    )


def test_a_vendor_bill_is_reversed_by_a_vendor_credit_note(tower, admin):
    bill = make.bill(admin, tower)
    assert figures(tower, bill) == ("posted", "in_invoice", "not_paid", 50.0, 50.0)
    journal = tower.value("account.move", bill, "journal_id")[0]
    credit = reverse(tower, bill, journal_id=journal)
    tower("account.move", "action_post", [credit])

    assert figures(tower, bill) == ("posted", "in_invoice", "reversed", 50.0, 0.0)
    assert figures(tower, credit) == ("posted", "in_refund", "paid", 50.0, 0.0)
    assert tower.value("account.move", credit, "amount_total_signed") == 50.0
