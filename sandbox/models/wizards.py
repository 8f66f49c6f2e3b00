"""The questions of button_validate as records: backorder and text message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..behaviour import Behaviour
from ..store import Row
from .validate import validate

if TYPE_CHECKING:
    from ..env import Env


def _validating(env: Env, ids: list[int], **more: Any) -> Any:
    """Go on with button_validate under a context that answers the question."""
    kept = env.context
    env.context = {**kept, **more}
    try:
        return validate(env, ids)
    finally:
        env.context = kept


class Backorder(Behaviour):
    model = "stock.backorder.confirmation"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"pick_ids": [], "show_transfers": False}

    def _pickings(self, env: Env, wizard: int) -> list[int]:
        asked = env.context.get("button_validate_picking_ids")
        return list(asked or env.row(self.model, wizard).get("pick_ids", []))

    def rpc_process(self, env: Env, ids: list[int]) -> Any:
        lines = env.where("stock.backorder.confirmation.line", "backorder_confirmation_id", ids[0])
        dropped = [
            env.row("stock.backorder.confirmation.line", n)["picking_id"]
            for n in lines
            if not env.row("stock.backorder.confirmation.line", n).get("to_backorder")
        ]
        return _validating(
            env,
            self._pickings(env, ids[0]),
            skip_backorder=True,
            picking_ids_not_to_backorder=dropped,
        )

    def rpc_process_cancel_backorder(self, env: Env, ids: list[int]) -> Any:
        pickings = self._pickings(env, ids[0])
        return _validating(
            env, pickings, skip_backorder=True, picking_ids_not_to_backorder=pickings
        )


class BackorderLine(Behaviour):
    model = "stock.backorder.confirmation.line"


class TextQuestion(Behaviour):
    model = "confirm.stock.sms"

    def _answered(self, env: Env, ids: list[int], **more: Any) -> Any:
        for picking in env.row(self.model, ids[0]).get("pick_ids", []):
            company = env.row("stock.picking", picking)["company_id"]
            if not env.row("res.company", company).get("has_received_warning_stock_sms"):
                env.put("res.company", company, has_received_warning_stock_sms=True, **more)
        return validate(env, list(env.context.get("button_validate_picking_ids") or []))

    def rpc_dont_send_sms(self, env: Env, ids: list[int]) -> Any:
        return self._answered(env, ids, stock_move_sms_validation=False)

    def rpc_send_sms(self, env: Env, ids: list[int]) -> Any:
        return self._answered(env, ids)
