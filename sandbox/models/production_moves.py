"""The moves and work orders of a production: made with it, moved and cancelled with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..store import Row
from . import reserve
from .production_state import CLOSED, MODEL, finished_of, raw_of, workorders_of
from .workorders import insert_workorder

if TYPE_CHECKING:
    from ..env import Env


def production_place(env: Env, company: Any) -> int:
    """The virtual location that components disappear into and products come from."""
    for place, row in env.rows("stock.location"):
        if row.get("usage") == "production" and row.get("company_id") == company:
            return place
    raise UserError("There is no production location in this company.")


def follow_dates(env: Env, production: int, start: bool) -> None:
    row = env.row(MODEL, production)
    for move in raw_of(env, production) if start else ():
        if env.row("stock.move", move)["state"] not in CLOSED:
            at = row["date_start"]
            env.put("stock.move", move, date=at, date_deadline=at)
    for move in finished_of(env, production):
        if env.row("stock.move", move)["state"] not in CLOSED:
            env.put("stock.move", move, date=row["date_finished"])


def _values(env: Env, production: int) -> Row:
    row = env.row(MODEL, production)
    return {
        "name": row["name"],
        "reference": row["name"],
        "origin": row["name"],
        "state": "draft",
        "company_id": row["company_id"],
        "picking_type_id": row["picking_type_id"],
        "warehouse_id": env.row("stock.picking.type", row["picking_type_id"])["warehouse_id"],
        "picking_id": False,
    }


def insert_raw(env: Env, production: int, product: int, quantity: float, values: Row) -> int:
    row = env.row(MODEL, production)
    return reserve.insert_move(
        env,
        {
            **_values(env, production),
            "raw_material_production_id": production,
            "product_id": product,
            "product_uom": env.value("product.product", product, "uom_id"),
            "product_uom_qty": quantity,
            "location_id": row["location_src_id"],
            "location_dest_id": production_place(env, row["company_id"]),
            "date": row["date_start"],
            "date_deadline": row["date_start"],
            **values,
        },
    )


def insert_finished(env: Env, production: int) -> int:
    row = env.row(MODEL, production)
    return reserve.insert_move(
        env,
        {
            **_values(env, production),
            "production_id": production,
            "product_id": row["product_id"],
            "product_uom": row["product_uom_id"],
            "product_uom_qty": float(row["product_qty"]),
            "unit_factor": 1.0,
            "location_id": production_place(env, row["company_id"]),
            "location_dest_id": row["location_dest_id"],
            "date": row["date_finished"],
            "date_deadline": False,
        },
    )


def insert_workorders(env: Env, production: int, factor: float) -> None:
    bom = env.row(MODEL, production)["bom_id"]
    for operation in env.where("mrp.routing.workcenter", "bom_id", bom):
        insert_workorder(env, production, operation, factor)


def cancel(env: Env, production: int) -> None:
    """Cancel the production, its open moves and its work orders."""
    for move in (*raw_of(env, production), *finished_of(env, production)):
        if env.row("stock.move", move)["state"] not in CLOSED:
            reserve.cancel_move(env, move)
    for order in workorders_of(env, production):
        if env.row("mrp.workorder", order)["state"] not in CLOSED:
            env.put("mrp.workorder", order, state="cancel")
    env.put(MODEL, production, state="cancel", reservation_state=False)
