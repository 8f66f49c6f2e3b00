"""The items of journal entries: totals, and the one item that balances them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..store import Row

if TYPE_CHECKING:
    from ..env import Env

PURCHASES = ("in_invoice", "in_refund")
JOURNALS = {"out": 1, "in_": 2}
PRODUCT_LINE, TERM_LINE = "product", "payment_term"


def lines_of(env: Env, move: int) -> list[int]:
    return env.where("account.move.line", "move_id", move)


def orders_of(env: Env, move: int) -> list[int]:
    """Sale orders whose lines stand on the invoice."""
    found: dict[int, None] = {}
    for line in lines_of(env, move):
        for sold in env.row("account.move.line", line).get("sale_line_ids", []):
            row = env.get("sale.order.line", sold)
            if row is not None:
                found[row["order_id"]] = None
    return list(found)


def purchases_of(env: Env, move: int) -> list[int]:
    """Purchase orders whose lines stand on the bill."""
    found: dict[int, None] = {}
    for line in lines_of(env, move):
        bought = env.row("account.move.line", line).get("purchase_line_id")
        if bought and env.get("purchase.order.line", bought) is not None:
            found[env.row("purchase.order.line", bought)["order_id"]] = None
    return list(found)


def refresh_totals(env: Env, move: int) -> None:
    """Totals from the product lines, and the one receivable line that balances them."""
    row = env.row("account.move", move)
    rows = [env.row("account.move.line", n) for n in lines_of(env, move)]
    total = round(
        sum(
            float(r.get("price_subtotal", 0.0))
            for r in rows
            if r.get("display_type") == PRODUCT_LINE
        ),
        2,
    )
    sign = -1.0 if row["move_type"] in ("out_refund", "in_invoice") else 1.0
    env.compute(
        "account.move",
        move,
        amount_untaxed=total,
        amount_tax=0.0,
        amount_total=total,
        amount_residual=total,
        amount_total_signed=sign * total,
        amount_untaxed_signed=sign * total,
        amount_residual_signed=sign * total,
        amount_total_in_currency_signed=sign * total,
    )
    terms = [
        n
        for n in lines_of(env, move)
        if env.row("account.move.line", n).get("display_type") == TERM_LINE
    ]
    values: Row = {
        "balance": sign * total,
        "debit": max(sign * total, 0.0),
        "credit": max(-sign * total, 0.0),
        "amount_currency": sign * total,
        "amount_residual": sign * total,
        "amount_residual_currency": sign * total,
    }
    if terms:
        env.compute("account.move.line", terms[0], **values)
    else:
        env.insert(
            "account.move.line",
            {
                **line_values(env, move),
                **values,
                "display_type": TERM_LINE,
                "account_id": 1,
                "account_type": "liability_payable"
                if row["move_type"] in PURCHASES
                else "asset_receivable",
                "quantity": 1.0,
            },
        )


def line_values(env: Env, move: int) -> Row:
    row = env.row("account.move", move)
    return {
        "move_id": move,
        "move_name": row.get("name", "/"),
        "parent_state": row["state"],
        "company_id": row["company_id"],
        "journal_id": row["journal_id"],
        "partner_id": row.get("partner_id", False),
        "currency_id": 1,
        "date": row["date"],
        "sequence": 100,
    }
