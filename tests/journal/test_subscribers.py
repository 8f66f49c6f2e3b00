"""A subscriber hears every entry once, whatever order transactions commit in."""

import threading
from collections.abc import Iterator

import pytest
from celery.signals import worker_shutting_down
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.journal import kinds, stopping
from apps.journal.models import Cursor, Entry, StuckEntry
from apps.journal.services import NewEntry, append
from apps.journal.subscribers import ATTEMPTS, Subscriber, drain
from tests.walk import examples

KIND = kinds.Kind("test.happened", 1, "Something a test did.", {"n": "a number"})
OTHER = kinds.Kind("test.other", 1, "Something nobody asked for.")


class Listener:
    """Collects what it is handed; can be told to choke on a number."""

    def __init__(self, name: str = "test") -> None:
        self.heard: list[int] = []
        self.chokes_on: int | None = None
        self.subscriber = Subscriber(name, (KIND.name,), self.take)

    def take(self, entries: list[Entry]) -> None:
        numbers = [entry.payload["n"] for entry in entries]
        if self.chokes_on in numbers:
            raise ValueError("choked")
        self.heard += numbers


@pytest.fixture
def real_horizon(settings: object, transactional_db: None) -> Iterator[None]:
    settings.JOURNAL_SEES_OWN_TRANSACTION = False  # type: ignore[attr-defined]
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE journal_entry")


def say(number: int, kind: kinds.Kind = KIND) -> None:
    append(NewEntry(kind.name, "tst_1", {"n": number}))


def test_entries_are_heard_once_and_in_order(real_horizon: None) -> None:
    listener = Listener()
    for number in range(5):
        say(number)
    drain(listener.subscriber)
    drain(listener.subscriber)
    assert listener.heard == [0, 1, 2, 3, 4]


def test_a_worker_that_is_asked_to_stop_leaves_the_rest_to_the_next(
    real_horizon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "_asked", threading.Event())
    listener = Listener()
    say(0)
    drain(listener.subscriber)
    for number in range(1, 6):
        say(number)
    worker_shutting_down.send(sender="worker", sig="TERM", how="Warm", exitcode=0)
    drain(listener.subscriber, limit=2)
    assert listener.heard == [0, 1, 2]


def test_a_tests_own_entries_are_heard_while_an_older_transaction_is_open(db: None) -> None:
    listener = Listener()
    older = connection.get_new_connection(connection.get_connection_params())
    try:
        older.execute("BEGIN")  # an autovacuum's may come at any moment
        older.execute("SELECT pg_current_xact_id()")
        say(1)
        drain(listener.subscriber)
    finally:
        older.close()
    assert listener.heard == [1]


def test_other_kinds_move_the_cursor_but_are_not_handed_over(real_horizon: None) -> None:
    listener = Listener()
    say(1, OTHER)
    say(2)
    drain(listener.subscriber)
    assert listener.heard == [2]


def test_an_entry_of_a_transaction_that_commits_late_is_not_lost(real_horizon: None) -> None:
    listener = Listener()
    opened, may_commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            say(1)
            opened.set()
            may_commit.wait(10)
        connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    opened.wait(10)
    say(2)  # later xid, commits first
    drain(listener.subscriber)
    before = list(listener.heard)
    may_commit.set()
    writer.join()
    drain(listener.subscriber)
    assert before == []
    assert listener.heard == [1, 2]


def test_a_handler_that_fails_leaves_no_trace_and_is_tried_again(real_horizon: None) -> None:
    listener = Listener()
    listener.chokes_on = 1
    say(1)
    drain(listener.subscriber)
    listener.chokes_on = None
    Cursor.objects.update(retry_at=None)
    drain(listener.subscriber)
    assert listener.heard == [1]


def test_one_bad_entry_is_set_aside_and_the_others_go_on(real_horizon: None) -> None:
    listener = Listener()
    listener.chokes_on = 2
    for number in (1, 2, 3):
        say(number)
    for _ in range(ATTEMPTS + 6):
        Cursor.objects.update(retry_at=None)
        drain(listener.subscriber)
    assert listener.heard == [1, 3]
    assert StuckEntry.objects.get().error.startswith("ValueError")


def test_the_journal_refuses_to_be_changed(real_horizon: None) -> None:
    say(1)
    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE journal_entry SET kind = 'x'")


def test_an_undeclared_kind_is_refused(db: None) -> None:
    with pytest.raises(KeyError):
        append(NewEntry("never.declared", "tst_1"))


@hypothesis_settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["say", "commit", "drain"])), max_size=24)
)
def test_interleaved_transactions_never_hide_an_entry(
    real_horizon: None, script: list[tuple[int, str]]
) -> None:
    """Four writers with open transactions, committing in any order, and a reader in between."""
    import psycopg
    from django.conf import settings

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE journal_entry")
    Cursor.objects.all().delete()
    listener, said = Listener(), []
    dsn = connection.get_connection_params()
    writers = [
        psycopg.connect(
            **{k: v for k, v in dsn.items() if k in ("dbname", "user", "password", "host", "port")}
        )
        for _ in range(4)
    ]
    insert = (
        "INSERT INTO journal_entry (public_id, kind, version, subject, payload, correlation_id, actor)"
        " VALUES (gen_random_uuid(), 'test.happened', 1, 'tst_1', jsonb_build_object('n', %s::int), 'cor', 'test')"
    )
    try:
        for step, (writer, what) in enumerate(script):
            if what == "say":
                writers[writer].execute(insert, [step])
                said.append(step)
            elif what == "commit":
                writers[writer].commit()
            else:
                drain(listener.subscriber)
        for writer in writers:
            writer.commit()
        drain(listener.subscriber)
    finally:
        for writer in writers:
            writer.close()
    assert settings.JOURNAL_SEES_OWN_TRANSACTION is False
    assert sorted(listener.heard) == said
