"""A page's end of a live socket, over the ASGI protocol itself."""

import json
from typing import Any

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.test import Client

from apps.dashboards.live import routes


class Socket(ApplicationCommunicator):
    """An open page: connects with the cookies of a browser, hears JSON."""

    def __init__(self, browser: Client) -> None:
        self.browser = browser
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
        super().__init__(
            AuthMiddlewareStack(URLRouter(routes)),
            {
                "type": "websocket", "path": "/live/", "query_string": b"", "subprotocols": [],
                "headers": [(b"cookie", cookie.encode())],
            },
        )  # fmt: skip

    async def open(self) -> None:
        """Shake hands; the server always accepts first, so that it can say why it closes."""
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output(3))["type"] == "websocket.accept"

    async def hear(self) -> Any:
        """The next frame."""
        frame = await self.receive_output(3)
        assert frame["type"] == "websocket.send", frame
        return json.loads(frame["text"])

    async def closed(self) -> int:
        """The code it was closed with."""
        frame = await self.receive_output(3)
        assert frame["type"] == "websocket.close", frame
        return int(frame["code"])

    async def hang_up(self) -> None:
        """The page goes away."""
        await self.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.wait(3)


async def page_of(user: Any) -> Socket:
    """A socket with the cookie of a browser in which this person signed in; None: nobody did."""
    browser = Client()
    if user is not None:
        await sync_to_async(browser.force_login)(user)
    return Socket(browser)
