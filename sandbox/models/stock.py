"""Warehouses, locations, operation types, moves and their detail lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..behaviour import Behaviour
from ..errors import UserError
from ..store import Row
from . import reserve

if TYPE_CHECKING:
    from ..env import Env


# fields of a detail line that say what it takes from where
TAKING = {"quantity", "package_id", "location_id"}


class Location(Behaviour):
    model = "stock.location"
    title_field = "complete_name"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"active": True, "usage": "internal", "company_id": env.company}

    def created(self, env: Env, row_id: int, given: Row) -> None:
        row = env.row(self.model, row_id)
        parent = row.get("location_id")
        above = env.row(self.model, parent) if parent else {}
        name = row["name"]
        if (above and above.get("usage") != "view") or above.get("name") == row["name"]:
            name = f"{above.get('complete_name')}/{name}"
        elif above and above.get("complete_name") not in ("Physical Locations", None):
            name = f"{above['complete_name']}/{name}"
        env.touch_silently(
            self.model, row_id, complete_name=name, warehouse_id=above.get("warehouse_id", False)
        )


class PickingType(Behaviour):
    model = "stock.picking.type"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        warehouse = row.get("warehouse_id")
        name = env.display_name("stock.warehouse", warehouse) if warehouse else ""
        return f"{name}: {row['name']}" if name else str(row["name"])


class Move(Behaviour):
    model = "stock.move"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        picking = row.get("picking_id")
        origin = env.row("stock.picking", picking).get("origin") if picking else False
        code = env.row("product.product", row["product_id"]).get("default_code")
        source = env.row("stock.location", row["location_id"])["name"]
        target = env.row("stock.location", row["location_dest_id"])["name"]
        lead = f"{origin}/" if origin else ""
        return f"{lead}{code or ''}{': ' if code else ''}{source}>{target}"

    def defaults(self, env: Env, values: Row) -> Row:
        picking = values.get("picking_id")
        row = env.row("stock.picking", picking) if picking else {}
        product = values.get("product_id")
        return {
            "name": env.display_name("product.product", product) if product else False,
            "state": "draft",
            "company_id": row.get("company_id") or env.company,
            "date": row.get("scheduled_date") or env.now,
            "product_uom": env.value("product.product", product, "uom_id") if product else 1,
            "product_uom_qty": 0.0,
            "location_id": row.get("location_id"),
            "location_dest_id": row.get("location_dest_id"),
            "picking_type_id": row.get("picking_type_id", False),
            "reference": row.get("name", False),
            "priority": "0",
            "procure_method": "make_to_stock",
            "sequence": 10,
        }

    def before_write(self, env: Env, ids: list[int], values: Row) -> Row:
        done = any(env.row(self.model, i)["state"] == "done" for i in ids)
        if done and "product_uom_qty" in values:
            raise UserError("You can not change the quantity of a move that is done.")
        return values

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        watched = {"quantity", "date", "date_deadline", "state", "picked", "product_uom_qty"}
        for i in ids:
            if "quantity" in values:
                reserve.set_quantity(env, i, float(values["quantity"]))
            elif "product_uom_qty" in values and env.row(self.model, i)["state"] != "draft":
                reserve.sum_lines(env, i)
            if "picked" in values:
                for line in reserve.lines_of(env, i):
                    env.put("stock.move.line", line, picked=values["picked"])
            if watched & set(values):
                reserve.refresh_owner(env, env.row(self.model, i))

    def compute_location_final_id(self, env: Env, row_id: int, row: Row) -> Any:
        return row.get("location_final_id") or row["location_dest_id"]

    def compute_product_tmpl_id(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row("product.product", row["product_id"])["product_tmpl_id"]

    def compute_picking_code(self, env: Env, row_id: int, row: Row) -> Any:
        kind = row.get("picking_type_id")
        return env.row("stock.picking.type", kind)["code"] if kind else False

    def compute_weight(self, env: Env, row_id: int, row: Row) -> float:
        unit = env.value("product.product", row["product_id"], "weight")
        return float(unit or 0.0) * float(row.get("product_uom_qty", 0.0))

    def compute_product_qty(self, env: Env, row_id: int, row: Row) -> Any:
        return row.get("product_uom_qty", 0.0)


class MoveLine(Behaviour):
    model = "stock.move.line"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        return env.display_name("product.product", row["product_id"])

    def defaults(self, env: Env, values: Row) -> Row:
        move = values.get("move_id")
        row = env.row("stock.move", move) if move else {}
        return {
            "picking_id": row.get("picking_id", False),
            "product_id": row.get("product_id"),
            "product_uom_id": row.get("product_uom", 1),
            "location_id": row.get("location_id"),
            "location_dest_id": row.get("location_dest_id"),
            "company_id": row.get("company_id") or env.company,
            "date": env.now,
            "state": row.get("state", "draft"),
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        reserve.hold(env, row_id, 1)
        self._sum(env, env.row(self.model, row_id).get("move_id"))

    def before_write(self, env: Env, ids: list[int], values: Row) -> Row:
        if TAKING & set(values):
            for i in ids:
                reserve.hold(env, i, -1)
        return values

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            if TAKING & set(values):
                reserve.hold(env, i, 1)
                self._sum(env, env.row(self.model, i).get("move_id"))
            move = env.row(self.model, i).get("move_id")
            if "picked" in values and move:
                env.compute("stock.move", move, picked=bool(values["picked"]))

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        for i in ids:
            reserve.hold(env, i, -1)

    def unlinked(self, env: Env, rows: list[Row]) -> None:
        for row in rows:
            self._sum(env, row.get("move_id"))

    def _sum(self, env: Env, move: Any) -> None:
        if move and env.get("stock.move", move) is not None:
            reserve.sum_lines(env, move)
            reserve.refresh_owner(env, env.row("stock.move", move))

    def compute_lots_visible(self, env: Env, row_id: int, row: Row) -> bool:
        return False


class Group(Behaviour):
    model = "procurement.group"


class Carrier(Behaviour):
    model = "delivery.carrier"

    def compute_currency_id(self, env: Env, row_id: int, row: Row) -> int:
        return 1
