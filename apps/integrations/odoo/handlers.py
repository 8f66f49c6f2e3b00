"""What the way to Odoo does when something was decided, or changed there."""

from apps.integrations.odoo.command import approving, bypass, commands
from apps.integrations.odoo.line.connections import slugs
from apps.journal.models import Entry
from apps.journal.subscribers import subscribe


@subscribe("odoo commands", "hold.placed", "hold.released", "action.requested")
def make_commands(entries: list[Entry]) -> None:
    """A decision becomes a command, once."""
    for entry in entries:
        if entry.kind == "hold.placed":
            commands.hold_invoice(entry)
        elif entry.kind == "hold.released":
            commands.release_invoice(entry)
        elif entry.payload.get("action") == "request_redelivery":
            commands.redelivery_note(entry)


@subscribe("odoo approvals", "approval.granted", "approval.rejected", "approval.changed")
def follow_approvals(entries: list[Entry]) -> None:
    """An approval was granted, rejected or taken back: the command that waits for it goes out, or ends."""
    for entry in entries:
        approving.answered(entry)


@subscribe("odoo bypass", "invoice.changed")
def find_bypassed(entries: list[Entry]) -> None:
    """An invoice changed in Odoo: does it still hold what we hold?"""
    for slug in slugs():
        bypass.sweep(slug)
