"""Closed periods: what was posted in them stays, what is posted late is dated after them."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError

CLOSED, UNTIL = "2019-05-05", "2019-12-31"


def refusal(call, *args, **kwargs):
    with pytest.raises(OdooError) as told:
        call(*args, **kwargs)
    assert told.value.name == "odoo.exceptions.UserError"
    return told.value.message


@pytest.fixture
def lock(admin):
    """Sets a lock date of the first company; taken back afterwards."""
    used = []

    def close(field):
        used.append(field)
        assert admin("res.company", "write", [1], {field: UNTIL}) is True

    yield close
    for field in used:
        admin("res.company", "write", [1], {field: False})


@pytest.fixture
def invoice(admin, tower):
    return make.dated(admin, tower, "out_invoice", CLOSED)


@pytest.mark.parametrize(
    ("field", "title"),
    [("fiscalyear_lock_date", "Global Lock Date"), ("sale_lock_date", "Sales Lock Date")],
)
def test_an_invoice_of_a_closed_period_is_not_taken_back(tower, invoice, lock, field, title):
    lock(field)
    told = f"You cannot add/modify entries prior to and inclusive of: {title} (12/31/2019)."

    assert refusal(tower, "account.move", "button_draft", [invoice]) == told
    assert refusal(tower, "account.move", "button_cancel", [invoice]) == told
    assert refusal(tower, "account.move", "write", [invoice], {"date": "2026-11-01"}) == told
    assert tower.value("account.move", invoice, "state") == "posted"


def test_a_sales_lock_leaves_bills_alone_and_a_purchase_lock_does_not(tower, admin, lock):
    bill = make.dated(admin, tower, "in_invoice", CLOSED)
    lock("purchase_lock_date")
    assert refusal(tower, "account.move", "button_draft", [bill]) == (
        "You cannot add/modify entries prior to and inclusive of: Purchase Lock date (12/31/2019)."
    )
    admin("res.company", "write", [1], {"purchase_lock_date": False})
    lock("sale_lock_date")

    assert tower("account.move", "button_draft", [bill]) is None
    assert tower.value("account.move", bill, "state") == "draft"


def test_what_is_posted_late_is_dated_after_the_closed_period(tower, admin, lock):
    invoice = make.dated(admin, tower, "out_invoice", CLOSED, post=False)
    bill = make.dated(admin, tower, "in_invoice", CLOSED, post=False)
    lock("fiscalyear_lock_date")

    tower("account.move", "action_post", [invoice])
    tower("account.move", "action_post", [bill])

    row = tower.one("account.move", invoice, "invoice_date", "date", "name")
    assert (row["invoice_date"], row["date"]) == (CLOSED, "2020-12-31")
    assert row["name"].startswith("INV/2020/")
    row = tower.one("account.move", bill, "invoice_date", "date", "name")
    assert (row["invoice_date"], row["date"]) == (CLOSED, "2020-01-31")
    assert row["name"].startswith("BILL/2020/01/")


def test_a_hold_a_note_a_due_date_and_a_payment_do_not_ask_for_the_period(tower, invoice, lock):
    lock("fiscalyear_lock_date")

    assert tower("account.move", "write", [invoice], {"payment_state": "blocked"}) is True
    assert tower("account.move", "write", [invoice], {"payment_state": "not_paid"}) is True
    assert tower("account.move", "write", [invoice], {"invoice_date_due": "2030-01-01"}) is True
    assert tower("account.move", "message_post", [invoice], body="late") is not None
    make.pay(tower, invoice)
    assert tower.value("account.move", invoice, "payment_state") == "paid"


def test_a_draft_of_a_closed_period_is_cancelled(tower, admin, lock):
    draft = make.dated(admin, tower, "out_invoice", CLOSED, post=False)
    lock("fiscalyear_lock_date")

    assert tower("account.move", "button_cancel", [draft]) is None
    assert tower.value("account.move", draft, "state") == "cancel"
