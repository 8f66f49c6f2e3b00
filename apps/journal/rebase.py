"""The journal after a dump and restore.

Entries carry the id of the transaction that wrote them, and cursors stand on (that id, entry id). A restored
cluster counts transactions from its own beginning, so old entries would lie above every horizon and new ones
below the cursors. Rebasing puts all old entries on one transaction id below every new one; their order is then
their own id. A subscriber that had entries before it starts again at the first of these, which hands over some a
second time: handlers are level-triggered or keyed, so that changes nothing (DESIGN, "The journal").
"""

from dataclasses import dataclass

from django.db import connection, transaction

from apps.journal.models import Cursor
from apps.journal.subscribers import all_subscribers

_BASE = 3  # below the first transaction any cluster gives to its users


@dataclass(frozen=True, slots=True)
class Rebased:
    """How many entries were put on the base, cursors set, and entries that will be handed over again."""

    entries: int
    cursors: int
    again: int


@transaction.atomic
def rebase() -> Rebased:
    """Put every entry on the base transaction id and each cursor where it loses nothing.

    Run it while no worker runs; the append-only trigger is off inside this transaction only.
    """
    again = 0
    places = {}
    for subscriber in all_subscribers():
        cursor = Cursor.objects.select_for_update().filter(subscriber=subscriber.name).first()
        stood = (cursor.xid, cursor.entry_id) if cursor else (0, 0)
        first, handed = _before(stood, list(subscriber.kinds))
        places[subscriber.name] = first
        again += handed
    with connection.cursor() as db:
        db.execute("ALTER TABLE journal_entry DISABLE TRIGGER journal_append_only")
        db.execute("UPDATE journal_entry SET xid = %s::text::xid8", [str(_BASE)])
        moved = db.rowcount
        db.execute("ALTER TABLE journal_entry ENABLE TRIGGER journal_append_only")
    for name, first in places.items():
        Cursor.objects.update_or_create(
            subscriber=name,
            defaults={"xid": _BASE, "entry_id": first, "failures": 0, "retry_at": None},
        )
    return Rebased(moved, len(places), again)


def _before(stood: tuple[int, int], kinds: list[str]) -> tuple[int, int]:
    """The entry id to stand on so that nothing unread lies behind, and how many read ones lie before it again."""
    with connection.cursor() as db:
        db.execute("SELECT coalesce(max(id), 0) FROM journal_entry")
        last = db.fetchone()[0]
        db.execute(
            "SELECT min(id) FROM journal_entry WHERE (xid, id) > (%s::text::xid8, %s) AND kind = ANY(%s)",
            [str(stood[0]), stood[1], kinds],
        )
        unread = db.fetchone()[0]
        if unread is None:
            return last, 0
        db.execute(
            "SELECT count(*) FROM journal_entry WHERE id > %s AND (xid, id) <= (%s::text::xid8, %s)"
            " AND kind = ANY(%s)",
            [unread, str(stood[0]), stood[1], kinds],
        )
        return unread - 1, db.fetchone()[0]
