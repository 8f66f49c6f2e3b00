"""Celery entry points of the edge: wake-ups without payload."""

from celery import shared_task
from django.db import connection
from django.utils import timezone

from apps.accounts import idempotency
from apps.integrations import facts, hearing, inbox, jobs, outbound, store
from apps.integrations.imports import work as import_work
from apps.integrations.mappings import reviewing
from apps.integrations.odoo import tasks as _odoo  # noqa: F401  odoo.feed, odoo.commands
from apps.integrations.odoo.line.locks import only_one
from apps.integrations.odoo.linked import tasks as _linked  # noqa: F401  odoo.linked
from apps.integrations.outgoing import tasks as _outgoing  # noqa: F401  outgoing.deliver, .forget
from apps.integrations.polling import sweep
from apps.journal.turns import Turns
from apps.journal.wake import wake

# A slice of a job takes seconds, and the same threads drain the inbox and the journal.
_jobs = Turns(2)
# One reads while PostgreSQL works for the other; more threads of one process would only wait for each other,
# and leave none to the journal's subscribers.
_drains = Turns(2)


@shared_task(name="inbox.drain", ignore_result=True)
def drain_inbox() -> None:
    """Apply every stored message that is due."""
    try:
        _drains.take(inbox.drain)
    finally:
        connection.close()


@shared_task(name="outbound.send", ignore_result=True)
def send_mail() -> None:
    """Send the mails that are due, and find those that a crash left half sent; one worker at a time.

    A mail server that hangs then holds one thread of the pipe's worker, never all of them.
    """
    try:
        with only_one("outbound/send") as mine:
            if mine:
                outbound.send_due()
    finally:
        connection.close()


@shared_task(name="poll.sweep", ignore_result=True)
def ask_partners() -> None:
    """Let every poll that is due ask its partner; returns before they are done."""
    try:
        sweep.start_due()
    finally:
        connection.close()


@shared_task(name="poll.hear", ignore_result=True)
def hear_partners() -> None:
    """Notice the partners that should have spoken by now."""
    try:
        hearing.watch(timezone.now())
    finally:
        connection.close()


@shared_task(name="jobs.run", ignore_result=True)
def run_jobs() -> None:
    """Go on with the jobs that are under way, for one turn; however many wait, the inbox has threads left."""
    try:
        _jobs.take(_one_turn)
    finally:
        connection.close()


def _one_turn() -> None:
    if jobs.run():
        wake("jobs.run")


@shared_task(name="jobs.forget_files", ignore_result=True)
def forget_imported_files() -> None:
    """Remove the files of imports that stopped and were not taken up again."""
    try:
        import_work.forget_files()
    finally:
        connection.close()


@shared_task(name="mappings.take_effect", ignore_result=True)
def begin_mappings() -> None:
    """Say of approved mappings whose time has come that they are in force."""
    try:
        reviewing.take_effect()
    finally:
        connection.close()


@shared_task(name="jobs.forget_answers", ignore_result=True)
def forget_api_answers() -> None:
    """Drop what was answered to writes with an Idempotency-Key a week ago."""
    try:
        idempotency.forget(timezone.now())
    finally:
        connection.close()


@shared_task(name="inbox.forget_refusals", ignore_result=True)
def forget_refusals() -> None:
    """Keep what is noted of unsigned requests within its bounds."""
    try:
        store.forget_refusals(timezone.now())
    finally:
        connection.close()


@shared_task(name="facts.refresh", ignore_result=True)
def refresh_facts() -> None:
    """Read again what changed, for who exports facts."""
    try:
        facts.refresh(timezone.now())
    finally:
        connection.close()
