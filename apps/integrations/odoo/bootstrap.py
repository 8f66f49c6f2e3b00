"""What an Odoo admin makes in Odoo, once and repeatable, by API only: rules, guards, a scheduled action.

The automation rules tell us what changed (FACTS 9), the guards carry commands out (FACTS 8, b), the scheduled
action asks for a reconciliation (R20). Nothing is installed in Odoo.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from apps.integrations.models import OdooGuard
from apps.integrations.odoo.command import guard_code
from apps.integrations.odoo.line.client import DEFAULT, Client, Credentials

RULES: Final[dict[str, tuple[str, ...]]] = {
    "sale.order": ("state", "commitment_date", "amount_total"),
    "stock.picking": ("state", "carrier_tracking_ref"),
    "account.move": ("state", "payment_state"),
    "purchase.order": ("state", "date_planned", "receipt_status"),
    "mrp.production": ("state", "date_start", "date_finished"),
    "mrp.workorder": ("state", "date_start", "date_finished"),
}
"""The fields whose change is worth waking up for; everything else comes with the next poll."""

COMMANDERS: Final = "Control Tower: may run commands"
RECONCILE: Final = "Control Tower: reconcile"
_TOLD: Final = ("write_date", "move_type")
_ABSENT: Final = "not there: its app is not installed in Odoo"


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one thing: made, mended (it was not as it must be), kept, or not there."""

    model: str
    name: str
    fate: str


def make_everything(odoo: Client, url: str, connection: str = DEFAULT) -> Iterator[Made]:
    """Rules, guards and the scheduled action. odoo must be signed in with Settings rights; raises OdooError."""
    yield from make_rules(odoo, url)
    yield from make_guards(odoo, connection)
    yield make_schedule(odoo, url)


def make_rules(odoo: Client, url: str) -> Iterator[Made]:
    """A rule for each model that posts to url. odoo must be signed in with Settings rights; raises OdooError."""
    if not odoo.has("base.automation"):
        yield Made("base.automation", "Automation Rules", _ABSENT)
        return
    missing: list[dict[str, Any]] = []
    for model, fields in RULES.items():
        model_id = _model_id(odoo, model)
        name = f"Control Tower: {model}"
        if model_id is None:
            yield Made(model, name, _ABSENT)
        else:
            yield _make_rule(odoo, model, model_id, name, fields, url, missing)
    if missing:  # in one call: Odoo builds its registry anew after each
        odoo.call("base.automation", "create", [missing], writes=True)


def make_guards(odoo: Client, connection: str = DEFAULT) -> Iterator[Made]:
    """The server action of each model that commands are for, with the code of this version; kept by id here."""
    code = guard_code.code()
    group = _commanders(odoo, connection)
    if group is None:
        yield Made("res.groups", COMMANDERS, "not made: the service user is not known in Odoo")
    groups = "group_ids" if odoo.series >= 19 else "groups_id"
    for model in guard_code.OPERATIONS:
        name = f"Control Tower: commands for {model}"
        model_id = _model_id(odoo, model)
        if model_id is None:
            OdooGuard.objects.filter(connection=connection, model=model).delete()
            yield Made(model, name, _ABSENT)
            continue
        values: dict[str, Any] = {
            "name": name,
            "model_id": model_id,
            "state": "code",
            "code": code,
        }
        if group is not None:
            values[groups] = [[6, 0, [group]]]
        action, fate = _action(odoo, name, model_id, values)
        OdooGuard.objects.update_or_create(
            connection=connection,
            model=model,
            defaults={
                "place": odoo.credentials.place,
                "action_odoo_id": action,
                "version": guard_code.VERSION,
                "made_at": timezone.now(),
            },
        )
        yield Made(model, name, fate)


