"""The return wizard: a receipt for goods that were delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import orm
from ..behaviour import Behaviour
from ..errors import UserError
from ..store import Row
from . import reserve
from .pickings import new_picking
from .receiving import received

if TYPE_CHECKING:
    from ..env import Env

LINE = "stock.return.picking.line"


class ReturnWizard(Behaviour):
    model = "stock.return.picking"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"picking_id": env.context.get("active_id", False)}

    def created(self, env: Env, row_id: int, given: Row) -> None:
        picking = env.row(self.model, row_id)["picking_id"]
        if env.row("stock.picking", picking)["state"] != "done":
            raise UserError("You may only return Done pickings.")
        if given.get("product_return_moves"):
            return
        for move in reserve.moves_of(env, picking):
            row = env.row("stock.move", move)
            if row["state"] == "done":
                orm.create_one(
                    env,
                    LINE,
                    {
                        "wizard_id": row_id,
                        "move_id": move,
                        "quantity": 0.0,
                        "product_id": row["product_id"],
                        "to_refund": True,
                    },
                )

    def rpc_action_create_returns(self, env: Env, ids: list[int]) -> Row:
        picking = env.row(self.model, ids[0])["picking_id"]
        wanted = [
            row
            for n in env.where(LINE, "wizard_id", ids[0])
            if float((row := env.row(LINE, n)).get("quantity", 0.0)) > 0
        ]
        if not wanted:
            raise UserError("Please specify at least one non-zero quantity.")
        made = self._receipt(env, picking, wanted)
        return {
            "name": "Returned Picking",
            "view_mode": "form",
            "res_model": "stock.picking",
            "res_id": made,
            "type": "ir.actions.act_window",
            "context": {},
        }

    def _receipt(self, env: Env, picking: int, wanted: list[Row]) -> int:
        old = env.row("stock.picking", picking)
        kind = env.row("stock.picking.type", old["picking_type_id"])
        made = new_picking(
            env,
            {
                "picking_type_id": kind.get("return_picking_type_id") or old["picking_type_id"],
                "location_id": old["location_dest_id"],
                "location_dest_id": old["location_id"],
                "origin": f"Return of {old['name']}",
                "return_id": picking,
                "partner_id": old.get("partner_id", False),
                "sale_id": old.get("sale_id", False),
                "group_id": old.get("group_id", False),
            },
        )
        row = env.row("stock.picking", made)
        for line in wanted:
            before = env.row("stock.move", line["move_id"])
            quantity = float(line["quantity"])
            move = reserve.insert_move(
                env,
                {
                    "name": before.get("name"),
                    "picking_id": made,
                    "product_id": line["product_id"],
                    "product_uom_qty": quantity,
                    "product_uom": before.get("product_uom", 1),
                    "location_id": row["location_id"],
                    "location_dest_id": row["location_dest_id"],
                    "company_id": row["company_id"],
                    "picking_type_id": row["picking_type_id"],
                    "sale_line_id": before.get("sale_line_id", False),
                    "purchase_line_id": before.get("purchase_line_id", False),
                    "reference": row["name"],
                    "origin": row["origin"],
                    "origin_returned_move_id": line["move_id"],
                    "to_refund": line.get("to_refund", True),
                    "date": env.now,
                    "date_deadline": False,
                    "group_id": row.get("group_id", False),
                },
            )
            reserve.set_quantity(env, move, quantity)
        reserve.refresh_picking(env, made)
        received(env, made)
        return made


class ReturnLine(Behaviour):
    model = LINE
