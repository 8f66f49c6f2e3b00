"""Run a command through the server action that compares, acts and posts the key in one transaction (FACTS 8, b)."""

from __future__ import annotations

from typing import Any, Final

from apps.integrations.models import Command, OdooGuard
from apps.integrations.odoo.client import CONTEXT, Client
from apps.integrations.odoo.errors import OdooRefused
from apps.integrations.odoo.guard_code import VERSION
from apps.integrations.odoo.writing import evidence, note_html

_OURS: Final = ("given", "digest", "old")
"""What `Command.data` holds for the tower only."""


def action_of(connection: str, model: str) -> int | None:
    """Odoo's id of the guard of a model, where `odoo_bootstrap` has made the one that this code speaks to."""
    return (
        OdooGuard.objects.filter(connection=connection, model=model, version=VERSION)
        .values_list("action_odoo_id", flat=True)
        .first()
    )


def run(odoo: Client, action: int, command: Command) -> dict[str, Any]:
    """Carry the command out, or find that it was before. Raises OdooError; what it made is in `made`.

    Running it twice with one key has one effect: the code looks for the key first, under the record's lock.
    """
    told = {
        "guard": VERSION,
        "key": command.key,
        "op": command.op,
        "expected": command.expected,
        "also": command.also_expected,
        "values": command.values,
        "data": {name: value for name, value in command.data.items() if name not in _OURS},
        "wanted": {**command.values, **command.wanted},
        "note": note_html(command),
        "attachments": evidence(command),
    }
    answer = odoo.call(
        "ir.actions.server",
        "run",
        [[action]],
        writes=True,
        context={
            **CONTEXT,
            "active_model": command.model,
            "active_id": command.record_odoo_id,
            "active_ids": [command.record_odoo_id],
            "controltower": told,
        },
    )
    outcome = answer.get("controltower") if isinstance(answer, dict) else None
    if not isinstance(outcome, dict) or outcome.get("guard") != VERSION:
        raise OdooRefused(
            "GuardForeign",
            "The server action of this command is not the tower's (any more): run `manage.py odoo_bootstrap`.",
        )
    return outcome
