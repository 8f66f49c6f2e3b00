"""Warehouses with their places and operation types, in one or two delivery steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..behaviour import Behaviour
from ..errors import UserError, ValidationError
from ..store import Row

if TYPE_CHECKING:
    from ..env import Env

PHYSICAL, VENDORS, CUSTOMERS = 1, 4, 5


class Warehouse(Behaviour):
    model = "stock.warehouse"

    def defaults(self, env: Env, values: Row) -> Row:
        company = values.get("company_id") or env.company
        return {
            "active": True,
            "company_id": company,
            "partner_id": env.row("res.company", company)["partner_id"],
            "reception_steps": "one_step",
            "delivery_steps": "ship_only",
            "sequence": 10,
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        row = env.row(self.model, row_id)
        same = env.where(self.model, "code", row["code"])
        if any(
            env.row(self.model, i)["company_id"] == row["company_id"] for i in same if i != row_id
        ):
            raise ValidationError(
                "The operation cannot be completed: The short name of the warehouse must be "
                "unique per company!"
            )
        view = _place(env, row_id, row["code"], "view", PHYSICAL)
        stock = _place(env, row_id, "Stock", "internal", view)
        output = _place(env, row_id, "Output", "internal", view)
        receipts = _type(env, row_id, "Receipts", "incoming", "IN", VENDORS, stock)
        shipping = _type(env, row_id, "Delivery Orders", "outgoing", "OUT", stock, CUSTOMERS)
        picks = _type(env, row_id, "Pick", "internal", "PICK", stock, output)
        moves = _type(env, row_id, "Internal Transfers", "internal", "INT", stock, stock)
        makes = _type(env, row_id, "Manufacturing", "mrp_operation", "MO", stock, stock)
        env.touch_silently("stock.picking.type", receipts, return_picking_type_id=shipping)
        env.touch_silently("stock.picking.type", shipping, return_picking_type_id=receipts)
        env.touch_silently(
            self.model,
            row_id,
            view_location_id=view,
            lot_stock_id=stock,
            wh_output_stock_loc_id=output,
            in_type_id=receipts,
            out_type_id=shipping,
            pick_type_id=picks,
            int_type_id=moves,
            manu_type_id=makes,
        )
        self._arrange(env, row_id)

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        if "delivery_steps" in values:
            for i in ids:
                self._arrange(env, i)

    def _arrange(self, env: Env, row_id: int) -> None:
        """Deliveries leave from the shelf, or from the output place after they were picked."""
        row = env.row(self.model, row_id)
        two_steps = row["delivery_steps"] == "pick_ship"
        output = row["wh_output_stock_loc_id"]
        if not two_steps and _holds_goods(env, output):
            raise UserError(
                f"You can't disable locations {env.display_name('stock.location', output)} "
                "because they still contain products."
            )
        source = output if two_steps else row["lot_stock_id"]
        env.compute("stock.location", output, active=two_steps)
        env.compute("stock.picking.type", row["pick_type_id"], active=two_steps)
        env.compute("stock.picking.type", row["out_type_id"], default_location_src_id=source)


def _holds_goods(env: Env, place: int) -> bool:
    found = [env.row("stock.quant", q) for q in env.where("stock.quant", "location_id", place)]
    return any(float(r.get("quantity", 0.0)) for r in found)


def _place(env: Env, warehouse: int, name: str, usage: str, above: Any) -> int:
    parent = env.row("stock.location", above)
    outside = parent.get("complete_name") == "Physical Locations"
    return env.insert(
        "stock.location",
        {
            "name": name,
            "complete_name": name if outside else f"{parent['complete_name']}/{name}",
            "usage": usage,
            "location_id": above,
            "company_id": env.row("stock.warehouse", warehouse)["company_id"],
            "warehouse_id": warehouse,
            "active": True,
        },
    )


def _type(
    env: Env, warehouse: int, name: str, code: str, letters: str, source: int, target: int
) -> int:
    return env.insert(
        "stock.picking.type",
        {
            "name": name,
            "code": code,
            "sequence_code": letters,
            "warehouse_id": warehouse,
            "company_id": env.row("stock.warehouse", warehouse)["company_id"],
            "default_location_src_id": source,
            "default_location_dest_id": target,
            "active": True,
            "reservation_method": "at_confirm",
            "create_backorder": "ask",
            "move_type": "direct",
            "sequence": warehouse * 10,
            "return_picking_type_id": False,
        },
    )
