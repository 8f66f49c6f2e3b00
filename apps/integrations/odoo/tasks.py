"""What Celery wakes: the feed and the commands. Tasks carry no payload."""

from __future__ import annotations

from celery import shared_task
from django.db import connection

from apps.integrations.odoo import bypass, feed, hints, sending
from apps.journal.wake import wake


@shared_task(name="odoo.feed", ignore_result=True)
def feed_odoo() -> None:
    """Follow hints first, then whatever is due, with hints between models, and hints again."""
    try:
        hints.follow_all()
        if feed.run(between=lambda: hints.follow_all(patience_s=0)):
            wake("odoo.feed")
        bypass.sweep()
        hints.follow_all()
    finally:
        connection.close()


@shared_task(name="odoo.commands", ignore_result=True)
def send_commands() -> None:
    """Carry to Odoo what is due."""
    try:
        sending.drain()
    finally:
        connection.close()
