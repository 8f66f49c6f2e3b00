"""One id that ties together everything one cause brought about, across processes and systems."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from django.http import HttpRequest, HttpResponse

from apps.journal.ids import new_id

_current: ContextVar[str | None] = ContextVar("correlation_id", default=None)
_ACCEPTED = re.compile(r"^[A-Za-z0-9._:-]{8,64}$")


def current() -> str:
    """The correlation id of the work at hand; a fresh one when none was bound."""
    bound = _current.get()
    if bound is None:
        bound = new_id("cor")
        _current.set(bound)
    return bound


@contextmanager
def bound(correlation_id: str | None) -> Iterator[str]:
    """Everything inside carries this correlation id (a fresh one for None)."""
    value = correlation_id or new_id("cor")
    token = _current.set(value)
    try:
        with structlog.contextvars.bound_contextvars(correlation_id=value):
            yield value
    finally:
        _current.reset(token)


def accepted(given: str) -> str | None:
    """The id a gateway sent, when it is one that can be kept: 8 to 64 plain characters (R24)."""
    return given if _ACCEPTED.match(given) else None


class CorrelationMiddleware:
    """Takes X-Correlation-ID from a gateway unchanged (R24), else makes one; answers with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Correlation-ID", "")
        with bound(accepted(given)) as value:
            response = self.get_response(request)
            response.headers.setdefault("X-Correlation-ID", value)
            return response
