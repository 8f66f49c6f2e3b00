"""What subscriptions do when something happened in the tower."""

from apps.integrations.outgoing import collecting
from apps.integrations.outgoing.catalog import OFFERS
from apps.journal.models import Entry
from apps.journal.subscribers import subscribe


@subscribe("outgoing events", *OFFERS)
def tell_subscribers(entries: list[Entry]) -> None:
    """An event becomes a delivery for everybody who hears of it."""
    collecting.enqueue(entries)
