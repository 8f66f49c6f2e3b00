"""Tickets and tasks that a case made hear of its end (R10, R11)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.utils import timezone

from apps.exceptions.models import Case
from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState
from apps.integrations.odoo.command.kinds import KINDS
from apps.integrations.odoo.command.telling import tell
from apps.journal.models import Entry
from apps.journal.wake import wake

_MADE_BY: Final = ("create_ticket", "create_task")
_MODELS: Final = ("helpdesk.ticket", "project.task")


def tell_closed(entries: Iterable[Entry]) -> int:
    """One note per resolved case on what its own commands made in Odoo; returns how many commands were made.

    A person closes the ticket there: to which stage, only its team knows.
    """
    made = 0
    for entry in entries:
        commands = Command.objects.filter(
            cause=entry.subject, kind__in=_MADE_BY, state=CommandState.APPLIED
        )
        for command in commands:
            case = Case.objects.filter(public_id=entry.subject, state="resolved").first()
            for model, odoo_id in command.made if case else []:
                if case and model in _MODELS:
                    made += _note(case, command, model, int(odoo_id), entry)
    return made


def _note(case: Case, command: Command, model: str, odoo_id: int, entry: Entry) -> int:
    kind = KINDS["note_on_work"]
    row, new = Command.objects.get_or_create(
        key=f"{entry.public_id}/{odoo_id}"[:64],
        defaults={
            "connection": command.connection,
            "kind": kind.key,
            "op": kind.op,
            "model": model,
            "record_odoo_id": odoo_id,
            "record_name": str(command.data.get("given", {}).get("title") or f"{model} {odoo_id}")[
                :120
            ],
            "record_ref": command.record_ref,
            "intent": f"Tell Odoo that the case “{case.title}” is closed"[:300],
            "note": f"The case “{case.title}” was closed by {case.resolved_by}: {case.resolution}",
            "cause": case.public_id,
            "actor": "the control tower",
            "correlation_id": entry.correlation_id,
            "not_before": timezone.now(),
            "company_id": case.company_id,
            "warehouse_id": case.warehouse_id,
            "customer_id": case.customer_id,
        },
    )
    if new:
        tell(row)
        transaction.on_commit(lambda: wake("odoo.commands"))
    return int(new)
