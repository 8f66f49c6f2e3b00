"""Sale orders: confirm (makes and reserves the delivery), cancel, lock, totals."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ..behaviour import NO_RESULT, Behaviour
from ..errors import UserError
from ..store import Row
from . import reserve
from .delivery import delivered
from .fulfil import deliver, lines_of, refresh_totals
from .invoice_status import refresh_invoice_status
from .mail import Thread, log, reference
from .pickings import cancel_picking

if TYPE_CHECKING:
    from ..env import Env


class Order(Thread):
    model = "sale.order"

    def defaults(self, env: Env, values: Row) -> Row:
        partner = values.get("partner_id")
        company = values.get("company_id") or env.company
        house = env.where("stock.warehouse", "company_id", company)
        valid = date.fromisoformat(env.today) + timedelta(days=30)
        return {
            "state": "draft",
            "name": f"S{env.store.next_value('number:sale.order'):05d}" if partner else False,
            "company_id": company,
            "date_order": env.now,
            "validity_date": valid.isoformat(),
            "user_id": env.uid,
            "partner_invoice_id": partner or False,
            "partner_shipping_id": partner or False,
            "picking_policy": "direct",
            "warehouse_id": house[0] if house else False,
            "currency_id": 1,
            "currency_rate": 1.0,
            "invoice_status": "no",
            "delivery_status": False,
            "require_signature": True,
            "require_payment": True,
            "prepayment_percent": 1.0,
            "locked": False,
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        refresh_totals(env, row_id)
        log(env, self.model, row_id, "<p>Sales Order created</p>")

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            if "order_line" in values:
                refresh_totals(env, i)
            if "commitment_date" in values:
                self._move_deadlines(env, i)

    def _move_deadlines(self, env: Env, order: int) -> None:
        deadline = env.row(self.model, order).get("commitment_date")
        for picking in env.where("stock.picking", "sale_id", order):
            if env.row("stock.picking", picking)["state"] in ("done", "cancel"):
                continue
            for move in reserve.moves_of(env, picking):
                env.put("stock.move", move, date_deadline=deadline)
            reserve.refresh_picking(env, picking)

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        for i in ids:
            if env.row(self.model, i)["state"] not in ("draft", "cancel"):
                raise UserError(
                    "You can not delete a sent quotation or a confirmed sales order. "
                    "You must first cancel it."
                )
            for line in lines_of(env, i):
                env.delete("sale.order.line", line)

    # --- buttons -------------------------------------------------------------------------------
    def rpc_action_quotation_sent(self, env: Env, ids: list[int]) -> Any:
        if any(env.row(self.model, i)["state"] != "draft" for i in ids):
            raise UserError("Only draft orders can be marked as sent directly.")
        for i in ids:
            env.put(self.model, i, state="sent")
        return NO_RESULT

    def rpc_action_confirm(self, env: Env, ids: list[int]) -> bool:
        if any(env.row(self.model, i)["state"] not in ("draft", "sent") for i in ids):
            raise UserError("Some orders are not in a state requiring confirmation.")
        for i in ids:
            invoiceable = any(
                env.value("product.product", row["product_id"], "invoice_policy") == "order"
                and float(row["product_uom_qty"])
                for row in (env.row("sale.order.line", n) for n in lines_of(env, i))
                if row.get("product_id")
            )
            env.put(
                self.model,
                i,
                state="sale",
                date_order=env.now,
                invoice_status="to invoice" if invoiceable else "no",
            )
            log(env, self.model, i, "", subtype=reference(env, "sale.mt_order_confirmed"))
        for i in ids:
            made = deliver(env, i, lines_of(env, i))
            if made:
                reserve.assign(env, made)
            delivered(env, i)
        return True

    def rpc_action_lock(self, env: Env, ids: list[int]) -> Any:
        for i in ids:
            env.put(self.model, i, locked=True)
        return NO_RESULT

    def rpc_action_unlock(self, env: Env, ids: list[int]) -> Any:
        for i in ids:
            env.put(self.model, i, locked=False)
        return NO_RESULT

    def rpc_action_cancel(self, env: Env, ids: list[int]) -> Any:
        """18.0 asks first (an action and nothing done), except for quotations; 19.0 cancels."""
        if any(env.row(self.model, i).get("locked") for i in ids):
            raise UserError("You cannot cancel a locked order. Please unlock it first.")
        asks = not env.dialect.is_19 and not env.context.get("disable_cancel_warning")
        if asks and any(env.row(self.model, i)["state"] != "draft" for i in ids):
            return self._cancel_question(env, ids[0])
        for i in ids:
            cancel(env, i)
        return True

    def _cancel_question(self, env: Env, order: int) -> Row:
        state = env.row(self.model, order)["state"]
        kind = "Sales Order" if state == "sale" else "Quotation"
        return {
            "name": f"Cancel {kind}",
            "view_mode": "form",
            "res_model": "sale.order.cancel",
            "view_id": 1503,
            "type": "ir.actions.act_window",
            "context": {
                "default_template_id": 20,
                "default_order_id": order,
                "mark_so_as_canceled": True,
                "default_email_layout_xmlid": "mail.mail_notification_layout_with_responsible_signature",
                "model_description": kind,
            },
            "target": "new",
        }

    def rpc_action_draft(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            if env.row(self.model, i)["state"] in ("cancel", "sent"):
                env.put(self.model, i, state="draft", signed_by=False, signed_on=False)
                refresh_invoice_status(env, i)
        return True

    # --- computed ------------------------------------------------------------------------------
    def compute_invoice_ids(self, env: Env, row_id: int, row: Row) -> list[int]:
        found: dict[int, None] = {}
        for line in lines_of(env, row_id):
            for item in env.row("sale.order.line", line).get("invoice_lines", []):
                entry = env.get("account.move.line", item)
                if entry is not None:
                    found[entry["move_id"]] = None
        return sorted(found)

    def compute_invoice_count(self, env: Env, row_id: int, row: Row) -> int:
        return len(self.compute_invoice_ids(env, row_id, row))

    def compute_delivery_count(self, env: Env, row_id: int, row: Row) -> int:
        return len(env.where("stock.picking", "sale_id", row_id))

    def compute_expected_date(self, env: Env, row_id: int, row: Row) -> Any:
        if row["state"] == "cancel" or not lines_of(env, row_id):
            return False
        return row["date_order"] if row["state"] == "sale" else env.now

    def compute_amount_to_invoice(self, env: Env, row_id: int, row: Row) -> float:
        return sum(
            float(env.row("sale.order.line", n).get("untaxed_amount_to_invoice", 0.0))
            for n in lines_of(env, row_id)
        )

    def compute_amount_invoiced(self, env: Env, row_id: int, row: Row) -> float:
        return sum(
            float(env.row("sale.order.line", n).get("untaxed_amount_invoiced", 0.0))
            for n in lines_of(env, row_id)
        )

    def compute_amount_undiscounted(self, env: Env, row_id: int, row: Row) -> float:
        return float(row.get("amount_untaxed", 0.0))

    def compute_shipping_weight(self, env: Env, row_id: int, row: Row) -> float:
        rows = [env.row("sale.order.line", n) for n in lines_of(env, row_id)]
        return sum(
            float(env.value("product.product", r["product_id"], "weight") or 0.0)
            * float(r["product_uom_qty"])
            for r in rows
            if r.get("product_id")
        )

    def compute_type_name(self, env: Env, row_id: int, row: Row) -> str:
        return "Quotation" if row["state"] in ("draft", "sent", "cancel") else "Sales Order"

    def compute_access_url(self, env: Env, row_id: int, row: Row) -> str:
        return f"/my/orders/{row_id}"


def cancel(env: Env, order: int) -> None:
    """Cancel the order, its open transfers and its draft invoices."""
    for picking in env.where("stock.picking", "sale_id", order):
        if env.row("stock.picking", picking)["state"] not in ("done", "cancel"):
            cancel_picking(env, picking)
    env.put("sale.order", order, state="cancel")
    delivered(env, order)


class CancelWizard(Behaviour):
    model = "sale.order.cancel"

    def rpc_action_cancel(self, env: Env, ids: list[int]) -> bool:
        cancel(env, env.row(self.model, ids[0])["order_id"])
        return True
