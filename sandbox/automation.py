"""Automation rules with a webhook action: when they fire and the exact request they send."""

from __future__ import annotations

import ast
import http.client
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import domains
from .schema import X2MANY
from .store import Row

if TYPE_CHECKING:
    from .env import Env

logger = logging.getLogger("sandbox.webhooks")
TIMEOUT_S = 1.0
_ON_CREATE = ("on_create", "on_create_or_write")
_ON_WRITE = ("on_write", "on_create_or_write", "on_archive", "on_unarchive")
_SILENT = ("base.automation", "ir.actions.server", "ir.cron")
USER_AGENT = "python-requests/2.31.0"


def listen(env: Env, model: str, row_id: int, old: Row | None, new: Row) -> None:
    """Fire the rules of the model whose trigger fields differ; every rule for a new record."""
    if model in _SILENT:
        return
    triggers = _ON_CREATE if old is None else _ON_WRITE
    for rule_id, rule in _rules(env, model, triggers):
        if old is None or _differs(env, rule, model, old, new):
            _fire(env, rule_id, rule, model, row_id)


def _differs(env: Env, rule: Row, model: str, old: Row, new: Row) -> bool:
    trigger = rule.get("trigger")
    if trigger in ("on_archive", "on_unarchive"):
        now = bool(new.get("active", True))
        return now != bool(old.get("active", True)) and now == (trigger == "on_unarchive")
    names = _field_names(env, rule.get("trigger_field_ids", []))
    empty = {n: env.field(model, n).empty for n in names if n in env.model(model).fields}
    return not names or any(old.get(n, e) != new.get(n, e) for n, e in empty.items())


def announce_again(env: Env, model: str, row_id: int) -> None:
    """Fire for a state computed right after creation: new pickings and journal entries send two."""
    for rule_id, rule in _rules(env, model, _ON_WRITE):
        _fire(env, rule_id, rule, model, row_id)


def announce_deletion(env: Env, model: str, ids: list[int]) -> None:
    """Fire the rules for deletions, while the records are still there."""
    for rule_id, rule in _rules(env, model, ("on_unlink",)):
        for row_id in ids:
            _fire(env, rule_id, rule, model, row_id)


def _rules(env: Env, model: str, triggers: tuple[str, ...]) -> list[tuple[int, Row]]:
    if env.quiet or not env.base["base.automation"].rows:
        return []
    model_id = env.registry.behaviour("ir.model").ids_by_name.get(model)  # type: ignore[attr-defined]
    if not model_id:
        return []
    return [
        (i, env.row("base.automation", i))
        for i in env.where("base.automation", "model_id", model_id)
        if env.row("base.automation", i).get("active", True)
        and env.row("base.automation", i).get("trigger") in triggers
    ]


def _field_names(env: Env, ids: list[int]) -> list[str]:
    return [str(env.row("ir.model.fields", i)["name"]) for i in ids]


def _fire(env: Env, rule_id: int, rule: Row, model: str, row_id: int) -> None:
    if not _meant(env, rule, model, row_id):
        return
    for action_id in env.where("ir.actions.server", "base_automation_id", rule_id):
        action = env.row("ir.actions.server", action_id)
        if action.get("state") != "webhook":
            run_on(env, rule_id, action_id, model, row_id)
        elif action.get("webhook_url"):
            post_webhook(env, action_id, action, model, row_id)


def _meant(env: Env, rule: Row, model: str, row_id: int) -> bool:
    """Whether the record fits the domain of the rule, which is kept as text."""
    text = rule.get("filter_domain")
    if not text:
        return True
    return domains.matcher(env.derived(su=True), model, ast.literal_eval(str(text)))(row_id)


def run_on(
    env: Env, rule_id: int, action_id: int, model: str, row_id: int, payload: Any = None
) -> None:
    """Run an action of a rule on one record; a rule does not set itself off on the same record."""
    from .models.server_actions import run

    if (rule_id, row_id) in env.automated:
        return
    env.automated.add((rule_id, row_id))
    try:
        active = {"active_model": model, "active_id": row_id, "active_ids": [row_id]}
        run(env.derived(context={**env.context, **active}), action_id, payload)
    finally:
        env.automated.discard((rule_id, row_id))


def post_webhook(env: Env, action_id: int, action: Row, model: str, row_id: int) -> None:
    """One request for a record: inside the transaction on 18.0, after its commit on 19.0."""
    body = json.dumps(payload(env, action_id, action, model, row_id), sort_keys=True)
    url = str(action["webhook_url"])
    if not env.registry.deliveries.take():
        return
    if env.dialect.is_19:
        env.after_commit.append(lambda: send(url, body))
    else:
        send(url, body)


def payload(env: Env, action_id: int, action: Row, model: str, row_id: int) -> Row:
    """The body of one request: many2one as bare ids, write_date with microseconds."""
    told: Row = {
        "_action": f"{action.get('name')}(#{action_id})",
        "_id": row_id,
        "_model": model,
        "id": row_id,
    }
    for field_name in _field_names(env, action.get("webhook_field_ids", [])):
        told[field_name] = _plain(env, model, row_id, field_name)
    return told


def _plain(env: Env, model: str, row_id: int, name: str) -> Any:
    if name == "display_name":
        return env.display_name(model, row_id)
    if name == "id":
        return row_id
    value = env.value(model, row_id, name)
    kind = env.field(model, name).type
    if kind in X2MANY:
        return list(value)
    return False if value in (None, "") and kind != "html" else value


def send(url: str, body: str) -> None:
    """One POST with a time limit of a second. Failures are logged and never repeated."""
    parts = urlsplit(url)
    data = body.encode()
    secure = parts.scheme == "https"
    maker = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = maker(parts.netloc, timeout=TIMEOUT_S)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
        for name, value in (
            ("Host", parts.netloc),
            ("User-Agent", USER_AGENT),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept", "*/*"),
            ("Connection", "keep-alive"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(data))),
        ):
            connection.putheader(name, value)
        connection.endheaders(data)
        status = connection.getresponse().status
        if status >= 400:
            logger.warning("webhook %s answered %s", parts.netloc, status)
    except (OSError, http.client.HTTPException) as error:
        logger.warning("webhook %s failed: %s", parts.netloc, error)
    finally:
        connection.close()
