"""manage.py import: a file as many messages of a partner, with progress; go on where it stopped by running it again."""

import getpass
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.models import User
from apps.integrations import inbox, jobs
from apps.integrations.imports import keeping, services
from apps.integrations.imports.errors import BadFile
from apps.integrations.imports.records import SHAPES
from apps.integrations.models import Job, Partner
from apps.integrations.models.jobs import JobState

_FAULTS_SHOWN = 10


class Command(BaseCommand):
    """Works in the foreground; a worker that is faster takes slices of the same job."""

    help = (
        "Import a file as messages of a partner. Killed or interrupted, run it again: it goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("partner", metavar="PARTNER", help="slug of the partner")
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--format", choices=sorted(SHAPES), default="", help="default: as the file looks")  # fmt: skip
        parser.add_argument("--by", metavar="EMAIL", help="the person who vouches for the file")
        parser.add_argument("--apply", action="store_true", help="apply the messages here, too, instead of leaving it to the workers")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        partner = Partner.objects.filter(slug=options["partner"]).first()
        if partner is None:
            raise CommandError(f"There is no partner {options['partner']}.")
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is no file.")
        try:
            begun = services.begin(
                partner, keeping.chunks_of(path), name=path.name, actor=_actor(options["by"]),
                shape=options["format"],
            )  # fmt: skip
        except BadFile as error:
            raise CommandError(str(error)) from error
        job = begun.job
        if begun.is_resumed:
            self.stdout.write(f"{job.public_id} goes on after {job.done + job.failed:,} rows.")
        job = self._work(job)
        self._tell(job)
        if options["apply"]:
            self.stdout.write(f"{inbox.drain():,} messages applied.")

    def _work(self, job: Job) -> Job:
        """Do slices until the job has ended, whoever does them."""
        began, rows = time.monotonic(), job.done + job.failed
        while job.is_under_way:
            touched = job.touched_at
            jobs.run(job.pk, turn_s=0.0)
            job.refresh_from_db()
            passed = time.monotonic() - began
            self._progress(job, (job.done + job.failed - rows) / passed if passed else 0.0)
            if job.is_under_way and job.touched_at == touched:  # it rests, or a worker has it
                time.sleep(0.3)
        self.stdout.write("")
        return job

    def _progress(self, job: Job, rate: float) -> None:
        read, size = job.report.get("bytes", 0), job.report.get("size", job.params["size"])
        rows = job.done + job.failed
        left = (size - read) / read * rows / rate if read and rate else None
        remaining = "" if left is None else f", {left:,.0f} s left"
        line = f"{rows:,} rows, {read / size:.0%}, {rate:,.0f} rows/s{remaining}"
        self.stdout.write(f"\r{line:<70}", ending="")
        self.stdout.flush()

    def _tell(self, job: Job) -> None:
        report = job.report
        self.stdout.write(
            f"{job.public_id}: {report.get('new', 0):,} new, {report.get('known', 0):,} known,"
            f" {job.failed:,} not taken."
        )
        for fault in job.faults.order_by("place")[:_FAULTS_SHOWN]:
            self.stderr.write(f"  row {fault.place}: {fault.reason}: {fault.detail}")
        if job.failed > _FAULTS_SHOWN:
            self.stderr.write(f"  and {job.failed - _FAULTS_SHOWN:,} more (on the job's page)")
        if job.state != JobState.DONE:
            raise CommandError(f"The import has {job.get_state_display().lower()}: {job.says}")


def _actor(email: str | None) -> str:
    """A person's public id, or who is at the terminal: whoever can run this holds the database anyway."""
    if email is None:
        return f"shell:{getpass.getuser()}"
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        raise CommandError(f"There is nobody called {email}.")
    if not person.may("imports.run"):
        raise CommandError(f"{person.name} may not import files.")
    return str(person.public_id)
