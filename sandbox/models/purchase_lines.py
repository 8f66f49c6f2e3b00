"""Lines of purchase orders: prices, dates, and what a change of a confirmed line does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..behaviour import Behaviour
from ..errors import UserError
from ..store import Row
from . import reserve
from .purchase import follow_dates, refresh_totals
from .receiving import CLOSED, CONFIRMED, LINE, ORDER, bill_lines, receive, refresh_order, send_back

if TYPE_CHECKING:
    from ..env import Env


class PurchaseLine(Behaviour):
    model = LINE

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        return str(row.get("name") or "")

    def defaults(self, env: Env, values: Row) -> Row:
        product = values.get("product_id")
        order = env.row(ORDER, values["order_id"]) if values.get("order_id") else {}
        unit = "product_uom_id" if env.dialect.is_19 else "product_uom"
        given: Row = {
            "sequence": 10,
            "product_qty": 1.0,
            "price_unit": 0.0,
            "date_planned": env.now,
            "state": order.get("state", "draft"),
            "company_id": order.get("company_id", env.company),
            "currency_id": 1,
            "partner_id": order.get("partner_id", False),
            "propagate_cancel": True,
            "display_type": False,
        }
        if product:
            goods = env.value("product.product", product, "type") == "consu"
            given |= {
                "name": env.display_name("product.product", product),
                "price_unit": float(env.value("product.product", product, "standard_price")),
                unit: env.value("product.product", product, "uom_id"),
                "qty_received_method": "stock_moves" if goods else "manual",
            }
        return given

    def created(self, env: Env, row_id: int, given: Row) -> None:
        self._price(env, row_id)
        order = env.row(self.model, row_id)["order_id"]
        refresh_totals(env, order)
        if env.row(ORDER, order)["state"] in CONFIRMED:
            follow_dates(env, order)
            receive(env, order, [(row_id, float(env.row(self.model, row_id)["product_qty"]))])
            refresh_order(env, order)

    def before_write(self, env: Env, ids: list[int], values: Row) -> Row:
        """A new quantity of a confirmed line plans it anew: from the order date, as for a new line."""
        if "product_qty" in values and "date_planned" not in values:
            row = env.row(self.model, ids[0])
            if env.row(ORDER, row["order_id"])["state"] in CONFIRMED:
                return {**values, "date_planned": env.row(ORDER, row["order_id"])["date_order"]}
        return values

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            self._price(env, i)
            order = env.row(self.model, i)["order_id"]
            refresh_totals(env, order)
            if {"date_planned", "product_qty"} & set(values):
                follow_dates(env, order)
            if "date_planned" in values:
                self._promise(env, i)
            if "product_qty" in values and env.row(ORDER, order)["state"] in CONFIRMED:
                self._requantify(env, order, i)
            refresh_order(env, order)

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        for i in ids:
            state = env.row(ORDER, env.row(self.model, i)["order_id"])["state"]
            if state in CONFIRMED:
                shown = dict(env.field(ORDER, "state").selection)[state]
                raise UserError(f"Cannot delete a purchase order line which is in state “{shown}”.")

    def _price(self, env: Env, line: int) -> None:
        row = env.row(self.model, line)
        price = float(row.get("price_unit", 0.0)) * (1 - float(row.get("discount", 0.0)) / 100)
        total = round(price * float(row["product_qty"]), 2)
        env.compute(
            self.model,
            line,
            price_subtotal=total,
            price_total=total,
            price_tax=0.0,
            product_uom_qty=float(row["product_qty"]),
        )

    def _promise(self, env: Env, line: int) -> None:
        """The date of the line is the deadline of what is still to come; the plan stays as it is."""
        promised = env.row(self.model, line)["date_planned"]
        for move in env.where("stock.move", "purchase_line_id", line):
            row = env.row("stock.move", move)
            if row["state"] not in CLOSED:
                env.put("stock.move", move, date_deadline=promised)
                reserve.refresh_owner(env, env.row("stock.move", move))

    def _requantify(self, env: Env, order: int, line: int) -> None:
        """More is a further move; less shrinks what was ordered for the same date, or goes back."""
        row = env.row(self.model, line)
        moves = [
            (m, env.row("stock.move", m)) for m in env.where("stock.move", "purchase_line_id", line)
        ]
        planned = sum(
            float(r["product_uom_qty"]) * (-1 if _goes_back(env, r) else 1)
            for _, r in moves
            if r["state"] != "cancel" and not r.get("origin_returned_move_id")
        )
        difference = round(float(row["product_qty"]) - planned, 2)
        if difference > 0:
            receive(env, order, [(line, difference)])
            return
        for move, found in reversed(moves):
            if found["state"] in CLOSED or _goes_back(env, found) or difference >= 0:
                continue
            if found["date"][:10] == row["date_planned"][:10]:
                less = min(-difference, float(found["product_uom_qty"]))
                _shrink(env, move, less)
                difference = round(difference + less, 2)
        if difference < 0:
            send_back(env, order, line, -difference)

    def compute_invoice_lines(self, env: Env, row_id: int, row: Row) -> list[int]:
        return bill_lines(env, row_id)

    def compute_date_order(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row(ORDER, row["order_id"]).get("date_order", False)

    def compute_date_approve(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row(ORDER, row["order_id"]).get("date_approve", False)


def _goes_back(env: Env, move: Row) -> bool:
    return bool(env.row("stock.location", move["location_dest_id"])["usage"] == "supplier")


def _shrink(env: Env, move: int, less: float) -> None:
    left = round(float(env.row("stock.move", move)["product_uom_qty"]) - less, 2)
    env.put("stock.move", move, product_uom_qty=left)
    if left:
        reserve.set_quantity(env, move, left)
    else:
        reserve.cancel_move(env, move)
    reserve.refresh_owner(env, env.row("stock.move", move))
