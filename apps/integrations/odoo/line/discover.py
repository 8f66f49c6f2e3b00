"""Which apps an Odoo has and what of them we may use. What is absent is done by the tower itself (R5 to R16).

Nothing is guessed: a model is asked for by name, and the answer kept with its time in OdooServer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils import timezone

from apps.integrations.models import OdooServer
from apps.integrations.odoo.line.client import DEFAULT, Client, client
from apps.integrations.odoo.line.errors import LoginRefused, ModelAbsent, OdooError, OdooRefused
from apps.integrations.odoo.line.wire import look
from apps.mirror.specs import SPECS

ABSENT: Final = "absent"
HIDDEN: Final = "hidden"
READ: Final = "read"
WRITE: Final = "write"
FRESH: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class App:
    """An app of Odoo that a company may have or not. used: what the tower does with it; instead: what without.

    by_admin: an admin sets it up once, the service user need not see it.
    """

    model: str
    title: str
    used: str
    instead: str
    by_admin: bool = False


APPS: Final[tuple[App, ...]] = (
    App("purchase.order", "Purchase", "mirrored, with its lines", "there are no inbound supplies"),
    App("mrp.production", "Manufacturing", "mirrored", "there are no productions to wait for"),
    App("mrp.workorder", "Work orders", "mirrored", "dates stand on the production alone"),
    App("stock.quant", "Stock levels", "mirrored by product and warehouse", "none are shown"),
    App(
        "base.automation",
        "Automation rules",
        "rules made by `odoo_bootstrap` wake the feed",
        "changes are found by polling",
        by_admin=True,
    ),
    App(
        "project.task",
        "Project",
        "tasks can be created, and their state is shown",
        "an activity on the record serves",
    ),
    App(
        "helpdesk.ticket",
        "Helpdesk",
        "tickets can be created, and their state is shown (untested: Enterprise)",
        "the tower's cases serve",
    ),
    App(
        "crm.lead",
        "CRM",
        "opportunity and account owner are shown; deliveries and delays are noted on the lead",
        "the customer and salesperson come from the order",
    ),
    App(
        "quality.check",
        "Quality checks",
        "a failed one is shown and keeps a held invoice from being released by proof alone (untested: Enterprise)",
        "cases and holds in the tower serve",
    ),
    App(
        "quality.alert",
        "Quality alerts",
        "an open one is shown and keeps a held invoice from being released by proof alone (untested: Enterprise)",
        "cases in the tower serve",
    ),
    App(
        "maintenance.equipment",
        "Maintenance: equipment",
        "its name and place tie downtime to work centres and warehouses",
        "downtime is not shown",
    ),
    App(
        "maintenance.request",
        "Maintenance: requests",
        "open ones are shown on the orders they concern",
        "downtime is not shown",
    ),
    App(
        "planning.slot",
        "Planning",
        "shifts of our people are read (untested: Enterprise)",
        "the teams' calendars in the tower serve",
    ),
    App("approval.request", "Approvals", "", "the tower's own approvals decide"),
    App("documents.document", "Documents", "", "evidence goes to the record's attachments"),
    App(
        "hr.employee.public",
        "Employees",
        "who is away, who leads whom, and who left but may still approve",
        "approvers are named in the tower",
    ),
)
"""R5, R6, R8 to R15, R19. An empty `used` says that the tower does nothing with the app yet."""

ALSO_READ: Final = (
    "ir.attachment",
    "account.move.line",
    "mail.message",
    "res.currency",
    "res.country",
    "res.users",
)
"""Read beside what is mirrored: names, currencies, the orders behind an invoice, our own notes."""


def models() -> list[str]:
    """Every model that is asked for: what is mirrored under all its names, what is read beside, the apps."""
    mirrored = [name for spec in SPECS for name in (spec.model, *spec.alternatives)]
    return list(dict.fromkeys([*mirrored, *ALSO_READ, *(app.model for app in APPS)]))


def standing(odoo: Client, model: str) -> str:
    """absent, hidden (no right to read), read or write. Raises OdooError when Odoo does not answer."""
    try:
        if not odoo.right(model, "read"):
            return HIDDEN
    except ModelAbsent:
        return ABSENT
    except LoginRefused:
        raise
    except OdooRefused:
        return HIDDEN
    return WRITE if odoo.may(model, "write") else READ


def refresh(connection: str = DEFAULT, odoo: Client | None = None) -> OdooServer:
    """Ask the server what it is and has, and keep the answer. Raises OdooError, with the former one kept."""
    odoo = odoo or client(connection)
    seen = look(odoo.credentials.url)
    found = {model: standing(odoo, model) for model in models()}
    row, _ = OdooServer.objects.update_or_create(
        connection=connection,
        defaults={
            "version": odoo.version,
            "transport": odoo.transport,
            "clock_ahead_s": seen.clock_ahead_s,
            "offers": found,
            "found_at": timezone.now(),
        },
    )
    return row


def refresh_stale(connection: str) -> bool:
    """Refresh what is older than a day; True when it was. An Odoo that is away keeps what was found before."""
    fresh = OdooServer.objects.filter(
        connection=connection, found_at__gt=timezone.now() - FRESH
    ).exists()
    if fresh:
        return False
    try:
        refresh(connection)
    except OdooError:
        return False  # the feed says so, with a case where it lasts
    return True


def has(connection: str, model: str, what: str = READ) -> bool:
    """Whether this Odoo was found to have a model that we may read (or write). Asks the database, never Odoo."""
    offers = OdooServer.objects.filter(connection=connection).values_list("offers", flat=True)
    found = (offers.first() or {}).get(model, ABSENT)
    return found == WRITE or (found == READ and what == READ)


def in_words(app: App, found: str) -> str:
    """One line for a person: there and used for what, or not there and what the tower does instead."""
    if found == ABSENT:
        return f"{app.title} ({app.model}): not installed; {app.instead}."
    if found == HIDDEN and not app.by_admin:
        return f"{app.title} ({app.model}): installed, but hidden from us; {app.instead}."
    if not app.used:
        return f"{app.title} ({app.model}): installed, not used by the tower yet; {app.instead}."
    return f"{app.title} ({app.model}): installed; {app.used}."
