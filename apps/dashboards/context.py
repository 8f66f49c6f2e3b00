"""What every full page needs around its own content; computed only when a template asks for it."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from apps.accounts.models import User
from apps.dashboards.menu import Entry, entries_for, views_for
from apps.dashboards.queries import frame

THEMES = ("light", "dark")


def shell(request: HttpRequest) -> dict[str, Any]:
    """`shell` for the templates: rail, counts, places, socket address, age of what Odoo said, theme, density.

    Lazy, so that a fragment costs no query of it.
    """
    return {"shell": SimpleLazyObject(lambda: Shell(request))}


class Shell:
    """The frame around a page for one viewer."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.theme = (
            request.COOKIES.get("theme", "") if request.COOKIES.get("theme") in THEMES else ""
        )
        self.density = "calm" if request.COOKIES.get("density") == "calm" else ""
        self.socket_url = socket_url(request)
        self.now: datetime = timezone.now()

    @property
    def user(self) -> User | None:
        user = getattr(self._request, "user", None)
        return user if isinstance(user, User) and user.is_authenticated else None

    @property
    def rail(self) -> list[Entry]:
        """The rooms this person may enter, with what waits in each."""
        return entries_for(self.user, self._request.path, self._counts) if self.user else []

    @property
    def views(self) -> list[Entry]:
        """The queue's ready-made views with their live counts."""
        return views_for(self.user, self._request, self._counts) if self.user else []

    @property
    def places(self) -> str:
        """The companies and, where they restrict, the warehouses this person sees."""
        return frame.places(self.user) if self.user else ""

    @property
    def odoo(self) -> frame.OdooAge:
        """When Odoo last answered the mirror."""
        return frame.odoo_age(self.user, self.now)

    @property
    def _counts(self) -> dict[str, int]:
        if not hasattr(self, "_cached_counts"):
            self._cached_counts = frame.rail_counts(self.user) if self.user else {}
        return self._cached_counts


def socket_url(request: HttpRequest) -> str:
    """Where this page's socket is: SOCKET_URL, else the same host on SOCKET_PORT."""
    if settings.SOCKET_URL:
        return str(settings.SOCKET_URL)
    scheme = "wss" if request.is_secure() else "ws"
    host = urlsplit(f"//{request.get_host()}").hostname or "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}:{settings.SOCKET_PORT}/live/"
