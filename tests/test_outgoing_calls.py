"""No call leaves the tower without a time limit (R232), and no page and no door waits for one (R234)."""

import ast
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse

from apps.integrations import inbox
from apps.integrations.models import Message
from tests.fuzzing.world import World
from tests.integrations.factories import batch, make_partner, post
from tests.integrations.polling_ground import make_poll
from tests.test_permissions import ADDRESSES, OPEN

ROOT = Path(__file__).resolve().parents[1]
# Who calls out, by full name, and the arguments that limit it. Every method of a client that is made with a limit
# has it; those that are made anew for each call are listed with their functions.
LIMITS = {
    "httpx.Client": {"timeout"},
    "httpx.AsyncClient": {"timeout"},
    "urllib.request.urlopen": {"timeout"},
    "socket.create_connection": {"timeout"},
    "http.client.HTTPConnection": {"timeout"},
    "http.client.HTTPSConnection": {"timeout"},
    "smtplib.SMTP": {"timeout"},
    "smtplib.SMTP_SSL": {"timeout"},
    "odoorpc.ODOO": {"timeout"},
    "psycopg.connect": {"connect_timeout"},
    "psycopg.AsyncConnection.connect": {"connect_timeout"},
    "redis.Redis": {"socket_timeout"},
    "redis.Redis.from_url": {"socket_timeout", "socket_connect_timeout"},
    "redis.from_url": {"socket_timeout", "socket_connect_timeout"},
    "redis.asyncio.from_url": {"socket_timeout", "socket_connect_timeout"},
    "django.core.mail.get_connection": {"timeout"},
    **{f"httpx.{verb}": {"timeout"} for verb in ("get", "post", "put", "patch", "delete", "request", "stream")},
    **{f"requests.{verb}": {"timeout"} for verb in ("get", "post", "put", "patch", "delete", "request", "Session")},
}  # fmt: skip
# Ways out that bring no limit of their own: who uses one is looked at by a person, and stands here with the reason.
LOOKED_AT = {
    "httpcore": {
        "apps/integrations/outgoing/sending.py": "every call carries the extension timeout, asserted below",
        "apps/integrations/outgoing/guard.py": "connects with the limit it is given, and watches the whole call",
    },
    "smtplib": {"apps/integrations/outbound.py": "names its errors only; the connection has TIMEOUT_S"},
    "aiohttp": {},
    "ftplib": {},
    "imaplib": {},
    "paramiko": {},
    "poplib": {},
    "telnetlib": {},
    "websockets": {},
    "xmlrpc.client": {},
}  # fmt: skip


def unlimited(tree: ast.Module) -> list[tuple[int, str]]:
    """(line, name) of every call that goes out without its limits."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                names[one.asname or one.name.split(".")[0]] = (
                    one.name if one.asname else one.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                names[one.asname or one.name] = f"{node.module}.{one.name}"
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func, names)
            given = {one.arg for one in node.keywords}
            if name in LIMITS and not LIMITS[name] <= given:
                found.append((node.lineno, name))
    return found


def _name(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value, names)}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _ways_out(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {way for way in LOOKED_AT for name in found if name == way or name.startswith(f"{way}.")}


@pytest.fixture(scope="module")
def code() -> dict[str, ast.Module]:
    """Every module that runs in production, by path; migrations call nobody."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for room in ("apps", "controltower", "sandbox")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
    }


@pytest.mark.parametrize(
    "source",
    [
        "import httpx\nhttpx.get('http://x')",
        "import httpx as web\nweb.Client(headers={})",
        "from urllib.request import urlopen\nurlopen('http://x')",
        "import urllib.request\nurllib.request.urlopen('http://x', b'')",
        "from odoorpc import ODOO as Odoo\nOdoo('x')",
        "import redis\nredis.Redis.from_url('x', socket_timeout=1)",
        "import psycopg\npsycopg.connect('x', autocommit=True)",
        "from django.core import mail\nmail.get_connection()",
    ],
)
def test_a_call_without_a_limit_is_found_however_it_is_written(source):
    assert [line for line, _ in unlimited(ast.parse(source))] == [2]


def test_no_call_goes_out_without_a_time_limit(code):
    found = [
        f"{path}:{line} {name}" for path, tree in code.items() for line, name in unlimited(tree)
    ]
    assert found == []


def test_whoever_opens_another_way_out_was_looked_at(code):
    used = {(way, path) for path, tree in code.items() for way in _ways_out(tree)}
    known = {(way, path) for way, paths in LOOKED_AT.items() for path in paths}
    assert used == known


