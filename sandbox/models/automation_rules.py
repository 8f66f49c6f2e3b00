"""Automation rules as records."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from ..behaviour import NO_RESULT, Behaviour
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
