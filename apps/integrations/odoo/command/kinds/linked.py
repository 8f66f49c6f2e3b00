"""What the tower itself tells records of other apps: notes, by the rules of apps/integrations/odoo/linked."""

from __future__ import annotations

from typing import Final

from apps.integrations.odoo.command.kinds.base import WRITE, CommandKind

NOTE_ON_LEAD = CommandKind(
    key="note_on_lead",
    title="Note on the lead",
    models=("crm.lead",),
    form=WRITE,
    op="write",
    method="write",
    needs="command.work",
    done="Noted on the lead in CRM.",
    decided=True,
    app="crm.lead",
    by_hand=("Open {record} in Odoo's CRM.", "Press Log note and write: {intent}."),
)
NOTE_ON_WORK = CommandKind(
    key="note_on_work",
    title="Note on the ticket or task",
    models=("helpdesk.ticket", "project.task"),
    form=WRITE,
    op="write",
    method="write",
    needs="command.work",
    done="Noted in Odoo.",
    decided=True,
    by_hand=("Open {record} in Odoo.", "Press Log note and write: {intent}."),
)
KINDS: Final[tuple[CommandKind, ...]] = (NOTE_ON_LEAD, NOTE_ON_WORK)