def make_schedule(odoo: Client, url: str) -> Made:
    """A daily scheduled action that posts to url about the company: the hook then wakes a reconciliation (R20)."""
    model_id = _model_id(odoo, "res.company")
    assert model_id is not None  # every Odoo has companies
    hook = {
        "name": RECONCILE,
        "model_id": model_id,
        "state": "webhook",
        "webhook_url": url,
    }
    action, fate = _action(odoo, RECONCILE, model_id, hook)
    code = (
        "company = env['res.company'].search([], order='id', limit=1)\n"
        f"env['ir.actions.server'].browse({action}).with_context(\n"
        "    active_model='res.company', active_id=company.id, active_ids=company.ids).run()\n"
    )
    name = f"{RECONCILE} daily"
    known = odoo.search_read("ir.cron", [("cron_name", "=", name)], ["code", "active"])
    if not known:
        values = {"name": name, "model_id": model_id, "state": "code", "code": code}
        odoo.create("ir.cron", {**values, "interval_number": 1, "interval_type": "days"})
        return Made("ir.cron", name, "made")
    if known[0]["active"] and str(known[0]["code"]).strip() == code.strip():
        return Made("ir.cron", name, fate)
    odoo.write("ir.cron", [known[0]["id"]], {"code": code, "active": True})
    return Made("ir.cron", name, "mended")


def _model_id(odoo: Client, model: str) -> int | None:
    found = odoo.search("ir.model", [("model", "=", model)])
    return found[0] if found else None


def _action(odoo: Client, name: str, model_id: int, values: dict[str, Any]) -> tuple[int, str]:
    """A server action by its name: (id, made, mended or kept)."""
    asked = sorted(values)
    known = odoo.search_read(
        "ir.actions.server", [("name", "=", name), ("model_id", "=", model_id)], asked
    )
    if not known:
        return odoo.create("ir.actions.server", values), "made"
    first = known[0]
    differs = {field: value for field, value in values.items() if not _is(first[field], value)}
    if not differs:
        return first["id"], "kept"
    odoo.write("ir.actions.server", [first["id"]], differs)
    return first["id"], "mended"


def _is(found: Any, wanted: Any) -> bool:
    """Whether a field is as wanted; links are wanted as [[6, 0, ids]]."""
    if isinstance(wanted, list):
        return sorted(found or []) == sorted(wanted[0][2])
    return str(found or "").strip() == str(wanted).strip()


def _commanders(odoo: Client, connection: str) -> int | None:
    """The group that may run the guards, with the service user in it; None where Odoo has no such login.

    Without a group Odoo lets every internal user run a server action of code, and leave a note that looks like ours.
    """
    login = Credentials.of(connection).user
    users = odoo.search("res.users", [("login", "=", login)]) if login else []
    if not users:
        return None
    known = odoo.search("res.groups", [("name", "=", COMMANDERS)])
    group = known[0] if known else odoo.create("res.groups", {"name": COMMANDERS})
    field = "group_ids" if odoo.series >= 19 else "groups_id"
    if group not in odoo.read("res.users", users, [field])[0][field]:
        odoo.write("res.users", users, {field: [[4, group]]})
    return group


def _make_rule(
    odoo: Client,
    model: str,
    model_id: int,
    name: str,
    fields: tuple[str, ...],
    url: str,
    missing: list[dict[str, Any]],
) -> Made:
    """Look at one rule and mend it; one that is not there is added to `missing`."""
    ids = {
        row["name"]: row["id"]
        for row in odoo.search_read(
            "ir.model.fields", [("model", "=", model), ("name", "in", [*fields, *_TOLD])], ["name"]
        )
    }
    action = {
        "name": name,
        "model_id": model_id,
        "state": "webhook",
        "webhook_url": url,
        "webhook_field_ids": [[6, 0, sorted(ids[told] for told in _TOLD if told in ids)]],
    }
    rule: dict[str, Any] = {
        "trigger_field_ids": [[6, 0, sorted(ids[field] for field in fields if field in ids)]]
    }
    known = odoo.search_read(
        "base.automation",
        [("name", "=", name)],
        ["active", "trigger_field_ids", "action_server_ids"],
    )
    if not known:
        missing.append(
            {
                **rule,
                "name": name,
                "model_id": model_id,
                "trigger": "on_create_or_write",
                "action_server_ids": [[0, 0, action]],
            }
        )
        return Made(model, name, "made")
    first = known[0]
    actions = odoo.read("ir.actions.server", first["action_server_ids"], ["webhook_url"])
    as_wanted = sorted(first["trigger_field_ids"]) == rule["trigger_field_ids"][0][2]
    if first["active"] and as_wanted and [a["webhook_url"] for a in actions] == [url]:
        return Made(model, name, "kept")
    commands = [[1, a["id"], {"webhook_url": url}] for a in actions] or [[0, 0, action]]
    odoo.write(
        "base.automation", [first["id"]], {**rule, "active": True, "action_server_ids": commands}
    )
    return Made(model, name, "mended")
