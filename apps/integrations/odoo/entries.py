"""What the way to Odoo writes into the journal."""

from apps.journal.kinds import Kind

COMMAND_CHANGED = Kind(
    "command.changed",
    1,
    "A command for Odoo was made or came a step further.",
    {
        "version": "version of the command after this change",
        "kind": "what it does, e.g. validate_transfer (apps/integrations/odoo/kinds)",
        "state": "waiting, sending, unsure, applied, refused, parked, shadowed, cancelled, abandoned, by_hand, replaced",
        "reason": "why it waits for a person or was refused, as a code, or empty",
        "record": "Odoo's model and id, e.g. account.move,12",
        "cause": "public id of the hold, request, action run or record behind it",
        "changed": "when refused: names of the fields that are no longer as decided on",
        "also": "public ids of rows that this changes on screen",
    },
)

COMMAND_DENIED = Kind(
    "command.denied",
    1,
    "A command was refused at the door: not on the list, or not this person's to give.",
    {
        "kind": "what was asked for, as given",
        "record": "public id of the record, or empty where the person sees none",
        "reason": "not_on_list or not_allowed",
    },
)

CONNECTION_CHANGED = Kind(
    "odoo.connection_changed",
    1,
    "An Odoo database was connected, its settings changed, or it was switched off or on.",
    {
        "connection": "slug",
        "changed": "names of what changed: url, db, user, secret, transport, title, enabled; never a value",
    },
)

LINKED_CHANGED = Kind(
    "linked.changed",
    1,
    "What another app of Odoo's (CRM, Quality, Helpdesk, Project, attachments, …) says about an order, a shipment or "
    "a case changed.",
    {
        "models": "Odoo's models, e.g. quality.check",
        "blocks": "whether one of them keeps what it is about from going on without approval",
        "also": "public ids of rows that this changes on screen",
    },
)
