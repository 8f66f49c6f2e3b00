"""Sockets: a small ASGI process that carries only what changed."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controltower.settings")
get_asgi_application()  # apps must be ready before the consumers are imported

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

# Celery's current app in this process, so that wake-ups go to our broker and not to Celery's default one.
import controltower.celery  # noqa: E402, F401
from apps.dashboards.live import routes  # noqa: E402

application = ProtocolTypeRouter(
    {"websocket": OriginValidator(AuthMiddlewareStack(URLRouter(routes)), settings.SOCKET_ORIGINS)}
)
