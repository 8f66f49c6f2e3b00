"""One Odoo per dialect for the day's tests, watched by the tower's own feed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from django.test import Client as Browser

from apps.integrations.odoo import hooks
from apps.integrations.odoo.bootstrap import make_rules
from apps.integrations.odoo.follow import due, feed, hints
from apps.integrations.odoo.line.client import Client, Credentials
from apps.mirror.models import Feed
from tests.contract.client import Sandboxes, Server, User
from tests.contract.conftest import REAL, _real
from tests.integrations.odoo.conftest import point_at
from tests.walk import FAR

if REAL:

    @pytest.fixture(autouse=True)
    def _no_outside_network() -> None:
        """The real server may be anywhere."""


@pytest.fixture(scope="module", params=["real"] if REAL else ["18.0", "19.0"][: 2 if FAR else 1])
def server(request: pytest.FixtureRequest, sandboxes: Sandboxes) -> Server:
    return _real() if REAL else sandboxes.fresh(request.param)


@pytest.fixture(scope="module")
def admin(server: Server) -> User:
    return User(server, "admin", server.admin_password)


class Ear:
    """Takes what Odoo posts, at once, and keeps it for the tower."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append((self.path, body))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"


class Tower:
    """The tower beside the day: reads, and hears what it is told."""

    def __init__(self, server: Server, ear: Ear, browser: Browser) -> None:
        self.server, self.ear, self.browser = server, ear, browser
        self.told = 0

    def read(self) -> None:
        """What beat does once the interval is over: every feed, once, and to the end of a first load."""
        Feed.objects.update(due_at=None)
        while feed.run():
            continue

    def compare_as_asked(self) -> None:
        """What beat does every minute: reconcile what a feed asked for, and what is due by the clock."""
        while due.run("default"):
            continue

    def hear(self) -> int:
        """Take the hints that came and follow them. Answers how many records were brought by them."""
        while self.ear.heard:
            path, body = self.ear.heard.pop(0)
            answer = self.browser.post(path, body, content_type="application/json")
            assert answer.status_code in (202, 204)
            self.told += 1
        return hints.follow_all()

    def lose_webhooks(self, lose: bool) -> None:
        """On a real server the rules are switched off instead."""
        if self.server.is_sandbox:
            switch(self.server)("webhooks", drop=lose)


@pytest.fixture
def tower(
    db: None,
    settings: Any,
    server: Server,
    admin: User,
    client: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Tower]:
    """A tower with an empty mirror of this Odoo, whose automation rules post to it."""
    ear = Ear()
    point_at(settings, server)
    settings.PUBLIC_URL = ear.url
    monkeypatch.setattr(hints, "SETTLE_S", 0)
    list(make_rules(_by_admin(server), hooks.address()))
    yield Tower(server, ear, client)
    rules = admin("base.automation", "search", [["name", "like", "Control Tower: "]])
    admin("base.automation", "write", rules, {"active": False})
    ear.http.shutdown()
    ear.http.server_close()


def _by_admin(server: Server) -> Client:
    return Client(Credentials(server.url, server.database, "admin", server.admin_password, 60))


def switch(server: Server) -> Callable[..., dict[str, Any]]:
    """Change the sandbox behind its back: switch(server)("drift", model=…, ids=…, values=…)."""

    def post(name: str, **told: Any) -> dict[str, Any]:
        answer = httpx.post(f"{server.url}/sandbox/{name}", json=told, timeout=30)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return post


@pytest.fixture
def change(server: Server) -> Callable[..., dict[str, Any]]:
    return switch(server)
