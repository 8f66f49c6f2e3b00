"""A restored database: old entries lie above the horizon until the journal is rebased."""

import pytest
from django.db import connection

from apps.journal import subscribers
from apps.journal.models import Cursor
from apps.journal.rebase import rebase
from apps.journal.subscribers import drain
from tests.journal.test_subscribers import Listener, say


@pytest.fixture
def restored(transactional_db, settings, monkeypatch):
    """Three entries as a busier cluster wrote them, of which the listener has read two."""
    settings.JOURNAL_SEES_OWN_TRANSACTION = False
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE journal_entry")
    Cursor.objects.all().delete()
    listener = Listener()
    monkeypatch.setattr(subscribers, "_subscribers", {"test": listener.subscriber})
    say(1)
    say(2)
    drain(listener.subscriber)
    say(3)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journal_entry DISABLE TRIGGER journal_append_only")
        cursor.execute(
            "UPDATE journal_entry SET xid = (xid::text::bigint + 1000000000)::text::xid8"
        )
        cursor.execute("ALTER TABLE journal_entry ENABLE TRIGGER journal_append_only")
    stood = Cursor.objects.get(subscriber="test")
    stood.xid += 1_000_000_000
    stood.save()
    yield listener
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE journal_entry")


def test_before_the_rebase_nothing_new_is_heard(restored):
    say(4)
    drain(restored.subscriber)
    assert restored.heard == [1, 2]


def test_after_the_rebase_the_unread_and_the_new_are_heard_once(restored):
    rebase()
    say(4)
    drain(restored.subscriber)
    assert restored.heard == [1, 2, 3, 4]


def test_the_journal_stays_append_only_afterwards(restored):
    rebase()
    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE journal_entry SET kind = 'x'")
