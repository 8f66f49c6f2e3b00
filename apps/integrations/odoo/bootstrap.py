"""Make the automation rules in Odoo that tell us what changed; by an admin, once, repeatable (FACTS 9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from apps.integrations.odoo.client import Client

RULES: Final[dict[str, tuple[str, ...]]] = {
    "sale.order": ("state", "commitment_date", "amount_total"),
    "stock.picking": ("state", "carrier_tracking_ref"),
    "account.move": ("state", "payment_state"),
}
"""The fields whose change is worth waking up for; everything else comes with the next poll."""

_TOLD: Final = ("write_date", "move_type")


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one rule: made, mended (it pointed elsewhere or was off) or kept."""

    model: str
    name: str
    fate: str


def make_rules(odoo: Client, url: str) -> Iterator[Made]:
    """A rule for each model that posts to url. odoo must be signed in with Settings rights; raises OdooError."""
    for model, fields in RULES.items():
        yield _make_rule(odoo, model, fields, url)


def _make_rule(odoo: Client, model: str, fields: tuple[str, ...], url: str) -> Made:
    name = f"Control Tower: {model}"
    model_id = odoo.search("ir.model", [("model", "=", model)])[0]
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
        odoo.create(
            "base.automation",
            {
                **rule,
                "name": name,
                "model_id": model_id,
                "trigger": "on_create_or_write",
                "action_server_ids": [[0, 0, action]],
            },
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
