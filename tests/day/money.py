"""Invoices of what was shipped: posted, due later, paid in parts, held, credited, thrown away."""

from __future__ import annotations

from typing import Any

from tests.contract import make
from tests.day.office import Office


def invoice(office: Office, orders: list[int]) -> list[int]:
    """Draft invoices of shipped orders; one in ten stays a draft or is deleted. Answers the posted ones."""
    ready = office.ids("sale.order", ["id", "in", orders], ["invoice_status", "=", "to invoice"])
    for batch in office.batches(ready[: max(1, len(ready) * 4 // 5)]):
        office.attempt("invoices drafted", _draft, office, batch)
    drafts = _invoices(office, orders)
    office.stock["draft invoice"] = drafts[::10]
    kept = [i for n, i in enumerate(drafts) if n % 10 > 1]
    for batch in office.batches(kept):
        office.attempt("invoices posted", office, "account.move", "action_post", batch)
    return kept


def _draft(office: Office, orders: list[int]) -> None:
    """Orders of one customer drafted together share an invoice."""
    wizard = office(
        "sale.advance.payment.inv",
        "create",
        {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, orders]]},
    )
    office("sale.advance.payment.inv", "create_invoices", [wizard])


def _invoices(office: Office, orders: list[int]) -> list[int]:
    rows = office.values("sale.order", orders, "invoice_ids")
    return sorted({i for row in rows.values() for i in row["invoice_ids"]})


def _delete(office: Office, move: int) -> None:
    office("account.move", "unlink", [move])


def drop_drafts(office: Office) -> None:
    for draft in office.stock["draft invoice"]:
        office.attempt("draft invoice deleted", _delete, office, draft)


def collect(office: Office, posted: list[int]) -> None:
    steps: list[tuple[str, float, Any]] = [
        ("due date moved", 0.1, lambda i: _due(office, i)),
        ("payment blocked", 0.1, lambda i: _block(office, i)),
        ("paid", 0.4, lambda i: make.pay(office.user, i)),
        ("paid in part", 0.1, lambda i: make.pay(office.user, i, 3.0)),
        ("credit note", 0.08, lambda i: _credit(office, i)),
        ("note on an invoice", 0.05, lambda i: _note(office, i)),
        ("back to draft and cancelled", 0.04, lambda i: _withdraw(office, i)),
    ]
    for kind, part, work in steps:
        for move in office.some(_unpaid(office, posted), part):
            office.attempt(kind, work, move)


def _unpaid(office: Office, posted: list[int]) -> list[int]:
    return office.ids(
        "account.move",
        ["id", "in", posted],
        ["state", "=", "posted"],
        ["payment_state", "in", ["not_paid", "partial"]],
        ["amount_residual", ">", 5],
    )


def _due(office: Office, move: int) -> None:
    office("account.move", "write", [move], {"invoice_date_due": office.day(45)})


def _block(office: Office, move: int) -> None:
    """Held, and half of them released again the same day."""
    if office.values("account.move", [move], "payment_state")[move]["payment_state"] != "not_paid":
        return
    office("account.move", "write", [move], {"payment_state": "blocked"})
    if office.dice.random() < 0.5:
        office("account.move", "write", [move], {"payment_state": "not_paid"})
        office.note("payment released")


def _credit(office: Office, move: int) -> None:
    journal = office.values("account.move", [move], "journal_id")[move]["journal_id"][0]
    wizard = office(
        "account.move.reversal",
        "create",
        {"move_ids": [[6, 0, [move]]], "reason": "returned", "journal_id": journal},
        context={"active_model": "account.move", "active_ids": [move]},
    )
    credit = office("account.move.reversal", "refund_moves", [wizard])["res_id"]
    if office.dice.random() < 0.7:
        office("account.move", "action_post", [credit])


def _note(office: Office, move: int) -> None:
    office("account.move", "message_post", [move], body=office.name("Reminded"))


def _withdraw(office: Office, move: int) -> None:
    office("account.move", "button_draft", [move])
    office("account.move", "button_cancel", [move])
