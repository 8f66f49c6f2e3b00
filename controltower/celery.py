"""Celery carries wake-ups; PostgreSQL carries truth. Tasks have no payload."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controltower.settings")
app = Celery("controltower")
app.config_from_object(settings.CELERY)
app.autodiscover_tasks()
# Whatever thread asks for Celery's current app gets this one. Celery makes a default of its own for whoever asked before
# this was imported, and that one knows no broker of ours: its wake-ups would go nowhere for ever.
app.set_default()


@worker_init.connect
def collect_seldom(**_: Any) -> None:
    """Let this process collect its garbage once in 100,000 objects, not in 700.

    A batch makes some hundred thousand that all live until its end; the collector walked them over and over
    and found nothing. Measured: a quarter of the batch's processor time. The web process calls it too: what
    the loaded program consists of is never garbage.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
