"""Stock per product and location, its inventory adjustments, and how much may be reserved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..behaviour import NO_RESULT, Behaviour
from ..errors import AccessError
from ..store import Row

if TYPE_CHECKING:
    from ..env import Env


def quants_of(env: Env, product: int, location: int) -> list[int]:
    return [
        q
        for q in env.where("stock.quant", "product_id", product)
        if env.row("stock.quant", q)["location_id"] == location
    ]


def free(env: Env, product: int, location: int) -> float:
    """Quantity of the product at the location that nothing has reserved."""
    rows = [env.row("stock.quant", q) for q in quants_of(env, product, location)]
    return sum(float(r.get("quantity", 0.0)) - float(r.get("reserved_quantity", 0.0)) for r in rows)


def change(
    env: Env,
    product: int,
    location: int,
    *,
    quantity: float = 0.0,
    reserved: float = 0.0,
    package: Any = False,
) -> None:
    """Add to quantity and reserved quantity; makes the row if there is none.

    What leaves a package altogether leaves no row behind, as the package is somewhere else then.
    """
    found = [
        q
        for q in quants_of(env, product, location)
        if (env.row("stock.quant", q).get("package_id") or False) == (package or False)
    ]
    if not found:
        company = env.row("stock.location", location).get("company_id") or False
        env.insert(
            "stock.quant",
            {
                "product_id": product,
                "location_id": location,
                "package_id": package or False,
                "company_id": company,
                "quantity": quantity,
                "reserved_quantity": reserved,
                "in_date": env.now,
            },
        )
        return
    row = env.row("stock.quant", found[0])
    left = round(float(row.get("quantity", 0.0)) + quantity, 2)
    held = round(max(float(row.get("reserved_quantity", 0.0)) + reserved, 0.0), 2)
    if package and not left and not held:
        env.delete("stock.quant", found[0])
    else:
        env.put("stock.quant", found[0], quantity=left, reserved_quantity=held)


class Quant(Behaviour):
    model = "stock.quant"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        return env.display_name("stock.location", row["location_id"])

    def defaults(self, env: Env, values: Row) -> Row:
        location = values.get("location_id")
        company = env.row("stock.location", location).get("company_id") if location else False
        return {
            "company_id": company or False,
            "in_date": env.now,
            "quantity": 0.0,
            "reserved_quantity": 0.0,
            "inventory_date": env.today,
            "package_id": False,
        }

    def compute_available_quantity(self, env: Env, row_id: int, row: Row) -> float:
        return float(row.get("quantity", 0.0)) - float(row.get("reserved_quantity", 0.0))

    def compute_inventory_diff_quantity(self, env: Env, row_id: int, row: Row) -> float:
        return float(row.get("inventory_quantity", 0.0)) - float(row.get("quantity", 0.0))

    def compute_product_tmpl_id(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row("product.product", row["product_id"])["product_tmpl_id"]

    def compute_product_uom_id(self, env: Env, row_id: int, row: Row) -> Any:
        return env.value("product.product", row["product_id"], "uom_id")

    def compute_warehouse_id(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row("stock.location", row["location_id"]).get("warehouse_id", False)

    def instead(self, env: Env, values: Row) -> int | None:
        """In inventory mode the row of the same product and place is counted again."""
        if not env.context.get("inventory_mode") or "inventory_quantity" not in values:
            return None
        twins = quants_of(env, values["product_id"], values["location_id"])
        if not twins:
            return None
        env.put(self.model, twins[0], inventory_quantity=float(values["inventory_quantity"]))
        return twins[0]

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        raise AccessError(
            "You are not allowed to delete 'Quants' (stock.quant) records.\n\nNo group currently "
            "allows this operation.\n\nContact your administrator to request access if necessary."
        )

    def rpc_action_apply_inventory(self, env: Env, ids: list[int]) -> Any:
        """Set the counted quantity. The second call: harmless on 18.0, empties the stock on 19.0."""
        for i in ids:
            row = env.row(self.model, i)
            if "inventory_quantity" not in row and not env.dialect.is_19:
                continue
            counted = row.get("inventory_quantity", 0.0)
            cleared = {k: v for k, v in row.items() if k != "inventory_quantity"}
            env.changes.setdefault(self.model, {})[i] = cleared
            env.put(self.model, i, quantity=float(counted), inventory_date=env.today)
            difference = float(counted) - float(row.get("quantity", 0.0))
            self._book(env, row, difference)
            if env.dialect.is_19:
                self._reserve_waiting(env, row["product_id"])
        return NO_RESULT

    def _book(self, env: Env, row: Row, difference: float) -> None:
        """The other side of an adjustment: the company's inventory loss location."""
        for location, place in env.rows("stock.location"):
            if place.get("usage") == "inventory" and place.get("company_id") == row["company_id"]:
                change(env, row["product_id"], location, quantity=-difference)
                return

    def _reserve_waiting(self, env: Env, product: int) -> None:
        from . import reserve

        waiting = [
            m
            for m in env.where("stock.move", "product_id", product)
            if env.row("stock.move", m)["state"] in ("confirmed", "partially_available")
        ]
        reserve.assign_moves(env, waiting)
