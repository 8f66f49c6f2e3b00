"""In front of Django's handler: a partner's POST goes straight to the door.

Measured (`make bench`): the handler's signals, sessions, sign-in, templates' middleware and sixty address patterns
cost a message more than everything the door does with it, and none of them has anything to say to a signed machine.
What they would add that matters, the correlation id and an answer to what nobody foresaw, is added here.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse

_PREFIX: Final = "/api/v1/messages/"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Any]  # an iterable of bytes


def in_front_of(tower: Application) -> Application:
    """The WSGI application that hands `POST /api/v1/messages/<partner>[/]` to the door, everything else to tower.

    Without it those requests take the ordinary way, and are answered the same.
    """

    def application(environ: Environ, start_response: StartResponse) -> Any:
        slug = _partner(environ)
        if slug is None:
            return tower(environ, start_response)
        try:
            answer = _received(WSGIRequest(environ), slug)
        finally:
            close_old_connections()
        start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.items()))
        return [answer.content]

    return application


def _partner(environ: Environ) -> str | None:
    path = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] != "POST" or not path.startswith(_PREFIX):
        return None
    slug = path[len(_PREFIX) :].removesuffix("/")
    return slug if slug and "/" not in slug else None


def _received(request: HttpRequest, slug: str) -> HttpResponse:
    from apps.integrations.api import receive_message  # when all rooms are loaded

    answer = convert_exception_to_response(lambda one: receive_message(one, slug))(request)
    return cast(HttpResponse, answer)
