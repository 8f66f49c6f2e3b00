"""Registering payments on posted invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import automation
from ..behaviour import Behaviour
from ..errors import UserError
from ..store import Row
from .entries import lines_of
from .mail import log
from .posting import post

if TYPE_CHECKING:
    from ..env import Env

BANK = 6


class PaymentWizard(Behaviour):
    model = "account.payment.register"

    def defaults(self, env: Env, values: Row) -> Row:
        moves = [(m, env.row("account.move", m)) for m in env.context.get("active_ids") or []]
        open_ones = [(m, r) for m, r in moves if float(r.get("amount_residual", 0.0)) > 0]
        if not open_ones or any(r["state"] != "posted" for _, r in moves):
            raise UserError(
                "You can't register a payment because there is nothing left to pay on the "
                "selected journal items."
            )
        first = open_ones[0][1]
        return {
            "payment_date": env.today,
            "amount": round(sum(float(r["amount_residual"]) for _, r in open_ones), 2),
            "journal_id": BANK,
            "payment_method_line_id": 1,
            "currency_id": 1,
            "company_id": first["company_id"],
            "partner_id": first["partner_id"],
            "payment_type": "inbound"
            if first["move_type"] in ("out_invoice", "in_refund")
            else "outbound",
            "communication": first.get("payment_reference") or first["name"],
            "line_ids": [[6, 0, [lines_of(env, m)[-1] for m, _ in open_ones]]],
        }

    def rpc_action_create_payments(self, env: Env, ids: list[int]) -> Any:
        row = env.row(self.model, ids[0])
        moves = [env.row("account.move.line", n)["move_id"] for n in row.get("line_ids", [])]
        left = float(row["amount"])
        payment = self._payment(env, row, left)
        for move in moves:
            left = self._pay(env, move, left)
        if env.context.get("dont_redirect_to_payments"):
            return True
        return {
            "name": "Payments",
            "type": "ir.actions.act_window",
            "res_model": "account.payment",
            "context": {"create": False},
            "view_mode": "form",
            "res_id": payment,
        }

    def _payment(self, env: Env, row: Row, amount: float) -> int:
        entry = env.insert(
            "account.move",
            {
                "state": "draft",
                "name": False if env.dialect.is_19 else "/",
                "move_type": "entry",
                "company_id": row["company_id"],
                "date": row["payment_date"],
                "journal_id": BANK,
                "currency_id": 1,
                "payment_state": "not_paid",
                "partner_id": row["partner_id"],
                "amount_total": amount,
                "amount_residual": 0.0,
                "auto_post": "no",
            },
        )
        automation.announce_again(env, "account.move", entry)
        post(env, entry)
        return env.insert(
            "account.payment",
            {
                "move_id": entry,
                "amount": amount,
                "partner_id": row["partner_id"],
                "payment_type": row["payment_type"],
                "journal_id": BANK,
                "date": row["payment_date"],
                "currency_id": 1,
                "company_id": row["company_id"],
                "state": "paid",
                "memo": row.get("communication", False),
                "name": env.row("account.move", entry)["name"],
            },
        )

    def _pay(self, env: Env, move: int, amount: float) -> float:
        row = env.row("account.move", move)
        paid = min(amount, float(row["amount_residual"]))
        rest = round(float(row["amount_residual"]) - paid, 2)
        held = env.dialect.is_19 and row.get("payment_state") == "blocked"  # it outlives a payment
        env.put(
            "account.move",
            move,
            amount_residual=rest,
            amount_residual_signed=_sign(row) * rest,
            payment_state="blocked" if held else "partial" if rest else "paid",
        )
        log(env, "account.move", move, "")
        for line in lines_of(env, move):
            if env.row("account.move.line", line).get("display_type") == "payment_term":
                env.put("account.move.line", line, amount_residual=rest, reconciled=not rest)
        return round(amount - paid, 2)


def _sign(row: Row) -> float:
    return -1.0 if row["move_type"] in ("out_refund", "in_invoice") else 1.0


class Payment(Behaviour):
    model = "account.payment"
