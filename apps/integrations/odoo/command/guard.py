"""Run a command through the server action that compares, acts and posts the key in one transaction (FACTS 8, b)."""

from __future__ import annotations

from typing import Any, Final

from apps.integrations.models import Command, OdooGuard
from apps.integrations.odoo.command.guard_code import VERSION
from apps.integrations.odoo.command.writing import evidence, note_html
from apps.integrations.odoo.line.client import CONTEXT, Client, Credentials
from apps.integrations.odoo.line.errors import FOREIGN, OdooRefused

_OURS: Final = ("given", "digest", "old")
"""What `Command.data` holds for the tower only."""
_GONE: Final = "The server action of this command is no longer in Odoo."
_CHANGED: Final = "The server action of this command is not the tower's (any more)."
_MEND: Final = "An administrator runs `manage.py odoo_bootstrap`."


def action_of(connection: str, model: str) -> int | None:
    """Odoo's id of the guard of a model, where `odoo_bootstrap` has made the one that this code speaks to.

    In this very database: in another one the same id is somebody else's server action.
    """
    place = Credentials.of(connection).place
    return (
        OdooGuard.objects.filter(connection=connection, model=model, version=VERSION, place=place)
        .values_list("action_odoo_id", flat=True)
        .first()
    )


def _forget(command: Command, action: int) -> None:
    """What answered under this id is not the tower's: it is never run again; bootstrap finds or makes the right one."""
    OdooGuard.objects.filter(connection=command.connection, action_odoo_id=action).delete()


def run(odoo: Client, action: int, command: Command) -> dict[str, Any]:
    """Carry the command out, or find that it was before. Raises OdooError; what it made is in `made`.

    Running it twice with one key has one effect: the code looks for the key first, under the record's lock. `short`
    is what a released order still lacks, as [goods, wanted, reserved].
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
    try:
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
    except OdooRefused as error:
        if error.name == "MissingError" and "ir.actions.server(" in error.says:
            _forget(command, action)
            raise OdooRefused(FOREIGN, f"{_GONE} {_MEND}") from error
        raise
    outcome = answer.get("controltower") if isinstance(answer, dict) else None
    if not isinstance(outcome, dict) or outcome.get("guard") != VERSION:
        _forget(command, action)
        raise OdooRefused(FOREIGN, f"{_CHANGED} {_MEND}")
    return outcome
