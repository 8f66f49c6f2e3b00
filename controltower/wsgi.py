"""HTTP: pages and API, served by WSGI workers (measured five times faster than ASGI for DRF)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controltower.settings")
_tower = get_wsgi_application()

# Celery's current app in this process, so that wake-ups go to our broker and not to Celery's default one.
from apps.integrations.door import in_front_of  # noqa: E402
from controltower.celery import collect_seldom  # noqa: E402

application = in_front_of(_tower)
collect_seldom()
