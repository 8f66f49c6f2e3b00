"""Celery entry points of this room."""

from celery import shared_task
from django.utils import timezone

from apps.shipments import judging, learning


@shared_task(name="shipments.judge_again", ignore_result=True)
def judge_again() -> None:
    """What was told before, by the lines of the matrix that changed."""
    judging.judge_again(timezone.now())


@shared_task(name="shipments.learn", ignore_result=True)
def learn() -> None:
    """What usually takes how long, from what was delivered."""
    learning.learn(timezone.now())
