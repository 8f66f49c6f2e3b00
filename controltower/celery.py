"""Celery carries wake-ups; PostgreSQL carries truth. Tasks have no payload."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controltower.settings")
app = Celery("controltower")
app.config_from_object(settings.CELERY)
app.autodiscover_tasks()
