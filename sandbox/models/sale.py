"""Sale orders: confirm (makes and reserves the delivery), cancel, lock, totals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..behaviour import NO_RESULT, Behaviour
from ..errors import UserError
from ..store import Row
from . import reserve
from .delivery import delivered
from .invoice_status import refresh_invoice_status
from .mail import Thread, log, reference
from .pickings import cancel_picking, new_picking

if TYPE_CHECKING:
    from ..env import Env


def lines_of(env: Env, order: int) -> list[int]:
    return env.where("sale.order.line", "order_id", order)


class Order(Thread):
    model = "sale.order"

    def defaults(self, env: Env, values: Row) -> Row:
        partner = values.get("partner_id")
        company = values.get("company_id") or env.company
        house = env.where("stock.warehouse", "company_id", company)
        valid = datetime.strptime(env.today, "%Y-%m-%d") + timedelta(days=30)
        return {
            "state": "draft",
            "name": f"S{env.store.next_value('number:sale.order'):05d}" if partner else False,
            "company_id": company,
            "date_order": env.now,
            "validity_date": valid.strftime("%Y-%m-%d"),
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
            "require_payment": False,
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
                raise UserError("You can not delete a sent quotation or a confirmed sales order. "
                                "You must first cancel it.")
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
            env.put(self.model, i, state="sale", date_order=env.now,
                    invoice_status="to invoice" if invoiceable else "no")
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
                "default_email_layout_xmlid":
                    "mail.mail_notification_layout_with_responsible_signature",
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

    def compute_access_url(self, env: Env, row_id: int, row: Row) -> str:
        return f"/my/orders/{row_id}"


def refresh_totals(env: Env, order: int) -> None:
    total = round(
        sum(float(env.row("sale.order.line", n).get("price_subtotal", 0.0))
            for n in lines_of(env, order)), 2)
    env.compute("sale.order", order, amount_untaxed=total, amount_tax=0.0, amount_total=total)


def cancel(env: Env, order: int) -> None:
    """Cancel the order, its open transfers and its draft invoices."""
    for picking in env.where("stock.picking", "sale_id", order):
        if env.row("stock.picking", picking)["state"] not in ("done", "cancel"):
            cancel_picking(env, picking)
    env.put("sale.order", order, state="cancel")
    delivered(env, order)


def deliver(env: Env, order: int, lines: list[int]) -> int:
    """A delivery with one move per goods line that has none open; its id, 0 if none is needed."""
    row = env.row("sale.order", order)
    goods = [(n, env.row("sale.order.line", n)) for n in lines]
    goods = [
        (n, r)
        for n, r in goods
        if r.get("product_id")
        and env.value("product.product", r["product_id"], "type") == "consu"
        and float(r["product_uom_qty"]) > 0
    ]
    if not goods or not row.get("warehouse_id"):
        return 0
    _require_route(env, row["partner_shipping_id"], goods[0][1]["product_id"])
    kind = env.row("stock.warehouse", row["warehouse_id"])["out_type_id"]
    values: Row = {
        "picking_type_id": kind,
        "partner_id": row["partner_shipping_id"],
        "origin": row["name"],
        "sale_id": order,
        "move_type": row.get("picking_policy", "direct"),
        "carrier_id": row.get("carrier_id", False),
        "date_deadline": row.get("commitment_date") or row["date_order"],
    }
    if "procurement.group" in env.registry.models:
        group = row.get("procurement_group_id") or env.insert(
            "procurement.group", {"name": row["name"], "partner_id": row["partner_shipping_id"]}
        )
        env.touch_silently("sale.order", order, procurement_group_id=group)
        values["group_id"] = group
    picking = new_picking(env, values)
    log(env, "stock.picking", picking, "<p>This transfer has been created from: "
        f'<a href="#" data-oe-model="sale.order" data-oe-id="{order}">{row["name"]}</a></p>')
    for line, item in goods:
        reserve.insert_move(env, _move_values(env, picking, line, item, float(item["product_uom_qty"])))
    return picking


def _require_route(env: Env, partner: int, product: int) -> None:
    """Only customer locations are delivered to; raised after the order was written, as in Odoo."""
    place = env.value("res.partner", partner, "property_stock_customer")
    location = env.row("stock.location", place) if place else {}
    if location and location.get("usage") != "customer":
        raise UserError(
            f'No rule has been found to replenish "{env.display_name("product.product", product)}" '
            f'in "{location["complete_name"]}".\nVerify the routes configuration on the product.'
        )


def _move_values(env: Env, picking: int, line: int, item: Row, quantity: float) -> Row:
    row = env.row("stock.picking", picking)
    return {
        "name": env.display_name("product.product", item["product_id"]),
        "picking_id": picking,
        "product_id": item["product_id"],
        "product_uom_qty": quantity,
        "product_uom": item.get("product_uom", item.get("product_uom_id", 1)),
        "sale_line_id": line,
        "location_id": row["location_id"],
        "location_dest_id": row["location_dest_id"],
        "picking_type_id": row["picking_type_id"],
        "company_id": row["company_id"],
        "partner_id": row.get("partner_id", False),
        "origin": row.get("origin", False),
        "reference": row["name"],
        "group_id": row.get("group_id", False),
        "date": env.now,
        "date_deadline": row.get("date_deadline", False),
        "price_unit": 0.0,
    }


class Line(Behaviour):
    model = "sale.order.line"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        order = env.row("sale.order", row["order_id"])["name"]
        text = str(row.get("name") or "").splitlines()
        partner = env.row("sale.order", row["order_id"]).get("partner_id")
        customer = f" ({env.display_name('res.partner', partner)})" if partner else ""
        return f"{order} - {text[0] if text else ''}{customer}"

    def defaults(self, env: Env, values: Row) -> Row:
        product = values.get("product_id")
        order = env.row("sale.order", values["order_id"]) if values.get("order_id") else {}
        unit = "product_uom_id" if env.dialect.is_19 else "product_uom"
        given: Row = {
            "sequence": 10,
            "product_uom_qty": 1.0,
            "state": order.get("state", "draft"),
            "company_id": order.get("company_id", env.company),
            "currency_id": 1,
            "order_partner_id": order.get("partner_id", False),
            "salesman_id": order.get("user_id", False),
            "customer_lead": 0.0,
            "price_unit": 0.0,
            "invoice_status": "no",
        }
        if product:
            given |= {
                "name": env.display_name("product.product", product),
                "price_unit": float(env.value("product.product", product, "lst_price")),
                unit: env.value("product.product", product, "uom_id"),
                "qty_delivered_method": "stock_move"
                if env.value("product.product", product, "type") == "consu"
                else "manual",
            }
        return given

    def created(self, env: Env, row_id: int, given: Row) -> None:
        self._price(env, row_id)
        order = env.row(self.model, row_id)["order_id"]
        refresh_totals(env, order)
        if env.row("sale.order", order)["state"] == "sale":
            self._follow_new(env, order, row_id)

    def _follow_new(self, env: Env, order: int, line: int) -> None:
        """A line added to a confirmed order joins its open delivery or gets a new one."""
        item = env.row(self.model, line)
        self.follow(env, order, line, item, float(item["product_uom_qty"]))
        delivered(env, order)

    def follow(self, env: Env, order: int, line: int, item: Row, quantity: float) -> None:
        if env.value("product.product", item["product_id"], "type") != "consu" or quantity <= 0:
            return
        opened = [
            p
            for p in env.where("stock.picking", "sale_id", order)
            if env.row("stock.picking", p)["state"] not in ("done", "cancel")
            and not env.row("stock.picking", p).get("return_id")
        ]
        if opened:
            picking = opened[0]
            reserve.insert_move(env, _move_values(env, picking, line, item, quantity))
        else:
            picking = deliver(env, order, [line])
        if picking:
            reserve.assign(env, picking)

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            self._price(env, i)
            row = env.row(self.model, i)
            order = row["order_id"]
            refresh_totals(env, order)
            if "product_uom_qty" in values and env.row("sale.order", order)["state"] == "sale":
                self._requantify(env, order, i, row)
                delivered(env, order)

    def _requantify(self, env: Env, order: int, line: int, row: Row) -> None:
        """A changed quantity of a confirmed line changes its open move, or makes one."""
        moves = [(m, env.row("stock.move", m)) for m in env.where("stock.move", "sale_line_id", line)]
        alive = [(m, r) for m, r in moves if r["state"] not in ("done", "cancel")]
        planned = sum(float(r["product_uom_qty"]) for _, r in moves if r["state"] != "cancel")
        difference = float(row["product_uom_qty"]) - planned
        if not difference:
            return
        if not alive:
            self.follow(env, order, line, row, difference)
            return
        move, old = alive[0]
        demand = float(old["product_uom_qty"]) + difference
        env.put("stock.move", move, product_uom_qty=max(demand, 0.0))
        reserve.set_quantity(env, move, min(float(old.get("quantity", 0.0)), max(demand, 0.0)))
        reserve.assign(env, old["picking_id"])

    def _price(self, env: Env, line: int) -> None:
        row = env.row(self.model, line)
        price = float(row.get("price_unit", 0.0)) * (1 - float(row.get("discount", 0.0)) / 100)
        total = round(price * float(row["product_uom_qty"]), 2)
        env.compute(self.model, line, price_subtotal=total, price_total=total, price_tax=0.0)

    def compute_product_template_id(self, env: Env, row_id: int, row: Row) -> Any:
        product = row.get("product_id")
        return env.row("product.product", product)["product_tmpl_id"] if product else False

    def compute_qty_to_deliver(self, env: Env, row_id: int, row: Row) -> float:
        return float(row["product_uom_qty"]) - float(row.get("qty_delivered", 0.0))


class CancelWizard(Behaviour):
    model = "sale.order.cancel"

    def rpc_action_cancel(self, env: Env, ids: list[int]) -> bool:
        cancel(env, env.row(self.model, ids[0])["order_id"])
        return True