def test_a_call_to_a_subscriber_is_limited_in_each_of_its_parts(monkeypatch):
    from apps.integrations.outgoing import sending

    seen = []

    class Pool:
        def stream(self, *args, **kwargs):
            seen.append(kwargs["extensions"]["timeout"])
            raise OSError("far enough")

        def close(self):
            seen.append("closed")

    class Network:
        def begin(self):
            seen.append("watched")

    line = sending.Line()
    monkeypatch.setattr(sending.Line, "_opened", lambda self, to: (Pool(), Network()))
    monkeypatch.setattr(configured, "OUTGOING_ALLOW_PRIVATE", ["127.0.0.1"])
    from django.utils import timezone

    line.post("http://127.0.0.1:9/", "{}", ["whsec_" + "A" * 32], "x", timezone.now())
    assert seen[0] == "watched"
    assert set(seen[1]) == {"connect", "read", "write", "pool"}
    assert all(limit > 0 for limit in seen[1].values())


def test_engines_are_asked_with_limits_too():
    assert configured.DATABASES["default"]["OPTIONS"]["connect_timeout"]
    [valkey] = configured.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"]
    for limits in (valkey, configured.CACHES["default"]["OPTIONS"], configured.CELERY["broker_transport_options"]):  # fmt: skip
        assert limits["socket_timeout"] > 0
        assert limits["socket_connect_timeout"] > 0
    assert configured.EMAIL_TIMEOUT > 0


# ---- no page waits for anybody

ASKS_BY_DESIGN = {"linked_file": "a file that lies in Odoo is fetched when a person clicks on it"}


@pytest.fixture
def dialled(monkeypatch) -> list[object]:
    """Every address that anybody connects to over the network; our own engines have sockets in files."""
    addresses: list[object] = []

    def refuse(self: socket.socket, address: object) -> None:
        addresses.append(address)
        raise ConnectionRefusedError(111, "no page may call anybody")

    connect = socket.socket.connect

    def watched(self: socket.socket, address: object) -> None:
        return refuse(self, address) if isinstance(address, tuple) else connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    return addresses


@pytest.fixture
def world(db, settings) -> World:
    """One of each thing, an Odoo that would be asked, a carrier that would be polled."""
    settings.OUTGOING_ALLOW_PRIVATE = ["127.0.0.1"]
    settings.ODOO_URL = "http://127.0.0.1:9"
    make_poll()
    return World()


def test_what_watches_the_network_sees_a_call(dialled):
    with pytest.raises(OSError, match="no page"):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    assert dialled == [("127.0.0.1", 9)]


@pytest.mark.django_db
def test_no_page_and_no_read_of_the_api_calls_anybody(world, dialled):
    """Each as the first of these roles that is let in."""
    people = [_signed_in(world, role) for role in ("integration", "finance", "customer")]
    shown = 0
    for name, path in _pages(world):
        if name in OPEN or name in ASKS_BY_DESIGN:
            continue
        answers = (client.get(path).status_code for client in people)
        shown += 200 in answers
        assert dialled == [], (name, path)
    assert shown > 60


def _pages(world: World) -> Iterator[tuple[str, str]]:
    """Every address without a parameter, and one of each record's."""
    for name, path, _ in ADDRESSES:
        if "x_0000" not in path and not path.endswith("/x/"):
            yield name, path
    records = {
        "order": "orders", "api-order": "orders", "shipment": "shipments", "api-shipment": "shipments",
        "api-shipment-events": "shipments", "case": "cases", "api-case": "cases", "approval": "approvals",
        "api-approval": "approvals", "api-hold": "holds", "message": "message_id", "api-message": "message_id",
        "partner": "partner", "partner_try": "partner", "subscription": "subscription_id",
        "linked_on": "orders", "commands_on": "shipments", "customer_view": "orders", "my_order": "orders",
    }  # fmt: skip
    for name, thing in records.items():
        yield name, reverse(name, args=[world.ids[thing]])
    message = Message.objects.get(public_id=world.ids["message_id"])
    yield "correlation", reverse("correlation", args=[message.correlation_id])
    yield "polling", reverse("polling", args=["ups-asked"])
    yield "command_new", reverse("command_new", args=["note", world.ids["orders"]])


def _signed_in(world: World, role: str) -> Client:
    from apps.accounts.models import ApiClient

    client = Client()
    client.force_login(ApiClient.objects.get(name=f"{role} {role}").acts_as)
    return client


@pytest.mark.django_db
def test_the_door_calls_nobody_whatever_it_is_told(dialled, settings):
    settings.ODOO_URL = "http://127.0.0.1:9"
    partner = make_partner(rate_per_minute=None)
    answers = [
        post(partner, batch("m1", "AB1", code="delivered")),
        post(partner, batch("m1", "AB1", code="delivered")),
        post(partner, batch("m1", "AB1", code="in_transit")),
        post(partner, b"{"),
        post("nobody", json.dumps({}).encode()),
    ]
    assert [one.status_code for one in answers] == [202, 200, 200, 400, 404]
    inbox.drain()
    assert dialled == []
