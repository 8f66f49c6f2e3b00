"""Purchase orders: confirm (makes the receipt), cancel, close, bill, totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import orm
from ..behaviour import NO_RESULT
from ..errors import OdooError, UserError
from ..store import Row
from .mail import Thread, log, reference
from .pickings import cancel_picking
from .receiving import (
    CLOSED,
    CONFIRMED,
    LINE,
    ORDER,
    bills_of,
    lines_of,
    pickings_of,
    receive,
    refresh_order,
)

if TYPE_CHECKING:
    from ..env import Env

NOTHING_TO_BILL = (
    "There is no invoiceable line. If a product has a control policy based on received quantity, "
    "please make sure that a quantity has been received."
)


class Purchase(Thread):
    model = ORDER

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        told = row.get("partner_ref")
        return f"{row['name']} ({told})" if told else str(row["name"])

    def defaults(self, env: Env, values: Row) -> Row:
        company = values.get("company_id") or env.company
        partner = values.get("partner_id")
        return {
            "state": "draft",
            "name": f"P{env.store.next_value('number:purchase.order'):05d}" if partner else False,
            "company_id": company,
            "picking_type_id": _receipts(env, company),
            "date_order": env.now,
            "user_id": env.uid,
            "priority": "0",
            "currency_id": 1,
            "currency_rate": 1.0,
            "invoice_status": "no",
            "receipt_status": False,
            "locked": False,
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        if not given.get("date_planned"):
            follow_dates(env, row_id)
        refresh_totals(env, row_id)
        log(env, self.model, row_id, "<p>Purchase Order created</p>")

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            if "order_line" in values:
                refresh_totals(env, i)

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        for i in ids:
            if env.row(self.model, i)["state"] != "cancel":
                raise UserError("In order to delete a purchase order, you must cancel it first.")
            for line in lines_of(env, i):
                env.delete(LINE, line)

    # --- buttons -------------------------------------------------------------------------------
    def rpc_button_confirm(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            if env.row(self.model, i)["state"] not in ("draft", "sent"):
                continue
            env.put(self.model, i, state="purchase", date_approve=env.now)
            subtype = reference(env, "purchase.mt_rfq_approved") or None
            log(env, self.model, i, "", subtype=subtype)
            wanted = [(n, float(env.row(LINE, n)["product_qty"])) for n in lines_of(env, i)]
            receive(env, i, wanted)
            refresh_order(env, i)
        return True

    def rpc_button_cancel(self, env: Env, ids: list[int]) -> Any:
        self._require_cancellable(env, ids)
        for i in ids:
            for picking in pickings_of(env, i):
                if env.row("stock.picking", picking)["state"] not in CLOSED:
                    cancel_picking(env, picking)
            env.put(self.model, i, state="cancel")
            refresh_order(env, i)
        return NO_RESULT

    def _require_cancellable(self, env: Env, ids: list[int]) -> None:
        received = [
            env.display_name(self.model, i)
            for i in ids
            if any(env.row("stock.picking", p)["state"] == "done" for p in pickings_of(env, i))
        ]
        if received and not env.dialect.is_19:
            raise UserError(
                f"Unable to cancel purchase order(s): {', '.join(received)} since they have "
                "receipts that are already done."
            )
        billed = [
            env.display_name(self.model, i)
            for i in ids
            if any(env.row("account.move", b)["state"] == "posted" for b in bills_of(env, i))
        ]
        if billed:
            raise UserError(
                f"Unable to cancel purchase order(s): {', '.join(billed)}. You must first cancel "
                "their related vendor bills."
            )

    def rpc_button_draft(self, env: Env, ids: list[int]) -> Row:
        for i in ids:
            env.put(self.model, i, state="draft")
            refresh_order(env, i)
        return {}

    def rpc_button_done(self, env: Env, ids: list[int]) -> Any:
        if env.dialect.is_19:
            raise OdooError(
                env.dialect.unknown_method(self.model, "button_done"), "builtins.AttributeError"
            )
        for i in ids:
            env.put(self.model, i, state="done", priority="0")
            refresh_order(env, i)
        return NO_RESULT

    def rpc_button_lock(self, env: Env, ids: list[int]) -> Any:
        for i in ids:
            env.put(self.model, i, locked=True)
        return NO_RESULT

    def rpc_button_unlock(self, env: Env, ids: list[int]) -> Any:
        for i in ids:
            if env.dialect.is_19:
                env.put(self.model, i, locked=False)
            else:
                env.put(self.model, i, state="purchase")
                refresh_order(env, i)
        return NO_RESULT

    def rpc_action_create_invoice(self, env: Env, ids: list[int], *_: Any) -> Row:
        made = [_bill(env, i) for i in ids if env.dialect.is_19 or _due(env, i)]
        if not made:
            raise UserError(NOTHING_TO_BILL)
        return {
            "id": 265,
            "name": "Bills",
            "type": "ir.actions.act_window",
            "xml_id": "account.action_move_in_invoice_type",
            "display_name": "Bills",
            "domain": "[('move_type', 'in', ['in_invoice', 'in_refund'])]",
            "context": "{'search_default_in_invoice': 1, 'default_move_type': 'in_invoice', "
            "'display_account_trust': True}",
            "res_model": "account.move",
            "target": "current",
            "view_mode": "list,kanban,form,activity",
            "res_id": made[0] if len(made) == 1 else 0,
        }

    # --- computed ------------------------------------------------------------------------------
    def compute_picking_ids(self, env: Env, row_id: int, row: Row) -> list[int]:
        return env.registry.sort(env, "stock.picking", pickings_of(env, row_id), None)

    def compute_incoming_picking_count(self, env: Env, row_id: int, row: Row) -> int:
        return len(pickings_of(env, row_id))

    def compute_invoice_ids(self, env: Env, row_id: int, row: Row) -> list[int]:
        return bills_of(env, row_id)

    def compute_invoice_count(self, env: Env, row_id: int, row: Row) -> int:
        return len(bills_of(env, row_id))

    def compute_is_shipped(self, env: Env, row_id: int, row: Row) -> bool:
        found = [env.row("stock.picking", p)["state"] for p in pickings_of(env, row_id)]
        return bool(found) and all(s in CLOSED for s in found)

    def compute_date_calendar_start(self, env: Env, row_id: int, row: Row) -> Any:
        return row["date_approve"] if row["state"] in CONFIRMED else row["date_order"]

    def compute_access_url(self, env: Env, row_id: int, row: Row) -> str:
        return f"/my/purchase/{row_id}"

    def compute_on_time_rate(self, env: Env, row_id: int, row: Row) -> float:
        return -1.0


def _receipts(env: Env, company: int) -> Any:
    house = env.where("stock.warehouse", "company_id", company)
    return env.row("stock.warehouse", house[0])["in_type_id"] if house else False


def follow_dates(env: Env, order: int) -> None:
    """The planned date of an order is the earliest of its lines."""
    dates = [d for n in lines_of(env, order) if (d := env.row(LINE, n).get("date_planned"))]
    if dates:
        env.compute(ORDER, order, date_planned=min(dates))


def refresh_totals(env: Env, order: int) -> None:
    total = round(
        sum(float(env.row(LINE, n).get("price_subtotal", 0.0)) for n in lines_of(env, order)), 2
    )
    env.compute(ORDER, order, amount_untaxed=total, amount_tax=0.0, amount_total=total)


def _due(env: Env, order: int) -> list[tuple[int, Row]]:
    """Lines to bill; 19.0 bills nothing of every line rather than refusing."""
    rows = [(n, env.row(LINE, n)) for n in lines_of(env, order)]
    due = [(n, r) for n, r in rows if float(r.get("qty_to_invoice", 0.0))]
    return due or (rows if env.dialect.is_19 else [])


def _bill(env: Env, order: int) -> int:
    row = env.row(ORDER, order)
    lines = [
        [
            0,
            0,
            {
                "product_id": r["product_id"],
                "name": r.get("name"),
                "quantity": float(r.get("qty_to_invoice", 0.0)),
                "price_unit": r["price_unit"],
                "purchase_line_id": n,
            },
        ]
        for n, r in _due(env, order)
    ]
    told = False if env.dialect.is_19 else row.get("partner_ref")
    made = orm.create_one(
        env,
        "account.move",
        {
            "move_type": "in_invoice",
            "partner_id": row["partner_id"],
            "invoice_origin": row["name"],
            "ref": told or ("" if not env.dialect.is_19 else False),
            "payment_reference": told or False,
            "company_id": row["company_id"],
            "invoice_line_ids": lines,
        },
    )
    refresh_order(env, order)
    return made
