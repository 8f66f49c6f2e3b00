"""Times are UTC in the database and local on screen: the viewer's zone for each request."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class ViewerZoneMiddleware:
    """Activates the person's zone (their setting, else the browser's cookie `tz`, else UTC)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = getattr(request.user, "timezone", "") or request.COOKIES.get("tz", "")
        try:
            zone = ZoneInfo(wanted) if wanted else None
        except (ZoneInfoNotFoundError, ValueError, OSError):
            zone = None
        with timezone.override(zone):
            return self.get_response(request)
