"""The wizard that makes credit notes from invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import orm
from ..behaviour import Behaviour
from ..errors import UserError
from ..store import Row
from .entries import PRODUCT_LINE, PURCHASES, lines_of
from .invoice_status import refresh_invoice_status
from .posting import post

if TYPE_CHECKING:
    from ..env import Env

KINDS = {"out_invoice": "out_refund", "in_invoice": "in_refund"}


class Reversal(Behaviour):
    model = "account.move.reversal"

    def defaults(self, env: Env, values: Row) -> Row:
        active = env.context.get("active_ids") or []
        moves = active if env.context.get("active_model") == "account.move" else []
        first = env.row("account.move", moves[0]) if moves else {}
        return {
            "move_ids": [[6, 0, moves]],
            "journal_id": first.get("journal_id", 1),
            "date": env.today,
            "company_id": env.company,
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        row = env.row(self.model, row_id)
        moves = [env.row("account.move", m) for m in row.get("move_ids", [])]
        if any(m["state"] != "posted" for m in moves):
            told = "To reverse a journal entry, it has to be posted first."
            raise UserError(told if env.dialect.is_19 else "You can only reverse posted moves.")
        kind = env.row("account.journal", row["journal_id"])["type"]
        if any(env.row("account.journal", m["journal_id"])["type"] != kind for m in moves):
            raise UserError("Journal should be the same type as the reversed entry.")

    def rpc_refund_moves(self, env: Env, ids: list[int]) -> Row:
        wizard = env.row(self.model, ids[0])
        made = [_refund(env, move, wizard) for move in wizard.get("move_ids", [])]
        return _shown(env, made[0])

    def rpc_modify_moves(self, env: Env, ids: list[int]) -> Row:
        """Credit the invoice in full at once, and draft a new one like it."""
        wizard = env.row(self.model, ids[0])
        made = 0
        for move in wizard.get("move_ids", []):
            post(env, _refund(env, move, wizard))
            row = env.row("account.move", move)
            values = {"move_type": row["move_type"], "invoice_date": False}
            made = _copy(env, move, values)
        return _shown(env, made)


def _shown(env: Env, move: int) -> Row:
    return {
        "name": "Reverse Moves",
        "type": "ir.actions.act_window",
        "res_model": "account.move",
        "view_mode": "form",
        "res_id": move,
        "context": {"default_move_type": env.row("account.move", move)["move_type"]},
    }


def _refund(env: Env, move: int, wizard: Row) -> int:
    row = env.row("account.move", move)
    reason = wizard.get("reason") or ""
    return _copy(
        env,
        move,
        {
            "move_type": KINDS.get(row["move_type"], row["move_type"]),
            "reversed_entry_id": move,
            "invoice_date": wizard.get("date") or env.today,
            "ref": f"Reversal of: {row['name']}, {reason}".rstrip(", "),
        },
    )


def _copy(env: Env, move: int, values: Row) -> int:
    """A draft with the lines of an entry, linked to the same order lines."""
    row = env.row("account.move", move)
    items = [env.row("account.move.line", n) for n in lines_of(env, move)]
    lines = [
        [
            0,
            0,
            {
                "product_id": r.get("product_id", False),
                "name": r.get("name"),
                "quantity": r["quantity"],
                "price_unit": r["price_unit"],
                "sale_line_ids": [[6, 0, r.get("sale_line_ids", [])]],
                "purchase_line_id": r.get("purchase_line_id", False),
            },
        ]
        for r in items
        if r.get("display_type") == PRODUCT_LINE
    ]
    made = orm.create_one(
        env,
        "account.move",
        {
            "partner_id": row["partner_id"],
            "invoice_origin": row.get("invoice_origin", False),
            "company_id": row["company_id"],
            "invoice_line_ids": lines,
            **values,
        },
    )
    if row["move_type"] not in PURCHASES:
        _link(env, made)
    return made


def _link(env: Env, move: int) -> None:
    """Orders know the items that stand for their lines."""
    orders: dict[Any, None] = {}
    for item in lines_of(env, move):
        for sold in env.row("account.move.line", item).get("sale_line_ids", []):
            known = env.row("sale.order.line", sold).get("invoice_lines", [])
            env.put("sale.order.line", sold, invoice_lines=[*known, item])
            orders[env.row("sale.order.line", sold)["order_id"]] = None
    for order in orders:
        refresh_invoice_status(env, order)
