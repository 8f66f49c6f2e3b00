"""Build the read model for analytics again."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.integrations import facts


class Command(BaseCommand):
    help = "Read every fact again; those that did not change keep their seq. Safe while the tower runs."

    def handle(self, *args: Any, **options: Any) -> None:
        """Mark everything, then fill it, and say how many rows were looked at."""
        marked = facts.mark_all()
        while facts.refresh(timezone.now()):
            continue
        self.stdout.write(f"{marked} facts")
