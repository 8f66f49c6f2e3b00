"""Automation rules and server actions as records."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from ..behaviour import NO_RESULT, Behaviour
from ..errors import UserError
from ..store import Row

if TYPE_CHECKING:
    from ..env import Env


class Rule(Behaviour):
    model = "base.automation"

    def defaults(self, env: Env, values: Row) -> Row:
        return {
            "active": True,
            "trigger": "on_create_or_write",
            "webhook_uuid": str(uuid.uuid4()),
            "record_getter": "model.env[payload.get('_model')].browse(int(payload.get('_id')))",
        }

    def compute_url(self, env: Env, row_id: int, row: Row) -> str:
        if row.get("trigger") != "on_webhook":
            return ""
        base = env.registry.store.meta("base_url") or "http://127.0.0.1:8069"
        return f"{base}/web/hook/{row['webhook_uuid']}"

    def compute_model_name(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row("ir.model", row["model_id"])["model"]

    def unlinked(self, env: Env, rows: list[Row]) -> None:
        for row in rows:
            for action in env.where("ir.actions.server", "base_automation_id", row["id"]):
                env.delete("ir.actions.server", action)

    def rpc_action_rotate_webhook_uuid(self, env: Env, ids: list[int]) -> Any:
        for i in ids:
            env.put(self.model, i, webhook_uuid=str(uuid.uuid4()))
        return NO_RESULT


class ServerAction(Behaviour):
    model = "ir.actions.server"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        if row.get("state") == "webhook" and not env.dialect.is_19:
            return "Send Webhook Notification"
        return str(row.get("name"))

    def defaults(self, env: Env, values: Row) -> Row:
        usage = "base_automation" if values.get("base_automation_id") else "ir_actions_server"
        return {
            "state": "object_write",
            "usage": usage,
            "sequence": 5,
            "type": "ir.actions.server",
            "binding_type": "action",
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        if given.get("state") == "webhook" and not env.dialect.is_19:
            env.touch_silently(self.model, row_id, name="Send Webhook Notification")

    def compute_model_name(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row("ir.model", row["model_id"])["model"]

    def rpc_run(self, env: Env, ids: list[int]) -> Any:
        raise UserError("This sandbox runs no server actions of its own.")
