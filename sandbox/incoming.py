"""Incoming webhooks: /web/hook/<uuid> runs the actions of a rule on the record the request names."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from . import automation
from .actions.records import Records
from .actions.running import evaluate
from .env import Env
from .errors import OdooError, ValidationError

if TYPE_CHECKING:
    from .registry import Registry

logger = logging.getLogger("sandbox.hooks")
PREFIX = "/web/hook/"
_PUBLIC = "public"


def answer(registry: Registry, uuid: str, body: bytes, query: dict[str, str]) -> tuple[int, str]:
    """Status and the word of the answer. Nothing of an error is told to the caller.

    What the actions did before an error stays: the server answers 500 and commits all the same.
    """
    with registry.store.write_lock:
        env = Env(registry, _public(registry), {})
        env.sudo = True
        found = [
            i
            for i in env.where("base.automation", "webhook_uuid", uuid)
            if env.row("base.automation", i).get("active", True)
        ]
        if not found:
            return 404, "error"
        try:
            _run(env, found[0], _payload(body, query))
            status, word = 200, "ok"
        except OdooError as error:
            logger.warning("hook %s failed: %s", found[0], error.message)
            status, word = 500, "error"
        registry.store.commit(env.changes)
    for action in env.after_commit:
        action()
    return status, word


def _public(registry: Registry) -> int:
    rows = registry.store.root["res.users"].rows
    return next(i for i, row in rows.items() if row.get("login") == _PUBLIC)


def _payload(body: bytes, query: dict[str, str]) -> Any:
    """The JSON of the body; without one what stands in the address."""
    try:
        return json.loads(body)
    except ValueError:
        return dict(query)


def _run(env: Env, rule_id: int, payload: Any) -> None:
    rule = env.row("base.automation", rule_id)
    model = str(env.row("ir.model", rule["model_id"])["model"])
    getter = rule.get("record_getter")
    record = evaluate(env, model, str(getter), payload) if getter else None
    if not isinstance(record, Records) or not record.exists():
        raise ValidationError("No record to run the automation on was found.")
    for one in record:
        for action_id in env.where("ir.actions.server", "base_automation_id", rule_id):
            automation.run_on(env, rule_id, action_id, one._name, one.id, payload)
