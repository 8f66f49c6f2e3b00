"""manage.py odoo_sync: bring the mirror up to date now, with progress; --full reads everything again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.integrations.odoo import feed
from apps.integrations.odoo.client import DEFAULT
from apps.mirror.models import Feed


class Command(BaseCommand):
    """Resumable: an interrupted load goes on where it stopped."""

    help = "Read Odoo now. What did not change stays as it is; --full reads every record again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--full", action="store_true", help="read every record again, from the first one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        feed.prepare(again=options["full"])
        Feed.objects.filter(connection=DEFAULT).update(due_at=None)
        more = True
        while more:  # each run is one slice of a long first load
            more = feed.run(show=self._show)
        wrong = Feed.objects.filter(connection=DEFAULT).exclude(error="").order_by("id")
        busy = Feed.objects.filter(connection=DEFAULT, due_at=None)
        if busy and not wrong:
            self.stdout.write(
                "Another process is reading " + ", ".join(row.model for row in busy) + " right now."
            )
        for row in wrong:
            self.stderr.write(f"{row.model}: {row.error}")
        if wrong:
            raise CommandError("Odoo could not be read completely; see `manage.py odoo_check`.")
        self.stdout.write(self.style.SUCCESS("The mirror is up to date."))

    def _show(self, progress: feed.Progress) -> None:
        left = "" if not progress.left_s else f", about {progress.left_s:.0f} s left"
        self.stdout.write(
            f"{progress.model:<20} {progress.loaded:>8} of {progress.total} records, {progress.per_s:.0f}/s{left}"
        )
        self.stdout.flush()
