"""A real browser for the tests of open pages, and the server's end of their sockets."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, WebSocketRoute, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]

# For a hang, not a measurement: a busy machine may take longer than the five seconds that are the default.
expect.set_options(timeout=20_000)


@contextmanager
def chromium_of_this_machine() -> Iterator[Browser]:
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    assert found, "the browser tests need Chromium on the PATH"
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # Playwright's loop runs in the thread that makes the rows
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


class Line:
    """The server's end of the pages' sockets."""

    def __init__(self) -> None:
        self.open: list[WebSocketRoute] = []
        self.refuses = False

    def answer(self, socket: WebSocketRoute) -> None:
        if self.refuses:
            socket.close(code=1011)
            return
        self.open.append(socket)
        socket.on_message(lambda message: None)
        socket.send('{"t": "hello", "behind_s": 0}')

    def say(self, words: str) -> None:
        self.open[-1].send(words)

    def tell(self, *rows, new: bool = False) -> None:
        """Say that these rows changed."""
        kinds = {
            "cas": "case",
            "ord": "order",
            "shp": "shipment",
            "req": "request",
            "sup": "supply",
        }
        items = [
            f'{{"t": "{kinds[row.public_id[:3]]}", "id": "{row.public_id}", "v": {row.version}, "new": {str(new).lower()}, "also": []}}'
            for row in rows
        ]
        self.say(f"[{', '.join(items)}]")
