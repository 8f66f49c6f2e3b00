"""Transfers: reserve, validate (with its wizards), cancel, backorders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..automation import announce_again
from ..behaviour import NO_RESULT
from ..errors import UserError
from ..store import Row
from . import forecast, reserve
from .delivery import delivered
from .mail import Thread, log
from .reserve import moves_of

if TYPE_CHECKING:
    from ..env import Env

NOTHING_TO_MOVE_19 = (
    "Transfer trouble alert! Validating a zero quantity transfer? You're not moving invisible goods "
    "around are you?\nSet some quantities and let's get moving!"
)
NOTHING_RESERVED = (
    "You cannot validate a transfer if no quantities are reserved. "
    "To force the transfer, encode quantities."
)


def new_picking(env: Env, values: Row, *, twice: bool = True) -> int:
    """A picking of an operation type, numbered, without moves.

    Announced twice, as by Odoo; once for the receipt of a purchase.
    """
    kind = env.row("stock.picking.type", values["picking_type_id"])
    code = env.row("stock.warehouse", kind["warehouse_id"])["code"]
    prefix = f"{code}/{kind['sequence_code']}/"
    picking = env.insert(
        "stock.picking",
        {
            "name": f"{prefix}{env.store.next_value('number:' + prefix):05d}",
            "state": "draft",
            "priority": "0",
            "move_type": "direct",
            "company_id": kind["company_id"],
            "location_id": kind["default_location_src_id"],
            "location_dest_id": kind["default_location_dest_id"],
            "scheduled_date": env.now,
            "date": env.now,
            "is_locked": True,
            **values,
        },
    )
    if twice:
        announce_again(env, "stock.picking", picking)
    log(env, "stock.picking", picking, "<p>Transfer created</p>")
    return picking


class Picking(Thread):
    model = "stock.picking"

    def defaults(self, env: Env, values: Row) -> Row:
        kind_id = values.get("picking_type_id")
        if not kind_id:
            return {}
        kind = env.row("stock.picking.type", kind_id)
        code = env.row("stock.warehouse", kind["warehouse_id"])["code"]
        prefix = f"{code}/{kind['sequence_code']}/"
        return {
            "name": f"{prefix}{env.store.next_value('number:' + prefix):05d}",
            "state": "draft",
            "priority": "0",
            "move_type": "direct",
            "company_id": kind["company_id"],
            "location_id": kind["default_location_src_id"],
            "location_dest_id": kind["default_location_dest_id"],
            "scheduled_date": env.now,
            "date": env.now,
            "is_locked": True,
        }

    def before_write(self, env: Env, ids: list[int], values: Row) -> Row:
        closed = [i for i in ids if env.row(self.model, i)["state"] in ("done", "cancel")]
        if "scheduled_date" in values and closed and not env.dialect.is_19:
            raise UserError("You cannot change the Scheduled Date on a done or cancelled transfer.")
        return values

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            if "scheduled_date" in values:
                for move in moves_of(env, i):
                    if env.row("stock.move", move)["state"] not in ("done", "cancel"):
                        env.put("stock.move", move, date=env.row(self.model, i)["scheduled_date"])
                reserve.refresh_picking(env, i)
            if "move_type" in values:
                reserve.refresh_picking(env, i)

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        for i in ids:
            if env.row(self.model, i)["state"] == "done":
                raise UserError("You can not delete done transfers.")
            for move in moves_of(env, i):
                reserve.cancel_move(env, move)
            _received(env, i)
            for move in moves_of(env, i):
                env.delete("stock.move", move)
            # without moves it is a draft again for a moment, and says so before it is gone
            env.compute(self.model, i, state="draft")

    def unlinked(self, env: Env, rows: list[Row]) -> None:
        for row in rows:
            if row.get("sale_id"):
                delivered(env, row["sale_id"], touched=True)

    # --- buttons -------------------------------------------------------------------------------
    def rpc_action_confirm(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            for move in moves_of(env, i):
                if env.row("stock.move", move)["state"] == "draft":
                    env.put("stock.move", move, state="confirmed")
            reserve.assign(env, i)
        return True

    def rpc_action_assign(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            rows = [env.row("stock.move", m) for m in moves_of(env, i)]
            if not [r for r in rows if r["state"] not in ("draft", "cancel", "done")]:
                raise UserError("Nothing to check the availability for.")
            reserve.assign(env, i)
        return True

    def rpc_do_unreserve(self, env: Env, ids: list[int]) -> Any:
        for i in ids:
            reserve.unreserve(env, i)
        return NO_RESULT

    def rpc_action_cancel(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            if any(env.row("stock.move", m)["state"] == "done" for m in moves_of(env, i)):
                raise UserError(
                    "You cannot cancel a stock move that has been set to 'Done'. Create a return "
                    "in order to reverse the moves which took place."
                )
        for i in ids:
            cancel_picking(env, i)
        return True

    def rpc_action_toggle_is_locked(self, env: Env, ids: list[int]) -> bool:
        for i in ids:
            env.put(self.model, i, is_locked=not env.row(self.model, i).get("is_locked"))
        return True

    def rpc_button_validate(self, env: Env, ids: list[int]) -> Any:
        from .validate import validate

        return validate(env, ids)

    # --- computed ------------------------------------------------------------------------------
    def compute_picking_type_code(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row("stock.picking.type", row["picking_type_id"])["code"]

    def _available(self, env: Env, row_id: int, row: Row) -> tuple[Any, Any]:
        code = self.compute_picking_type_code(env, row_id, row)
        told = ("outgoing", "internal") if env.dialect.is_19 else ("outgoing",)
        if code not in told or row["state"] not in ("assigned", "confirmed", "waiting"):
            return False, False
        moves = [env.row("stock.move", m) for m in moves_of(env, row_id)]
        return forecast.availability(env, moves, row["scheduled_date"], "late")

    def compute_products_availability_state(self, env: Env, row_id: int, row: Row) -> Any:
        return self._available(env, row_id, row)[0]

    def compute_products_availability(self, env: Env, row_id: int, row: Row) -> Any:
        return self._available(env, row_id, row)[1]

    def compute_purchase_id(self, env: Env, row_id: int, row: Row) -> Any:
        from .receiving import order_of

        return order_of(env, row_id) or False

    def compute_has_packages(self, env: Env, row_id: int, row: Row) -> bool:
        return any(
            env.row("stock.move.line", n).get("result_package_id")
            for m in moves_of(env, row_id)
            for n in reserve.lines_of(env, m)
        )

    def rpc_action_put_in_pack(self, env: Env, ids: list[int]) -> Any:
        from .packages import pack

        return pack(env, ids[0])

    def compute_carrier_tracking_url(self, env: Env, row_id: int, row: Row) -> Any:
        carrier, reference = row.get("carrier_id"), row.get("carrier_tracking_ref")
        template = env.row("delivery.carrier", carrier).get("tracking_url") if carrier else False
        if not template or not reference:
            return False
        return str(template).replace("<shipmenttrackingnumber>", str(reference))

    def compute_delivery_type(self, env: Env, row_id: int, row: Row) -> Any:
        carrier = row.get("carrier_id")
        return env.row("delivery.carrier", carrier).get("delivery_type") if carrier else False

    def compute_product_id(self, env: Env, row_id: int, row: Row) -> Any:
        found = moves_of(env, row_id)
        return env.row("stock.move", found[0])["product_id"] if found else False

    def compute_show_check_availability(self, env: Env, row_id: int, row: Row) -> bool:
        return row["state"] in ("confirmed", "waiting", "assigned") and any(
            env.row("stock.move", m)["state"] in ("confirmed", "partially_available")
            for m in moves_of(env, row_id)
        )

    def compute_return_count(self, env: Env, row_id: int, row: Row) -> int:
        return len(env.where(self.model, "return_id", row_id))

    def compute_is_return_picking(self, env: Env, row_id: int, row: Row) -> bool:
        return bool(row.get("return_id"))

    def compute_weight_uom_name(self, env: Env, row_id: int, row: Row) -> str:
        return "kg"

    def compute_shipping_weight(self, env: Env, row_id: int, row: Row) -> float:
        return sum(
            float(env.value("product.product", r["product_id"], "weight") or 0.0)
            * float(r.get("quantity", 0.0))
            for r in (env.row("stock.move", m) for m in moves_of(env, row_id))
        )

    def compute_destination_country_code(self, env: Env, row_id: int, row: Row) -> Any:
        partner = row.get("partner_id")
        return env.value("res.partner", partner, "country_code") if partner else False


def cancel_picking(env: Env, picking: int) -> None:
    """Cancel every open move of a picking."""
    for move in moves_of(env, picking):
        if env.row("stock.move", move)["state"] not in ("done", "cancel"):
            reserve.cancel_move(env, move)
    env.put("stock.picking", picking, is_locked=True)
    reserve.refresh_picking(env, picking)
    order = env.row("stock.picking", picking).get("sale_id")
    if order:
        delivered(env, order)
    _received(env, picking)


def _received(env: Env, picking: int) -> None:
    from .receiving import received

    received(env, picking)
