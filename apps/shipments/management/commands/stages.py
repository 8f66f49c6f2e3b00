"""`manage.py stages > docs/stages.md`: the tables of states and stages as a page."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.shipments.stages import page


class Command(BaseCommand):
    """Write docs/stages.md."""

    help = "Print the tables of states and stages (docs/stages.md)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")
