"""Server actions and scheduled actions: records an operator keeps in Odoo, and what running them does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import orm, rights
from ..actions.allowed import refuse_unsafe
from ..actions.running import run_code
from ..automation import post_webhook
from ..behaviour import Behaviour
from ..errors import AccessError, OdooError, UserError, ValidationError
from ..store import Row

if TYPE_CHECKING:
    from ..env import Env

_NO_ADDRESS = "I'll be happy to send a webhook for you, but you really need to give me a URL to reach out to..."


class ServerAction(Behaviour):
    model = "ir.actions.server"
    open_methods = frozenset({"run"})

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        return str(row.get("name"))

    def defaults(self, env: Env, values: Row) -> Row:
        usage = "base_automation" if values.get("base_automation_id") else "ir_actions_server"
        return {
            "state": "object_write",
            "usage": usage,
            "sequence": 5,
            "type": "ir.actions.server",
            "binding_type": "action",
            "evaluation_type": "value",
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        in_rule = bool(env.row(self.model, row_id).get("base_automation_id"))
        if given.get("state") == "webhook" and in_rule and not env.dialect.is_19:
            env.touch_silently(self.model, row_id, name="Send Webhook Notification")
        self._completed(env, row_id, given)

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            self._completed(env, i, values)

    def _completed(self, env: Env, row_id: int, given: Row) -> None:
        """Look at the code, the field of an update path, and the value behind a selection."""
        row = env.row(self.model, row_id)
        if given.get("code"):
            refuse_unsafe(str(row["code"]))
        if given.get("update_path"):
            name = str(row["update_path"]).rpartition(".")[2]
            model = target_model(env, row)
            found = [
                i
                for i in env.where("ir.model.fields", "model", model)
                if env.row("ir.model.fields", i)["name"] == name
            ]
            env.touch_silently(self.model, row_id, update_field_id=found[0] if found else False)
        if given.get("selection_value"):
            chosen = env.row("ir.model.fields.selection", row["selection_value"])
            env.touch_silently(self.model, row_id, value=chosen["value"])

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        if any(env.where("ir.cron", "ir_actions_server_id", i) for i in ids):
            raise ValidationError(
                "The operation cannot be completed: another model requires the record being "
                "deleted. If possible, archive it instead.\n\nModel: Scheduled Actions (ir.cron)\n"
                "Constraint: ir_cron_ir_actions_server_id_fkey\n"
            )

    def compute_model_name(self, env: Env, row_id: int, row: Row) -> Any:
        return env.row("ir.model", row["model_id"])["model"]

    def compute_update_field_type(self, env: Env, row_id: int, row: Row) -> Any:
        field = row.get("update_field_id")
        return env.row("ir.model.fields", field)["ttype"] if field else False

    def rpc_run(self, env: Env, ids: list[int]) -> Any:
        """The answer of the last action, false if it gave none."""
        result: Any = False
        for i in ids:
            result = run(env, i) or result
        return result or False


def run(env: Env, action_id: int, payload: Any = None) -> Any:
    """One action on the active records of the context, as its user and inside its transaction."""
    action = env.row("ir.actions.server", action_id)
    model = str(env.row("ir.model", action["model_id"])["model"])
    _may_run(env, action, model)
    state = action.get("state")
    if state == "code":
        return run_code(env, model, str(action.get("code") or ""), payload)
    if state == "multi":
        result: Any = False
        for child in action.get("child_ids", []):
            result = run(env, child, payload) or result
        return result
    for active in _active_ids(env):
        if state == "webhook":
            if not action.get("webhook_url"):
                raise UserError(_NO_ADDRESS)
            post_webhook(env, action_id, action, model, active)
        elif state == "object_write":
            _update(env, action, model, active)
        else:
            raise UserError(f"This sandbox runs no server actions of the kind {state!r}.")
    return False


def _active_ids(env: Env) -> list[int]:
    one = env.context.get("active_id")
    return list(env.context.get("active_ids") or ([one] if one else []))


def _may_run(env: Env, action: Row, model: str) -> None:
    groups = set(action.get("group_ids" if env.dialect.is_19 else "groups_id") or ())
    if groups:
        if not groups & rights.groups_of(env):
            raise AccessError("You don't have enough access rights to run this action.")
        return
    rights.check(env, model, "write")
    if env.context.get("active_model") == model:
        present = [i for i in _active_ids(env) if env.get(model, i) is not None]
        rights.require_visible(env, model, present, "write")


def target_model(env: Env, action: Row) -> str:
    """The model that an update path ends on."""
    model = str(env.row("ir.model", action["model_id"])["model"])
    for name in str(action.get("update_path") or "").split(".")[:-1]:
        model = env.field(model, name).relation
    return model


def _update(env: Env, action: Row, model: str, active: int) -> None:
    *links, name = str(action.get("update_path") or "").split(".")
    ids, here = [active], model
    for link in links:
        field = env.field(here, link)
        found = [env.value(here, i, link) for i in ids]
        ids = [x for v in found for x in (v if isinstance(v, list) else [v]) if x]
        here = field.relation
    if not name or name not in env.model(here).fields:
        raise ValidationError("The path to the field to update is invalid.")
    orm.write(env, here, ids, {name: _value(env, action, here, name)})


def _value(env: Env, action: Row, model: str, name: str) -> Any:
    kind, text = env.field(model, name).type, action.get("value")
    if kind == "boolean":
        return action.get("update_boolean_value", "true") == "true"
    if kind in ("many2one", "integer"):
        return int(text or 0) or (False if kind == "many2one" else 0)
    if kind in ("float", "monetary"):
        return float(text or 0)
    if kind == "many2many":
        operation = action.get("update_m2m_operation") or "add"
        codes = {"add": [4, int(text or 0)], "remove": [3, int(text or 0)], "clear": [5]}
        return [codes.get(operation) or [6, 0, [int(text or 0)]]]
    return text


class Cron(Behaviour):
    model = "ir.cron"
    title_field = "cron_name"

    def defaults(self, env: Env, values: Row) -> Row:
        return {
            "active": True,
            "user_id": env.uid,
            "interval_number": 1,
            "interval_type": "months",
            "nextcall": env.now,
            "priority": 5,
            "failure_count": 0,
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        self.written(env, [row_id], given)
        action = env.row(self.model, row_id)["ir_actions_server_id"]
        env.touch_silently("ir.actions.server", action, usage="ir_cron")

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            if int(env.row(self.model, i).get("interval_number") or 0) <= 0:
                raise ValidationError(
                    "The operation cannot be completed: "
                    "The interval number must be a strictly positive number."
                )
            env.touch_silently(self.model, i, cron_name=env.value(self.model, i, "name"))

    def rpc_method_direct_trigger(self, env: Env, ids: list[int]) -> Any:
        rights.check(env, self.model, "write")
        for i in ids:
            if not env.dialect.is_19:
                run_job(env, i)
            elif told := _run_apart(env, i):
                return told
        return True


def _run_apart(env: Env, cron_id: int) -> dict[str, Any] | None:
    """As 19.0 does it: in a transaction of its own, whose failure is an answer and not an error."""
    before = {model: dict(rows) for model, rows in env.changes.items()}
    waiting = len(env.after_commit)
    try:
        run_job(env, cron_id)
    except OdooError as error:
        env.changes.clear()
        env.changes.update(before)
        del env.after_commit[waiting:]
        env.put("ir.cron", cron_id, lastcall=env.now)
        data = {"name": "builtins.RuntimeError", "message": "", "arguments": [], "context": {}}
        debug = f"{error.name}: {error}\n\nRuntimeError\n"
        return {
            "type": "ir.actions.client",
            "tag": "display_exception",
            "params": {
                "code": 0,
                "message": "Odoo Server Error",
                "data": {**data, "debug": debug},
            },
        }
    return None


def run_job(env: Env, cron_id: int) -> None:
    """One scheduled action now, as its user."""
    row = env.row("ir.cron", cron_id)
    own = env.derived(uid=int(row["user_id"]), context={"lastcall": row.get("lastcall", False)})
    run(own, int(row["ir_actions_server_id"]))
    env.put("ir.cron", cron_id, lastcall=env.now)


class Selection(Behaviour):
    model = "ir.model.fields.selection"
