"""manage.py odoo_reconcile: is the mirror what Odoo says? Ends with 0 only where nothing differed before mending."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.integrations.odoo.follow.reconcile import ModelReport, Report, reconcile
from apps.integrations.odoo.line.client import DEFAULT
from apps.integrations.odoo.line.connections import slugs
from apps.integrations.odoo.line.errors import OdooError


class Command(BaseCommand):
    """Compares every value of every record, and mends; a second run proves the mending."""

    help = "Compare the mirror with Odoo and mend it. Exit code 0 only if there was no difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--report", metavar="FILE", help="write differences, field by field, as JSON"
        )
        parser.add_argument("--connection", metavar="SLUG", help="one Odoo (default: all in use)")
        parser.add_argument(
            "--model", action="append", metavar="MODEL", help="only this model; may be repeated"
        )
        parser.add_argument("--quick", action="store_true", help="ids and write_date only")
        parser.add_argument("--no-mend", action="store_true", help="only say what differs")
        parser.add_argument(
            "--all-gone", action="store_true",
            help="what Odoo no longer shows was deleted, however much it is",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        reports = []
        names = [options["connection"]] if options["connection"] else slugs()
        for name in names:
            if name != DEFAULT or len(names) > 1:
                self.stdout.write(f"Connection {name}")
            self.stdout.write(f"{'model':<22}{'in Odoo':>9}{'in tower':>9}{'missing':>9}{'extra':>9}{'differ':>9}{'mended':>9}")  # fmt: skip
            reports.append(self._one(name, options))
        if options["report"]:
            text = json.dumps(
                [report.as_json() for report in reports], indent=1, ensure_ascii=False
            )
            Path(options["report"]).write_text(text + "\n", encoding="utf-8")
        wrong = sum(report.wrong for report in reports)
        refused = [model for report in reports for model in report.refused]
        if wrong or refused:
            unseen = f" {', '.join(refused)} could not be compared." if refused else ""
            raise CommandError(f"{wrong} records differed.{unseen}")
        self.stdout.write(self.style.SUCCESS("The mirror is what Odoo says."))

    def _one(self, connection: str, options: dict[str, Any]) -> Report:
        try:
            return reconcile(
                connection,
                full=not options["quick"],
                mend=not options["no_mend"],
                models=options["model"],
                show=self._show,
                all_gone=options["all_gone"],
            )
        except KeyError as error:
            raise CommandError(str(error.args[0])) from error
        except OdooError as error:
            raise CommandError(error.says) from error

    def _show(self, told: ModelReport) -> None:
        self.stdout.write(
            f"{told.model:<22}{told.in_odoo:>9}{told.in_tower:>9}{told.missing:>9}{told.extra:>9}{told.differing:>9}{told.mended:>9}"
        )
        fields = sorted({name for one in told.differences for name in one["fields"]})
        if fields:
            self.stdout.write(f"  differing: {', '.join(fields)}")
        if told.says:
            self.stdout.write(f"  {told.says}")
        self.stdout.flush()
