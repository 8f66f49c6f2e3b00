"""What waits for others holds neither the pipe's threads nor its database connections."""

import threading

import pytest
from django.db import connection

from apps.integrations import jobs, outbound, tasks
from apps.integrations.odoo.line.locks import only_one
from apps.integrations.outgoing import lanes
from apps.integrations.outgoing.sending import Answer, Line
from apps.integrations.threads import Threads
from apps.journal import tasks as journal_tasks
from apps.journal.turns import Turns
from tests.integrations.outgoing.factories import goods_of, happens, subscribe

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_lane_has_no_database_connection_while_a_receiver_thinks(
    company, ines, settle, settings, monkeypatch
):
    """The pool of a process is smaller than its lanes are many: slow receivers would take it all."""
    settings.OUTGOING_ALLOW_PRIVATE = ["127.0.0.1"]
    row, _ = subscribe(ines, "http://127.0.0.1:9/events")
    happens("shipment.delivered", goods_of(None, company))
    settle()
    held: list[bool] = []

    def post(*_: object) -> Answer:
        held.append(connection.connection is not None)
        return Answer("sent", "", 204)

    monkeypatch.setattr(Line, "post", post)
    assert lanes.work_lane(row.pk) == 1
    assert held == [False]


def test_one_key_is_worked_on_once_at_a_time_and_never_more_keys_than_threads():
    gate, threads = threading.Event(), Threads("test", 2)
    assert threads.start(1, lambda _: gate.wait(20))
    assert not threads.start(1, lambda _: None)
    assert threads.start(2, lambda _: gate.wait(20))
    assert not threads.start(3, lambda _: None)
    gate.set()
    threads.wait()
    assert threads.start(3, lambda _: None)
    threads.wait()


def test_jobs_leave_threads_to_the_inbox(monkeypatch):
    ran: list[int] = []
    beside: list[list[int]] = []

    def run() -> bool:
        ran.append(1)
        if len(ran) == 1:
            tasks.run_jobs()  # another wake-up, while all the room is taken
            beside.append(list(ran))
        return False

    monkeypatch.setattr(jobs, "run", run)
    monkeypatch.setattr(tasks, "_jobs", Turns(1))
    tasks.run_jobs()
    assert beside == [[1]]  # it came back at once and ran nothing
    assert ran == [1, 1]  # and was looked for afterwards


def test_wake_ups_of_the_journal_leave_threads_to_the_inbox(monkeypatch):
    """Six threads of a worker: however many wake-ups come, two serve the subscribers."""
    inside, gate = threading.Semaphore(0), threading.Event()
    running: list[int] = []

    def drains() -> None:
        running.append(1)
        inside.release()
        gate.wait(20)

    monkeypatch.setattr(journal_tasks, "_until_settled", drains)
    threads = [threading.Thread(target=journal_tasks.drain_journal) for _ in range(6)]
    for thread in threads:
        thread.start()
    assert all(inside.acquire(timeout=20) for _ in range(2))
    for thread in threads:
        thread.join(0.5)
    assert sum(thread.is_alive() for thread in threads) == len(running) == 2
    gate.set()
    for thread in threads:
        thread.join(20)


@pytest.mark.django_db(transaction=True)
def test_one_worker_at_a_time_waits_for_the_mail_server(monkeypatch):
    sent: list[int] = []
    monkeypatch.setattr(outbound, "send_due", lambda: sent.append(1))
    holds, let_go = threading.Event(), threading.Event()

    def other() -> None:
        try:
            with only_one("outbound/send") as mine:
                assert mine
                holds.set()
                let_go.wait(20)
        finally:
            connection.close()

    worker = threading.Thread(target=other)
    worker.start()
    assert holds.wait(20)
    tasks.send_mail()
    let_go.set()
    worker.join(20)
    assert sent == []
    tasks.send_mail()
    assert sent == [1]
