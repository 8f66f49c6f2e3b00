"""What Celery wakes for Odoo's other apps."""

from celery import shared_task
from django.db import connection

from apps.integrations.odoo.line.side_by_side import each
from apps.integrations.odoo.linked import people, reading


@shared_task(name="odoo.linked", ignore_result=True)
def read_linked() -> None:
    """Read what installed apps say about our records, those that are due."""
    try:
        each(_read)
    finally:
        connection.close()


def _read(slug: str) -> None:
    if reading.run(slug):
        people.watch_approvers(slug)
