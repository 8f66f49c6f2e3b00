"""Work for people in Odoo: an activity, a note, a task, a ticket where the app is there."""

from __future__ import annotations

from typing import Any, Final

from django.utils.html import escape

from apps.integrations.models import OdooServer
from apps.integrations.odoo.command.kinds.base import (
    CREATE,
    GUARD,
    Ask,
    Choice,
    CommandKind,
    Plan,
    Values,
)
from apps.integrations.odoo.command.targets import Target
from apps.mirror.models import Picking, SaleOrder

ANY: Final = ("sale.order", "stock.picking", "account.move", "purchase.order", "mrp.production")


def _people(target: Target) -> list[Choice]:
    """Odoo's users as far as documents name them: salespeople and those responsible for transfers."""
    known: dict[int, str] = {}
    for rows, name in (
        (SaleOrder.objects.exclude(salesperson_odoo_id=None), "salesperson"),
        (Picking.objects.exclude(user_odoo_id=None), "user"),
    ):
        mine = rows.filter(connection=target.connection)
        pairs: Any = mine.order_by().values_list(f"{name}_odoo_id", name).distinct()[:200]
        known |= dict(pairs)
    return sorted(
        (Choice(str(user_id), name) for user_id, name in known.items()), key=lambda one: one.label
    )


def _activity(target: Target, data: Values) -> Plan:
    values: Values = {
        "date_deadline": data["due"],
        "summary": data["summary"],
        "note": f"<p>{escape(data.get('text', ''))}</p>",
    }
    if data.get("user"):
        values["user_id"] = int(data["user"])
    return Plan(
        intent=f"Schedule “{data['summary']}” on {target.title} for {data['due']}"[:300],
        note=f"Activity scheduled from the control tower: {data['summary']}",
        data=values,
    )


def _note(target: Target, data: Values) -> Plan:
    return Plan(intent=f"Note on {target.title}", note=data["text"])


def _offered(target: Target, model: str, app: str, instead: str) -> str:
    """Why Odoo cannot hold it: what was found when the tower last looked at what this Odoo offers (R8 to R15)."""
    server = OdooServer.objects.filter(connection=target.connection).first()
    fate = server.offers.get(model) if server else None
    if fate == "hidden":
        return f"Odoo has {app}, but the service user may not use it. {instead}"
    return f"This Odoo has no {app}. {instead}" if fate in (None, "absent") else ""


def _has_projects(target: Target) -> str:
    return _offered(
        target, "project.task", "Project", "Schedule an activity on the record instead."
    )


def _has_helpdesk(target: Target) -> str:
    return _offered(
        target, "helpdesk.ticket", "Helpdesk", "The tower's own case serves in its place."
    )


def _task(target: Target, data: Values) -> Plan:
    return Plan(
        intent=f"Create the task “{data['title']}” about {target.title}"[:300],
        note=data.get("text", ""),
        data={"project": data.get("project", "")},
        create=(
            "project.task",
            {
                "name": f"{data['title']} ({target.name})"[:300],
                **({"date_deadline": f"{data['due']} 12:00:00"} if data.get("due") else {}),
            },
            "description",
        ),
    )


def _ticket(target: Target, data: Values) -> Plan:
    return Plan(
        intent=f"Create the ticket “{data['title']}” about {target.title}"[:300],
        note=data.get("text", ""),
        create=(
            "helpdesk.ticket",
            {"name": f"{data['title']} ({target.name})"[:300]},
            "description",
        ),
    )


_DETAILS: Final = Ask("text", "Details", "long", required=False, limit=4000)

ACTIVITY = CommandKind(
    key="schedule_activity",
    title="Schedule an activity",
    models=ANY,
    form=GUARD,
    op="activity",
    method="activity_schedule",
    needs="command.work",
    done="Scheduled in Odoo.",
    asks=(
        Ask("summary", "What is to be done", limit=120),
        Ask("due", "Until", "date"),
        Ask("user", "By whom", "choice", required=False, choices=_people),
        _DETAILS,
    ),
    plan=_activity,
    by_hand=("Open {record} in Odoo.", "In the log press Activity and fill it in: {intent}."),
)
NOTE = CommandKind(
    key="note",
    title="Leave a note",
    models=ANY,
    form=GUARD,
    op="post",
    method="message_post",
    needs="command.work",
    done="Noted in Odoo.",
    asks=(Ask("text", "Note", "long", limit=4000),),
    plan=_note,
    fallback=True,
    by_hand=("Open {record} in Odoo.", "Press Log note and write: {intent}."),
)
TASK = CommandKind(
    key="create_task",
    title="Create a task",
    models=ANY,
    form=CREATE,
    op="create",
    method="project.task.create",
    needs="command.work",
    done="The task is in Odoo.",
    asks=(
        Ask("title", "Title", limit=120),
        Ask("project", "Project", required=False, hint="Its name in Odoo; empty: none.", limit=120),
        Ask("due", "Until", "date", required=False),
        _DETAILS,
    ),
    plan=_task,
    applies=_has_projects,
    app="project.task",
    by_hand=("Open Project in Odoo and press New.", "Fill in: {intent}.", "Name {record} in it."),
)
TICKET = CommandKind(
    key="create_ticket",
    title="Create a helpdesk ticket",
    models=ANY,
    form=CREATE,
    op="create",
    method="helpdesk.ticket.create",
    needs="command.work",
    done="The ticket is in Odoo.",
    asks=(Ask("title", "Title", limit=120), _DETAILS),
    plan=_ticket,
    applies=_has_helpdesk,
    app="helpdesk.ticket",
    by_hand=("Open Helpdesk in Odoo and press New.", "Fill in: {intent}.", "Name {record} in it."),
)
KINDS: Final[tuple[CommandKind, ...]] = (ACTIVITY, NOTE, TASK, TICKET)
