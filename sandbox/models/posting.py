"""Posting journal entries: their numbers, and credit notes settled against their invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..store import Row
from .entries import TERM_LINE, lines_of, orders_of, purchases_of
from .invoice_status import refresh_invoice_status
from .locks import accounting_date
from .receiving import refresh_order

if TYPE_CHECKING:
    from ..env import Env

CODES = {"out_invoice": "INV", "out_refund": "RINV", "in_invoice": "BILL", "in_refund": "RBILL"}
BANK = 6


def post(env: Env, move: int) -> None:
    """Number and post one entry, in the first open period if its own is closed."""
    row = env.row("account.move", move)
    values: Row = {"state": "posted", "posted_before": True, "checked": True}
    sold = row["move_type"] in ("out_invoice", "out_refund")
    if row["move_type"] != "entry":
        values["invoice_date"] = row.get("invoice_date") or env.today
    if sold:
        values["date"] = values["invoice_date"]
    values["date"] = accounting_date(env, {**row, **values})
    # sales are numbered by year, all others by month; payments count in one row
    period = values["date"][:7].replace("-", "/")
    code = CODES.get(row["move_type"], "PBNK1" if row["journal_id"] == BANK else "MISC")
    prefix = f"{code}/{period[:4] if sold or code == 'PBNK1' else period}/"
    number = env.store.next_value(f"number:{row['company_id']}:{prefix}")
    digits = 5 if sold or code == "PBNK1" else 4
    fresh = row.get("name") in (False, "/")
    values["name"] = f"{prefix}{number:0{digits}d}" if fresh else row["name"]
    values |= {"sequence_number": number, "sequence_prefix": prefix}
    if sold:
        values["payment_reference"] = row.get("payment_reference") or values["name"]
    env.put("account.move", move, **values)
    for line in lines_of(env, move):
        env.put(
            "account.move.line",
            line,
            parent_state="posted",
            move_name=values["name"],
            date=values["date"],
        )
    for order in orders_of(env, move):
        for line in env.where("sale.order.line", "order_id", order):
            env.put("sale.order.line", line)
    refresh_documents(env, move)
    if row.get("reversed_entry_id"):
        _settle(env, row["reversed_entry_id"], move)


def refresh_documents(env: Env, move: int) -> None:
    """Bring the orders behind an entry up to date."""
    for order in orders_of(env, move):
        refresh_invoice_status(env, order)
    for order in purchases_of(env, move):
        refresh_order(env, order)


def _settle(env: Env, invoice: int, credit: int) -> None:
    """What the invoice still owes and the credit note gives cancel each other out."""
    if env.row("account.move", invoice)["state"] != "posted":
        return
    rows = {m: env.row("account.move", m) for m in (invoice, credit)}
    amount = min(float(r.get("amount_residual", 0.0)) for r in rows.values())
    if amount <= 0:
        return
    for move, row in rows.items():
        rest = round(float(row["amount_residual"]) - amount, 2)
        untouched = float(row["amount_residual"]) == float(row["amount_total"])
        done = "reversed" if move == invoice and untouched else "paid"
        held = env.dialect.is_19 and row.get("payment_state") == "blocked"
        state = "blocked" if held else "partial" if rest else done
        sign = -1.0 if row["move_type"] in ("out_refund", "in_invoice") else 1.0
        env.put(
            "account.move",
            move,
            amount_residual=rest,
            amount_residual_signed=sign * rest,
            payment_state=state,
        )
        for line in lines_of(env, move):
            if env.row("account.move.line", line).get("display_type") == TERM_LINE:
                env.put("account.move.line", line, amount_residual=rest, reconciled=not rest)
