"""From the lines of an order to its delivery, and its totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UserError
from ..store import Row
from . import reserve
from .mail import log
from .pickings import new_picking

if TYPE_CHECKING:
    from ..env import Env


def lines_of(env: Env, order: int) -> list[int]:
    return env.where("sale.order.line", "order_id", order)


def refresh_totals(env: Env, order: int) -> None:
    total = round(
        sum(
            float(env.row("sale.order.line", n).get("price_subtotal", 0.0))
            for n in lines_of(env, order)
        ),
        2,
    )
    env.compute("sale.order", order, amount_untaxed=total, amount_tax=0.0, amount_total=total)


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
    kind = first_type(env, row["warehouse_id"])
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
    log(
        env,
        "stock.picking",
        picking,
        "<p>This transfer has been created from: "
        f'<a href="#" data-oe-model="sale.order" data-oe-id="{order}">{row["name"]}</a></p>',
    )
    for line, item in goods:
        reserve.insert_move(
            env, move_values(env, picking, line, item, float(item["product_uom_qty"]))
        )
    return picking


def first_type(env: Env, warehouse: int) -> int:
    """The operation type a delivery begins with: picking in a two-step warehouse."""
    house = env.row("stock.warehouse", warehouse)
    two_steps = house.get("delivery_steps") == "pick_ship"
    return int(house["pick_type_id"] if two_steps else house["out_type_id"])


def _require_route(env: Env, partner: int, product: int) -> None:
    """Only customer locations are delivered to; raised after the order was written, as in Odoo."""
    place = env.value("res.partner", partner, "property_stock_customer")
    location = env.row("stock.location", place) if place else {}
    if location and location.get("usage") != "customer":
        raise UserError(
            f'No rule has been found to replenish "{env.display_name("product.product", product)}" '
            f'in "{location["complete_name"]}".\nVerify the routes configuration on the product.'
        )


def move_values(env: Env, picking: int, line: int, item: Row, quantity: float) -> Row:
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
        "location_final_id": env.value("res.partner", row["partner_id"], "property_stock_customer"),
        "picking_type_id": row["picking_type_id"],
        "company_id": row["company_id"],
        "partner_id": row.get("partner_id", False),
        "origin": row.get("origin", False),
        "reference": row["name"],
        "group_id": row.get("group_id", False),
        "date": env.now,
        "date_deadline": row.get("date_deadline", False),
        "price_unit": 0.0,
        "propagate_cancel": False,
        "warehouse_id": env.row("stock.picking.type", row["picking_type_id"])["warehouse_id"],
        "reservation_date": env.today,
    }
