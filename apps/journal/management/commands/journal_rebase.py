"""`manage.py journal_rebase`: after a dump and restore, before the workers start."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.journal.rebase import rebase


class Command(BaseCommand):
    """The restored cluster counts transactions from its own beginning; the journal is put below that."""

    help = "Make the journal readable again in a database that was restored from a dump."

    def handle(self, *args: Any, **options: Any) -> None:
        done = rebase()
        self.stdout.write(f"{done.entries} entries rebased, {done.cursors} cursors set.")
        if done.again:
            self.stdout.write(
                f"{done.again} entries are handed over again; their effects are not doubled."
            )
