"""The wizards that make invoices from orders and credit notes from invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import orm
from ..behaviour import Behaviour
from ..errors import UserError
from ..store import Row
from .entries import lines_of
from .invoice_status import refresh_invoice_status

if TYPE_CHECKING:
    from ..env import Env

NOTHING = (
    "Cannot create an invoice. No items are available to invoice.\n\n"
    "To resolve this issue, please ensure that:\n"
    "   • The products have been delivered before attempting to invoice them.\n"
    "   • The invoicing policy of the product is configured correctly.\n\n"
    "If you want to invoice based on ordered quantities instead:\n"
    "   • For consumable or storable products, open the product, go to the 'General Information' "
    "tab and change the 'Invoicing Policy' from 'Delivered Quantities' to 'Ordered Quantities'.\n"
    "   • For services (and other products), change the 'Invoicing Policy' to "
    "'Prepaid/Fixed Price'.\n"
)


class InvoiceWizard(Behaviour):
    model = "sale.advance.payment.inv"

    def defaults(self, env: Env, values: Row) -> Row:
        active = env.context.get("active_ids") or []
        orders = active if env.context.get("active_model") == "sale.order" else []
        return {
            "advance_payment_method": "delivered",
            "sale_order_ids": [[6, 0, orders]],
            "consolidated_billing": True,
        }

    def rpc_create_invoices(self, env: Env, ids: list[int]) -> Row:
        orders = env.row(self.model, ids[0]).get("sale_order_ids", [])
        made = [self._invoice(env, order) for order in orders]
        if not any(made):
            raise UserError(NOTHING)
        invoices = [m for m in made if m]
        order = env.row("sale.order", orders[0])
        action: Row = {
            "id": 263,
            "name": "Invoices",
            "type": "ir.actions.act_window",
            "xml_id": "account.action_move_out_invoice_type",
            "display_name": "Invoices",
            "domain": "[('move_type', 'in', ['out_invoice', 'out_refund'])]",
            "context": {
                "default_move_type": "out_invoice",
                "default_partner_id": order["partner_id"],
                "default_partner_shipping_id": order["partner_shipping_id"],
                "default_invoice_origin": order["name"],
            },
            "res_model": "account.move",
            "target": "current",
            "view_mode": "list,kanban,form,activity",
            "res_id": invoices[0],
        }
        if len(invoices) > 1:
            action["res_id"] = 0
            action["domain"] = f"[('id', 'in', {invoices})]"
        return action

    def _invoice(self, env: Env, order: int) -> int:
        row = env.row("sale.order", order)
        due = [
            (n, r)
            for n in env.where("sale.order.line", "order_id", order)
            if float((r := env.row("sale.order.line", n)).get("qty_to_invoice", 0.0)) > 0
        ]
        if not due:
            return 0
        lines = [
            [
                0,
                0,
                {
                    "product_id": r["product_id"],
                    "name": r.get("name"),
                    "quantity": r["qty_to_invoice"],
                    "price_unit": r["price_unit"],
                    "discount": r.get("discount", 0.0),
                    "sale_line_ids": [[6, 0, [n]]],
                    "sequence": r.get("sequence", 10),
                },
            ]
            for n, r in due
        ]
        move = orm.create_one(
            env,
            "account.move",
            {
                "move_type": "out_invoice",
                "partner_id": row["partner_invoice_id"],
                "partner_shipping_id": row["partner_shipping_id"],
                "invoice_origin": row["name"],
                "ref": row.get("client_order_ref") or "",
                "company_id": row["company_id"],
                "invoice_line_ids": lines,
            },
        )
        for item in lines_of(env, move):
            for sold in env.row("account.move.line", item).get("sale_line_ids", []):
                known = env.row("sale.order.line", sold).get("invoice_lines", [])
                env.put("sale.order.line", sold, invoice_lines=[*known, item])
        refresh_invoice_status(env, order)
        return move
