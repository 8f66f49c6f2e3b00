"""What the edge does when something happened in the rooms below."""

from apps.integrations import asking, facts
from apps.integrations.mappings import unmapped
from apps.integrations.odoo import handlers as _odoo  # noqa: F401  commands to Odoo
from apps.integrations.odoo.linked import handlers as _linked  # noqa: F401  other apps of Odoo's
from apps.integrations.outgoing import handlers as _outgoing  # noqa: F401  subscriptions
from apps.journal.models import Entry
from apps.journal.subscribers import subscribe


@subscribe("partner mail", "action.requested")
def mail_requests(entries: list[Entry]) -> None:
    """An action taken from a case becomes a mail to the partner."""
    for entry in entries:
        asking.ask(entry)


@subscribe("facts", *facts.KINDS)
def mark_facts(entries: list[Entry]) -> None:
    """What changed is exported anew: marked here, read later (facts.refresh)."""
    facts.mark(entries)


@subscribe("unmapped codes", "event.unmapped")
def count_unmapped(entries: list[Entry]) -> None:
    """Codes that no table knows are counted, for the list from which they are mapped."""
    unmapped.count(entries)
