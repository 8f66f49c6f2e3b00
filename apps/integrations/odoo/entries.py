"""What the way to Odoo writes into the journal."""

from apps.journal.kinds import Kind

COMMAND_CHANGED = Kind(
    "command.changed",
    1,
    "A command for Odoo was made or came a step further.",
    {
        "version": "version of the command after this change",
        "kind": "hold_invoice, release_invoice or note",
        "state": "waiting, sending, unsure, applied, refused, parked, shadowed, cancelled",
        "record": "Odoo's model and id, e.g. account.move,12",
        "cause": "public id of the hold, request or action run behind it",
        "changed": "when refused: names of the fields that are no longer as decided on",
        "also": "public ids of rows that this changes on screen",
    },
)
