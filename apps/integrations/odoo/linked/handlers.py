"""What happens in Odoo's other apps when something happened here."""

from django.utils import timezone

from apps.exceptions.models import Case
from apps.integrations.odoo.linked import leads, people, work
from apps.journal.models import Entry
from apps.journal.subscribers import subscribe


@subscribe("odoo leads", "shipment.delivered", "shipment.delayed")
def tell_leads(entries: list[Entry]) -> None:
    """Milestones become notes on the lead in CRM, each once (R5)."""
    leads.note(entries)


@subscribe("odoo work", "case.resolved")
def tell_work(entries: list[Entry]) -> None:
    """A case that is closed says so on the ticket or task it made (R10, R11)."""
    work.tell_closed(entries)


@subscribe("odoo chain", "case.opened", "case.changed")
def name_the_next(entries: list[Entry]) -> None:
    """A clock that ran out names who leads whoever should have acted (R15)."""
    late = {
        entry.subject
        for entry in entries
        if "breached" in (entry.payload.get("became") or ())
        or (entry.kind == "case.opened" and entry.payload.get("kind") == "approval_overdue")
    }
    if late:
        people.escalate(Case.objects.filter(public_id__in=late), timezone.now())
