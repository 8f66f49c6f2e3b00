"""Journal entries: invoices and credit notes, from draft to posted, and holds on their payment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import automation
from ..behaviour import NO_RESULT
from ..errors import UserError
from ..store import Row
from .entries import (
    JOURNALS,
    PRODUCT_LINE,
    PURCHASES,
    lines_of,
    orders_of,
    refresh_totals,
)
from .locks import require_open
from .mail import Thread, log
from .posting import post, refresh_documents

if TYPE_CHECKING:
    from ..env import Env

FROZEN = (
    "invoice_line_ids",
    "line_ids",
    "invoice_date",
    "date",
    "partner_id",
    "partner_bank_id",
    "invoice_payment_term_id",
    "currency_id",
    "fiscal_position_id",
    "invoice_cash_rounding_id",
)


def _commercial(env: Env, partner: Any) -> Any:
    """The company behind a contact."""
    if not partner:
        return False
    return env.row("res.partner", int(partner)).get("commercial_partner_id") or partner


class Entry(Thread):
    model = "account.move"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        name, told = row.get("name"), f" ({row['ref']})" if row.get("ref") else ""
        if row.get("state") != "draft":
            return f"{name}{told}"
        kind = {
            "out_invoice": "Draft Invoice",
            "out_refund": "Draft Credit Note",
            "in_invoice": "Draft Bill",
            "in_refund": "Draft Vendor Credit Note",
        }.get(row.get("move_type", ""), "Draft Entry")
        return f"{kind} {name if name and name != '/' else ''}{told}"

    def defaults(self, env: Env, values: Row) -> Row:
        return {
            "state": "draft",
            "name": False if env.dialect.is_19 else "/",
            "move_type": values.get("move_type", "entry"),
            "company_id": env.company,
            "date": values.get("invoice_date") or env.today,
            "journal_id": JOURNALS.get(str(values.get("move_type", ""))[:3], 3),
            "currency_id": 1,
            "payment_state": "not_paid",
            "auto_post": "no",
            "checked": False,
            "invoice_date_due": env.today,
            "invoice_currency_rate": 1.0,
            "invoice_user_id": env.uid,
            "partner_shipping_id": values.get("partner_id", False),
            "commercial_partner_id": _commercial(env, values.get("partner_id")),
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        if env.row(self.model, row_id)["move_type"] != "entry":
            refresh_totals(env, row_id)
            log(env, self.model, row_id, "<p>Invoice Created</p>")
        automation.announce_again(env, self.model, row_id)

    def check_write(self, env: Env, ids: list[int], values: Row) -> None:
        named = [n for n in values if n in FROZEN]
        if {"date", "line_ids", "journal_id"} & set(values):
            require_open(env, ids)
        for i in ids:
            if named and values.get("state", env.row(self.model, i)["state"]) == "posted":
                raise UserError(
                    "You cannot modify the following readonly fields on a posted "
                    f"move: {', '.join(named)}"
                )

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            if {"invoice_line_ids", "line_ids"} & set(values):
                refresh_totals(env, i)
            if "payment_state" in values:
                self._recompute_payment_state(env, i)
                log(env, self.model, i, "")

    def _recompute_payment_state(self, env: Env, move: int) -> None:
        """A payment wins over a written state: the write is accepted and has no effect.

        On 19.0 a block stays whatever was paid, until something else is written.
        """
        row = env.row(self.model, move)
        if env.dialect.is_19 and row.get("payment_state") == "blocked":
            return
        total, rest = float(row.get("amount_total", 0.0)), float(row.get("amount_residual", 0.0))
        if row["state"] == "posted" and rest < total:
            env.compute(self.model, move, payment_state="partial" if rest else "paid")

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        for i in ids:
            row = env.row(self.model, i)
            if row["state"] == "posted" or row.get("posted_before"):
                raise UserError(
                    "You can't delete a posted journal item. Don’t play games with your "
                    "accounting records; reset the journal entry to draft before deleting it."
                )
            for line in lines_of(env, i):
                env.delete("account.move.line", line)

    # --- buttons -------------------------------------------------------------------------------
    def rpc_action_post(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            row = env.row(self.model, i)
            if row["state"] != "draft":
                raise UserError(f"The entry {row['name']} (id {i}) must be in draft.")
            if row["move_type"] != "entry" and not row.get("partner_id"):
                raise UserError(
                    "The field 'Customer' is required, please complete it to validate "
                    "the Customer Invoice."
                )
            if row["move_type"] != "entry" and len(lines_of(env, i)) < 2:
                told = "Even magicians can't post nothing!"
                raise UserError(
                    told if env.dialect.is_19 else "You need to add a line before posting."
                )
            if row["move_type"] in PURCHASES and not row.get("invoice_date"):
                raise UserError("The Bill/Refund date is required to validate this document.")
        for i in ids:
            post(env, i)
        return False

    def rpc_button_draft(self, env: Env, ids: list[int]) -> Any:
        for i in ids:
            row = env.row(self.model, i)
            if row["state"] not in ("posted", "cancel"):
                raise UserError("Only posted/cancelled journal entries can be reset to draft.")
            require_open(env, [i])
            self._to(env, i, "draft")
        return NO_RESULT

    def rpc_button_cancel(self, env: Env, ids: list[int]) -> Any:
        for i in ids:
            if env.row(self.model, i)["state"] == "posted":
                require_open(env, [i])
                self._to(env, i, "draft")
            if env.row(self.model, i)["state"] != "draft":
                raise UserError("Only draft journal entries can be cancelled.")
            self._to(env, i, "cancel")
        return NO_RESULT

    def _to(self, env: Env, move: int, state: str) -> None:
        row = env.row(self.model, move)
        kept = "blocked" if row.get("payment_state") == "blocked" else "not_paid"
        total = row.get("amount_total", 0.0)
        env.put(self.model, move, state=state, payment_state=kept, amount_residual=total)
        for line in lines_of(env, move):
            env.put("account.move.line", line, parent_state=state)
        refresh_documents(env, move)

    def rpc_action_toggle_block_payment(self, env: Env, ids: list[int]) -> Any:
        state = env.row(self.model, ids[0]).get("payment_state")
        if state in ("paid", "in_payment"):
            raise UserError("You can't block a paid invoice.")
        blocked = state == "blocked"
        env.put(self.model, ids[0], payment_state="not_paid" if blocked else "blocked")
        self._recompute_payment_state(env, ids[0])
        log(env, self.model, ids[0], "")
        return NO_RESULT

    # --- computed ------------------------------------------------------------------------------
    def compute_invoice_line_ids(self, env: Env, row_id: int, row: Row) -> list[int]:
        return [
            n
            for n in lines_of(env, row_id)
            if env.row("account.move.line", n).get("display_type") == PRODUCT_LINE
        ]

    def compute_status_in_payment(self, env: Env, row_id: int, row: Row) -> Any:
        if row["state"] != "posted":
            return row["state"]
        state = row.get("payment_state", False)
        return "posted" if state == "blocked" and env.dialect.is_19 else state

    def compute_amount_paid(self, env: Env, row_id: int, row: Row) -> float:
        return round(
            float(row.get("amount_total", 0.0)) - float(row.get("amount_residual", 0.0)), 2
        )

    def compute_access_url(self, env: Env, row_id: int, row: Row) -> str:
        return f"/my/invoices/{row_id}"

    def compute_type_name(self, env: Env, row_id: int, row: Row) -> str:
        kinds = {
            "out_invoice": "Invoice",
            "out_refund": "Credit Note",
            "in_invoice": "Vendor Bill",
            "in_refund": "Vendor Credit Note",
        }
        return kinds.get(row["move_type"], "Journal Entry")

    def compute_company_currency_id(self, env: Env, row_id: int, row: Row) -> int:
        return 1

    def compute_invoice_partner_display_name(self, env: Env, row_id: int, row: Row) -> Any:
        partner = row.get("partner_id")
        return env.display_name("res.partner", partner) if partner else False

    def compute_sale_order_count(self, env: Env, row_id: int, row: Row) -> int:
        return len(orders_of(env, row_id))
