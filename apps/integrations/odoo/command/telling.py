"""What the journal hears of a command."""

from __future__ import annotations

from apps.integrations.models import Command
from apps.journal.services import NewEntry, append


def tell(command: Command) -> None:
    """Append what became of a command to the journal, in the caller's transaction."""
    append(
        NewEntry(
            "command.changed",
            command.public_id,
            {
                "version": command.version,
                "kind": command.kind,
                "state": str(command.state),
                "record": f"{command.model},{command.record_odoo_id}",
                "reason": command.reason,
                "cause": command.cause,
                "changed": [one["field"] for one in command.changed],
                "also": sorted({command.cause, command.record_ref} - {""}),
            },
            company_id=command.company_id,
            warehouse_id=command.warehouse_id,
            customer_id=command.customer_id,
            correlation_id=command.correlation_id,
        )
    )
