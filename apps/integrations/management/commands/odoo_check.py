"""manage.py odoo_check: can the tower work with its Odoo, and if not, what to do."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.integrations.odoo.check import check
from apps.integrations.odoo.line import connections
from apps.integrations.odoo.line.errors import OdooError


class Command(BaseCommand):
    """Exit status 1 when something is missing."""

    help = (
        "Say in words whether each Odoo is reachable, over which transport, what it offers, which rights the "
        "service user lacks, and whether rules, guards and webhooks are there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--connection", metavar="SLUG", help="only this one; default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        names = [options["connection"]] if options["connection"] else connections.slugs()
        wrong = sum(self._one(name, heading=len(names) > 1) for name in names)
        if wrong:
            raise SystemExit(1)

    def _one(self, name: str, *, heading: bool) -> int:
        if heading:
            self.stdout.write(self.style.MIGRATE_HEADING(f"{name}:"))
        wrong = 0
        try:
            for finding in check(name):
                wrong += not finding.ok
                mark = self.style.SUCCESS("ok     ") if finding.ok else self.style.ERROR("problem")
                if finding.ok and finding.warns:
                    mark = self.style.WARNING("note   ")
                self.stdout.write(f"{mark} {finding.says}")
        except KeyError as error:
            raise CommandError(str(error.args[0])) from error
        except OdooError as error:  # a secret that was sealed under another SECRET_KEY
            self.stdout.write(f"{self.style.ERROR('problem')} {error.says}")
            wrong += 1
        return wrong
