"""Items of journal entries, and the journals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..behaviour import Behaviour
from ..store import Row
from .entries import PRODUCT_LINE, line_values, refresh_totals

if TYPE_CHECKING:
    from ..env import Env


class EntryLine(Behaviour):
    model = "account.move.line"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        move = env.display_name("account.move", row["move_id"])
        return f"{move} {row.get('name') or ''}".strip()

    def defaults(self, env: Env, values: Row) -> Row:
        move = values.get("move_id")
        product = values.get("product_id")
        base = line_values(env, move) if move else {}
        return {
            **base,
            "display_type": PRODUCT_LINE,
            "quantity": 1.0,
            "price_unit": float(env.value("product.product", product, "lst_price"))
            if product
            else 0.0,
            "name": env.display_name("product.product", product) if product else False,
            "purchase_line_id": False,
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        self._price(env, row_id)

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            self._price(env, i)
            if {"quantity", "price_unit", "discount"} & set(values):
                refresh_totals(env, env.row(self.model, i)["move_id"])

    def _price(self, env: Env, line: int) -> None:
        row = env.row(self.model, line)
        if row.get("display_type") != PRODUCT_LINE:
            return
        price = float(row.get("price_unit", 0.0)) * (1 - float(row.get("discount", 0.0)) / 100)
        total = round(price * float(row.get("quantity", 1.0)), 2)
        kind = env.row("account.move", row["move_id"])["move_type"]
        balance = total if kind in ("out_refund", "in_invoice") else -total
        env.compute(
            self.model,
            line,
            price_subtotal=total,
            price_total=total,
            balance=balance,
            amount_currency=balance,
            debit=max(balance, 0.0),
            credit=max(-balance, 0.0),
        )


class Journal(Behaviour):
    model = "account.journal"
