"""The first middleware: a partner's POST goes straight to the door.

Measured (`make bench`): sessions, sign-in, templates' middleware and sixty address patterns cost a message more
than everything the door does with it, and none of them has anything to say to a signed machine. What they would
add that matters, the correlation id, is added here.
"""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

_PREFIX: Final = "/api/v1/messages/"


class DoorMiddleware:
    """Hands `POST /api/v1/messages/<partner>[/]` to the door; everything else takes the ordinary way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if request.method == "POST" and path.startswith(_PREFIX):
            slug = path[len(_PREFIX) :].removesuffix("/")
            if slug and "/" not in slug:
                from apps.integrations.api import receive_message  # when all rooms are loaded

                return receive_message(request, slug)
        return self.get_response(request)
