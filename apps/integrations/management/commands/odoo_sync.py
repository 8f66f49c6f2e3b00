"""manage.py odoo_sync: bring the mirror up to date now, with progress; --full reads everything again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.integrations.odoo.follow import feed
from apps.integrations.odoo.line.client import DEFAULT
from apps.integrations.odoo.line.connections import slugs
from apps.mirror.models import Feed


class Command(BaseCommand):
    """Resumable: an interrupted load goes on where it stopped, also while it makes orders and shipments of it."""

    help = "Read Odoo now. What did not change stays as it is; --full reads every record again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--full", action="store_true", help="read every record again, from the first one"
        )
        parser.add_argument("--connection", metavar="SLUG", help="one Odoo (default: all in use)")

    def handle(self, *args: Any, **options: Any) -> None:
        names = [options["connection"]] if options["connection"] else slugs()
        for name in names:
            if name != DEFAULT or len(names) > 1:
                self.stdout.write(f"Connection {name}")
            self._sync(name, full=options["full"])
        found = Feed.objects.filter(connection__in=names, absent=False).order_by("id")
        wrong = found.exclude(error="")
        busy = found.filter(due_at=None)
        if busy and not wrong:
            self.stdout.write(
                "Another process is reading " + ", ".join(row.model for row in busy) + " right now."
            )
        for row in found.exclude(notice=""):
            self.stdout.write(f"{row.model}: {row.notice}")
        for row in wrong:
            self.stderr.write(f"{row.model}: {row.error}")
        if wrong:
            raise CommandError("Odoo could not be read completely; see `manage.py odoo_check`.")
        self.stdout.write(self.style.SUCCESS("The mirror is up to date."))

    def _sync(self, connection: str, *, full: bool) -> None:
        try:
            feed.prepare(connection, again=full)
            Feed.objects.filter(connection=connection).update(due_at=None)
            while feed.run(connection, show=self._show):  # each is one slice of a long first load
                continue
        except KeyError as error:
            raise CommandError(str(error.args[0])) from error

    def _show(self, progress: feed.Progress) -> None:
        left = "" if not progress.left_s else f", about {progress.left_s:.0f} s left"
        what = "made into the tower's" if progress.phase == "projecting" else "records"
        self.stdout.write(
            f"{progress.model:<20} {progress.loaded:>8} of {progress.total} {what}, {progress.per_s:.0f}/s{left}"
        )
        self.stdout.flush()
