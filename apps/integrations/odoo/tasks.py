"""What Celery wakes: the feed and the commands. Tasks carry no payload."""

from __future__ import annotations

from celery import shared_task
from django.db import connection

from apps.integrations.odoo.command import bypass, sending
from apps.integrations.odoo.follow import due, feed, hints
from apps.integrations.odoo.line import discover
from apps.integrations.odoo.line.side_by_side import each
from apps.journal.wake import wake


@shared_task(name="odoo.feed", ignore_result=True)
def feed_odoo() -> None:
    """Read every connection, each in a lane of its own."""
    try:
        each(_read)
    finally:
        connection.close()


def _read(slug: str) -> None:
    """Follow hints first, then whatever is due, with hints between models, and hints again."""
    hints.follow_all(slug)
    if feed.run(slug, between=lambda: hints.follow_all(slug, patience_s=0)):
        wake("odoo.feed")
    bypass.sweep(slug)
    hints.follow_all(slug)


@shared_task(name="odoo.reconcile", ignore_result=True)
def reconcile_odoo() -> None:
    """Compare what is due, some models at a time."""
    try:
        each(_reconcile)
    finally:
        connection.close()


def _reconcile(slug: str) -> None:
    if due.run(slug):
        wake("odoo.reconcile")


@shared_task(name="odoo.discover", ignore_result=True)
def discover_odoo() -> None:
    """Ask each Odoo what it offers, once a day."""
    try:
        each(discover.refresh_stale)
    finally:
        connection.close()


@shared_task(name="odoo.commands", ignore_result=True)
def send_commands() -> None:
    """Carry to Odoo what is due."""
    try:
        sending.drain()
    finally:
        connection.close()
