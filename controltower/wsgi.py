"""HTTP: pages and API, served by WSGI workers (measured five times faster than ASGI for DRF)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controltower.settings")
application = get_wsgi_application()

# Celery's current app in this process, so that wake-ups go to our broker and not to Celery's default one.
import controltower.celery  # noqa: E402, F401
