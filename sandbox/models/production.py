"""Manufacturing orders: components, confirmation, dates, cancelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..automation import announce_again
from ..behaviour import Behaviour
from ..errors import UserError
from ..store import Row
from . import forecast, reserve
from .mail import Thread, log
from .production_moves import (
    cancel,
    follow_dates,
    insert_finished,
    insert_raw,
    insert_workorders,
    production_place,
)
from .production_state import (
    CLOSED,
    MODEL,
    finished_of,
    later,
    minutes_of,
    raw_of,
    refresh_production,
    workorders_of,
)
from .workorders import minutes_for

if TYPE_CHECKING:
    from ..env import Env

DONE_19 = "You cannot cancel a manufacturing order that is already done."


class Bom(Behaviour):
    model = "mrp.bom"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        code = row.get("code")
        name = env.display_name("product.template", row["product_tmpl_id"])
        return f"{code}: {name}" if code else name

    def defaults(self, env: Env, values: Row) -> Row:
        return {
            "active": True,
            "type": "normal",
            "product_qty": 1.0,
            "product_uom_id": 1,
            "consumption": "warning",
            "ready_to_produce": "all_available",
            "company_id": env.company,
        }


class BomLine(Behaviour):
    model = "mrp.bom.line"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        return env.display_name("product.product", row["product_id"])

    def defaults(self, env: Env, values: Row) -> Row:
        return {"product_qty": 1.0, "product_uom_id": 1, "sequence": 1}


class Production(Thread):
    model = MODEL

    def defaults(self, env: Env, values: Row) -> Row:
        product = values.get("product_id")
        kind_id = values.get("picking_type_id") or _type(env, values.get("company_id"))
        kind = env.row("stock.picking.type", kind_id)
        bom = values.get("bom_id") or (_bom_of(env, product) if product else False)
        prefix = f"{env.row('stock.warehouse', kind['warehouse_id'])['code']}/MO/"
        return {
            "name": f"{prefix}{env.store.next_value('number:' + prefix):05d}" if product else False,
            "state": "draft",
            "product_qty": float(env.row("mrp.bom", bom)["product_qty"]) if bom else 1.0,
            "product_uom_id": env.value("product.product", product, "uom_id") if product else 1,
            "bom_id": bom,
            "picking_type_id": kind_id,
            "location_src_id": kind["default_location_src_id"],
            "location_dest_id": kind["default_location_dest_id"],
            "company_id": kind["company_id"],
            "user_id": env.uid,
            "date_start": env.now,
            "priority": "0",
            "consumption": "flexible",
            "qty_producing": 0.0,
            "is_locked": True,
            "backorder_sequence": 0,
            "reservation_state": False,
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        row = env.row(self.model, row_id)
        if row.get("bom_id") and not given.get("move_raw_ids"):
            bom = env.row("mrp.bom", row["bom_id"])
            factor = float(row["product_qty"]) / (float(bom["product_qty"]) or 1.0)
            insert_workorders(env, row_id, factor)
            for line in env.where("mrp.bom.line", "bom_id", row["bom_id"]):
                part = env.row("mrp.bom.line", line)
                values = {"bom_line_id": line, "unit_factor": float(part["product_qty"])}
                quantity = round(float(part["product_qty"]) * factor, 2)
                insert_raw(env, row_id, part["product_id"], quantity, values)
        env.touch_silently(self.model, row_id, **_planned(env, row_id, given))
        insert_finished(env, row_id)
        announce_again(env, self.model, row_id)
        log(env, self.model, row_id, "<p>Manufacturing Order created</p>")

    def before_write(self, env: Env, ids: list[int], values: Row) -> Row:
        if "date_start" in values and any(env.row(self.model, i)["state"] in CLOSED for i in ids):
            raise UserError("You cannot move a manufacturing order once it is cancelled or done.")
        return values

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            row = env.row(self.model, i)
            if "product_qty" in values:
                for order in workorders_of(env, i):
                    minutes = minutes_for(env, order, float(row["product_qty"]))
                    env.compute("mrp.workorder", order, duration_expected=minutes)
            # a start wins over an end written with it
            if {"date_start", "product_qty"} & set(values):
                env.compute(
                    self.model, i, date_finished=later(row["date_start"], minutes_of(env, i))
                )
            if {"date_start", "date_finished"} & set(values):
                follow_dates(env, i, "date_start" in values)
            refresh_production(env, i)

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        if any(env.row(self.model, i)["state"] == "done" for i in ids):
            refusal = "Cannot delete a manufacturing order in done state."
            raise UserError(DONE_19 if env.dialect.is_19 else refusal)
        for i in ids:
            cancel(env, i)
            for move in (*raw_of(env, i), *finished_of(env, i)):
                env.delete("stock.move", move)
            for order in workorders_of(env, i):
                env.delete("mrp.workorder", order)

    # --- buttons -------------------------------------------------------------------------------
    def rpc_action_confirm(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            row = env.row(self.model, i)
            if row["state"] != "draft":
                continue
            bom = row.get("bom_id")
            kept = env.row("mrp.bom", bom)["consumption"] if bom else "flexible"
            env.put(self.model, i, state="confirmed", consumption=kept)
            for move in (*raw_of(env, i), *finished_of(env, i)):
                env.put("stock.move", move, state="confirmed")
            for move in finished_of(env, i):
                reserve.set_quantity(env, move, float(row["product_qty"]))
            kind = env.row("stock.picking.type", row["picking_type_id"])
            if kind.get("reservation_method") == "at_confirm":
                reserve.assign_moves(env, raw_of(env, i))
            refresh_production(env, i)
        return True

    def rpc_action_assign(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            if env.row(self.model, i)["state"] not in ("draft", *CLOSED):
                reserve.assign_moves(env, raw_of(env, i))
        return True

    def rpc_do_unreserve(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            if env.row(self.model, i)["state"] not in ("draft", *CLOSED):
                reserve.unreserve_moves(env, raw_of(env, i))
                refresh_production(env, i)
        return True

    def rpc_action_cancel(self, env: Env, ids: list[int]) -> bool:
        """18.0 leaves done ones as they are, 19.0 refuses."""
        if env.dialect.is_19 and any(env.row(self.model, i)["state"] == "done" for i in ids):
            raise UserError(DONE_19)
        for i in ids:
            if env.row(self.model, i)["state"] != "done":
                cancel(env, i)
        return True

    def rpc_button_mark_done(self, env: Env, ids: list[int]) -> Any:
        from .production_done import mark_done

        return mark_done(env, ids)

    def rpc_button_plan(self, env: Env, ids: list[int]) -> bool:
        """Work orders one after the other from the start (a real server heeds working hours)."""
        for i in ids:
            at = max(str(env.row(self.model, i)["date_start"]), env.now)
            env.put(self.model, i, date_start=at)
            for order in workorders_of(env, i):
                end = later(at, float(env.row("mrp.workorder", order)["duration_expected"]))
                env.put("mrp.workorder", order, date_start=at, date_finished=end)
                at = end
            env.put(self.model, i, date_finished=at, is_planned=True)
            follow_dates(env, i, True)
        return True

    # --- computed ------------------------------------------------------------------------------
    def compute_qty_produced(self, env: Env, row_id: int, row: Row) -> float:
        moves = [env.row("stock.move", m) for m in finished_of(env, row_id)]
        return sum(float(m["quantity"]) for m in moves if m["state"] == "done")

    def _available(self, env: Env, row_id: int, row: Row) -> tuple[Any, Any]:
        if row["state"] in ("draft", *CLOSED):
            return False, False
        moves = [env.row("stock.move", m) for m in raw_of(env, row_id)]
        return forecast.availability(env, moves, row["date_start"], "unavailable")

    def compute_components_availability_state(self, env: Env, row_id: int, row: Row) -> Any:
        return self._available(env, row_id, row)[0]

    def compute_components_availability(self, env: Env, row_id: int, row: Row) -> Any:
        return self._available(env, row_id, row)[1]

    def compute_product_uom_qty(self, env: Env, row_id: int, row: Row) -> float:
        return float(row["product_qty"])

    def compute_duration_expected(self, env: Env, row_id: int, row: Row) -> float:
        orders = workorders_of(env, row_id)
        return sum(float(env.row("mrp.workorder", w)["duration_expected"]) for w in orders)

    def compute_warehouse_id(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row("stock.picking.type", row["picking_type_id"])["warehouse_id"]

    def compute_production_location_id(self, env: Env, row_id: int, row: Row) -> Any:
        return production_place(env, row["company_id"])

    def compute_product_tmpl_id(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row("product.product", row["product_id"])["product_tmpl_id"]

    def compute_is_delayed(self, env: Env, row_id: int, row: Row) -> bool:
        due = row.get("date_deadline")
        if not due or row["state"] in CLOSED:
            return False
        return bool(due < env.now or due < (row.get("date_finished") or ""))

    def compute_mrp_production_backorder_count(self, env: Env, row_id: int, row: Row) -> int:
        base = str(row["name"]).split("-")[0]
        return sum(
            1 for _, r in env.rows(self.model) if str(r.get("name", "")).split("-")[0] == base
        )


def _type(env: Env, company: Any) -> int:
    for kind, row in sorted(env.rows("stock.picking.type")):
        if row["code"] == "mrp_operation" and row["company_id"] == (company or env.company):
            return kind
    raise UserError("There is no operation type for manufacturing in this company.")


def _bom_of(env: Env, product: int) -> Any:
    template = env.row("product.product", product)["product_tmpl_id"]
    found = env.where("mrp.bom", "product_tmpl_id", template)
    return found[0] if found else False


def _planned(env: Env, production: int, given: Row) -> Row:
    start = env.row(MODEL, production)["date_start"]
    end = given.get("date_finished") or later(start, minutes_of(env, production))
    return {"date_finished": end}
