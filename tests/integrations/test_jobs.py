"""Long work: done in slices, resumed after a crash, stopped by a person, failed with a reason."""

import multiprocessing
import os
import signal
import threading

import pytest
from django.db import connection, connections

from apps.integrations import jobs
from apps.integrations.jobs import Fault, Impossible, Slice
from apps.integrations.models import Job
from apps.journal.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def kinds(monkeypatch):
    """Handlers of this test alone."""
    monkeypatch.setattr(jobs, "HANDLERS", {})
    return jobs.HANDLERS


def count_to(limit: int, step: int = 1):
    """Work that counts `step` things a slice."""

    def work(job: Job) -> Slice:
        at = job.cursor.get("at", 0)
        todo = min(step, limit - at)
        return Slice(cursor={"at": at + todo}, done=todo, total=limit, finished=at + todo == limit)

    return work


def test_a_job_is_done_slice_by_slice_with_its_progress(kinds):
    jobs.handler("count", "Count")(count_to(10, 4))
    job = jobs.start("count", "To ten", actor="usr_1")

    assert jobs.run() is False

    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.cursor) == ("done", 10, 10, {"at": 10})
    assert job.ended_at is not None
    told = Entry.objects.filter(subject=job.public_id).order_by("id")
    assert [entry.kind for entry in told] == ["job.started", "job.ended"]


def test_a_turn_that_is_over_leaves_the_rest_to_the_next(kinds):
    jobs.handler("count", "Count")(count_to(3))
    job = jobs.start("count", "To three", actor="usr_1")

    assert jobs.run(turn_s=-1) is True
    assert jobs.run() is False

    job.refresh_from_db()
    assert job.state == "done"


def test_what_an_error_left_half_done_is_undone_and_tried_again_after_a_rest(kinds):
    tries = []

    @jobs.handler("flaky", "Flaky")
    def work(job: Job) -> Slice:
        tries.append(1)
        if len(tries) == 1:
            Job.objects.filter(pk=job.pk).update(title="half done")
            raise ValueError("not today")
        return Slice(cursor={}, done=1, finished=True)

    job = jobs.start("flaky", "Flaky", actor="usr_1")
    jobs.run()
    job.refresh_from_db()
    assert (job.title, job.state, job.says) == ("Flaky", "running", "ValueError: not today")
    assert job.next_attempt_at is not None

    Job.objects.update(next_attempt_at=None)
    jobs.run()
    job.refresh_from_db()
    assert (job.state, job.says, job.attempts) == ("done", "", 0)


def test_a_job_that_always_fails_ends_with_the_reason_and_can_be_let_go_on(kinds):
    jobs.handler("broken", "Broken")(lambda job: 1 / 0)
    job = jobs.start("broken", "Broken", actor="usr_1")
    for _ in range(jobs.ATTEMPTS):
        Job.objects.update(next_attempt_at=None)
        jobs.run()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "ZeroDivisionError" in job.says

    kinds.clear()
    jobs.handler("broken", "Mended")(count_to(1))
    assert jobs.retry(job, actor="usr_1") is True
    jobs.run()
    job.refresh_from_db()
    assert (job.state, job.says) == ("done", "")


def test_what_no_attempt_can_help_fails_at_once_in_words(kinds):
    @jobs.handler("gone", "Gone")
    def work(job: Job) -> Slice:
        raise Impossible("The file is no longer there.")

    job = jobs.start("gone", "Gone", actor="usr_1")
    jobs.run()
    job.refresh_from_db()
    assert (job.state, job.says) == ("failed", "The file is no longer there.")


def _cancel_elsewhere(job_id: int) -> None:
    try:
        jobs.cancel(Job.objects.get(pk=job_id), actor="usr_2")
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_slice_whose_job_was_cancelled_meanwhile_is_undone(kinds):
    @jobs.handler("slow", "Slow")
    def work(job: Job) -> Slice:
        person = threading.Thread(target=_cancel_elsewhere, args=[job.pk])
        person.start()
        person.join(10)
        return Slice(cursor={"at": 1}, done=1, faults=[Fault(1, "odd")])

    job = jobs.start("slow", "Slow", actor="usr_1")
    jobs.run()

    job.refresh_from_db()
    assert (job.state, job.done, job.cursor) == ("cancelled", 0, {})
    assert not job.faults.exists()


def test_what_was_cancelled_is_not_taken_up_again(kinds):
    jobs.handler("count", "Count")(count_to(3))
    job = jobs.start("count", "To three", actor="usr_1")

    assert jobs.cancel(job, actor="usr_2") is True
    assert jobs.cancel(job, actor="usr_2") is False
    jobs.run()

    job.refresh_from_db()
    assert (job.state, job.done) == ("cancelled", 0)
    assert Entry.objects.get(kind="job.ended").actor == "usr_2"


def test_faults_are_kept_with_their_place_and_tidying_follows_the_end(
    kinds, django_capture_on_commit_callbacks
):
    tidied = []

    @jobs.handler("faulty", "Faulty", ended=lambda job: tidied.append(str(job.state)))
    def work(job: Job) -> Slice:
        fault = Fault(7, "malformed_payload", "no number", "k7")
        return Slice(cursor={}, failed=1, finished=True, faults=[fault], report={"files": 1})

    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.start("faulty", "Faulty", actor="usr_1")
        jobs.run()

    job.refresh_from_db()
    fault = job.faults.get()
    assert (fault.place, fault.reason, fault.detail, fault.about) == (
        7,
        "malformed_payload",
        "no number",
        "k7",
    )
    assert (job.failed, job.report, tidied) == (1, {"files": 1}, ["done"])


def _die_at_two(pipe) -> None:
    connections.close_all()
    jobs.HANDLERS.clear()

    @jobs.handler("deadly", "Deadly")
    def work(job: Job) -> Slice:
        at = job.cursor.get("at", 0) + 1
        if at == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return Slice(cursor={"at": at}, done=1)

    jobs.run()
    pipe.send("survived")


@pytest.mark.django_db(transaction=True)
def test_a_killed_workers_job_goes_on_after_its_last_slice(kinds):
    jobs.handler("deadly", "Deadly")(count_to(4))
    job = jobs.start("deadly", "Deadly", actor="usr_1")
    connection.close()
    here, there = multiprocessing.Pipe()
    worker = multiprocessing.get_context("fork").Process(target=_die_at_two, args=(there,))
    worker.start()
    worker.join(30)
    assert worker.exitcode == -signal.SIGKILL
    assert not here.poll()

    job.refresh_from_db()
    assert (job.state, job.done) == ("running", 1)
    jobs.run()

    job.refresh_from_db()
    assert (job.state, job.done, job.cursor) == ("done", 4, {"at": 4})
