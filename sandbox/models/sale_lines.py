"""Lines of sale orders: prices, and what a change of a confirmed line does to its delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..behaviour import Behaviour
from ..store import Row
from . import reserve
from .delivery import delivered
from .fulfil import deliver, first_type, move_values, refresh_totals

if TYPE_CHECKING:
    from ..env import Env


class Line(Behaviour):
    model = "sale.order.line"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        order = env.row("sale.order", row["order_id"])["name"]
        text = str(row.get("name") or "").splitlines()
        partner = env.row("sale.order", row["order_id"]).get("partner_id")
        known = env.row("res.partner", partner) if partner else {}
        shown = known.get("ref") or (env.display_name("res.partner", partner) if partner else "")
        customer = f" ({shown})" if shown else ""
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
            if (r := env.row("stock.picking", p))["state"] not in ("done", "cancel")
            and r["picking_type_id"]
            == first_type(env, env.row("sale.order", order)["warehouse_id"])
            and not r.get("return_id")
        ]
        if opened:
            picking = opened[0]
            reserve.insert_move(env, move_values(env, picking, line, item, quantity))
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
        moves = [
            (m, env.row("stock.move", m)) for m in env.where("stock.move", "sale_line_id", line)
        ]
        alive = [(m, r) for m, r in moves if r["state"] not in ("done", "cancel")]
        moves = [(m, r) for m, r in moves if not r.get("move_orig_ids")]
        alive = [(m, r) for m, r in alive if not r.get("move_orig_ids")]
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
