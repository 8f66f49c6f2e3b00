"""manage.py odoo_check: can the tower work with its Odoo, and if not, what to do."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.integrations.odoo.check import check


class Command(BaseCommand):
    """Exit status 1 when something is missing."""

    help = "Say in words whether Odoo is reachable, which rights the service user lacks, and whether webhooks arrive."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for finding in check():
            wrong += not finding.ok
            mark = self.style.SUCCESS("ok     ") if finding.ok else self.style.ERROR("problem")
            self.stdout.write(f"{mark} {finding.says}")
        if wrong:
            raise SystemExit(1)
