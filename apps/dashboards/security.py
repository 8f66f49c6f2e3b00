"""What a browser may load, run and talk to on our pages: ours, and nothing written inline."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.dashboards.context import socket_url

_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' {socket}; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "manifest-src 'self'"
)


class ContentSecurityMiddleware:
    """A strict Content-Security-Policy on every answer that brings none of its own.

    `connect-src` names the socket's origin, because sockets are served by a process on its own port.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Content-Security-Policy" not in response:
            response["Content-Security-Policy"] = _PAGE.format(socket=_origin(socket_url(request)))
        response.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"
        )
        return response


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
