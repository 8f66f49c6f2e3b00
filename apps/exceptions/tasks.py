"""Celery entry points of the queue."""

from celery import shared_task
from django.utils import timezone

from apps.exceptions import services


@shared_task(name="exceptions.sweep_clocks", ignore_result=True)
def sweep_clocks() -> None:
    """Breached clocks, untouched cases, passed promises, overdue approvals."""
    services.sweep_clocks(timezone.now())


@shared_task(name="exceptions.sweep_silence", ignore_result=True)
def sweep_silence() -> None:
    """Packages and dispatches without the news they should have had by now."""
    services.sweep_silence(timezone.now())
