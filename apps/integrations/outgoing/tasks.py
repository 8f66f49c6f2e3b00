"""Celery entry points of outgoing events: wake-ups without payload."""

from celery import shared_task
from django.db import connection
from django.utils import timezone

from apps.integrations.outgoing import fetching, lanes


@shared_task(name="outgoing.deliver", ignore_result=True)
def deliver() -> None:
    """Let every lane that has something to send do so; returns before they are done."""
    try:
        lanes.start_due()
    finally:
        connection.close()


@shared_task(name="outgoing.agents", ignore_result=True)
def agents() -> None:
    """Leases that ran out, and agents that no longer ask."""
    try:
        fetching.sweep(timezone.now())
    finally:
        connection.close()


@shared_task(name="outgoing.forget", ignore_result=True)
def forget() -> None:
    """Keep what is remembered of taken events within its bounds."""
    try:
        lanes.forget_old(timezone.now())
    finally:
        connection.close()
