"""The demo actor: it moves orders, speaks as three signed partners, and survives outages."""

import json
import random
import threading
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from apps.integrations.formats.schemes import SCHEMES
from sandbox.traffic import actor, messages, wire

SIGNS = {
    messages.UPS: "ups_credential",
    messages.EASYPOST: "easypost",
    messages.TPL: "standard_webhooks",
}


class FakeTower:
    """Takes partner messages; status is what it answers."""

    def __init__(self):
        self.status, self.seen, self.refused = 202, [], set()
        tower = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                slug = self.path.rsplit("/", 1)[1]
                tower.seen.append((slug, dict(self.headers), body))
                self.send_response(404 if slug in tower.refused else tower.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                return None

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def fake():
    made = FakeTower()
    yield made
    made.close()


@pytest.fixture
def player(sandbox, fake, tmp_path):
    """An actor whose clock jumps to the next due moment."""
    now = [0.0]
    odoo = wire.Odoo(sandbox.server.url, "odoo", "admin", "admin")
    made = actor.Actor(
        odoo,
        wire.Tower(fake.url),
        actor.PACES["rush"],
        tmp_path / "state.json",
        random.Random(7),
        lambda: now[0],
    )

    def play(ticks):
        for _ in range(ticks):
            now[0] += made.tick()
        return made

    return play


def test_orders_leave_are_delivered_and_invoiced(player, fake, admin):
    before = admin("sale.order", "search_count", [["state", "=", "sale"]])
    played = player(450)

    assert played.finished > 10
    assert admin("sale.order", "search_count", [["state", "=", "sale"]]) > before
    assert {slug for slug, _, _ in fake.seen} == set(messages.SLUGS.values())
    assert admin("account.move", "search_count", [["state", "=", "posted"]]) > 7


def test_every_message_is_signed_as_its_partner_signs(player, fake):
    player(160)

    assert len(fake.seen) > 20
    for slug, headers, body in fake.seen:
        SCHEMES[SIGNS[slug]].verify(body, headers, [messages.secret_of(slug)], datetime.now(UTC))


def test_some_messages_are_repeated_or_overtaken(player, fake):
    player(600)

    assert max(Counter(body for _, _, body in fake.seen).values()) > 1
    times = {}
    overtaken = 0
    for slug, _, body in fake.seen:
        if slug == messages.UPS:
            told = json.loads(body)
            moment = told["gmtActivityDate"] + told["gmtActivityTime"]
            overtaken += moment < times.get(told["trackingNumber"], "")
            times[told["trackingNumber"]] = moment
    assert overtaken


def test_a_tower_that_is_down_is_waited_for(player, fake):
    fake.status = 503
    played = player(60)
    assert played.finished == 0
    waiting = len(played.due)

    fake.status = 202
    played = player(350)
    assert played.finished > 0
    assert waiting <= actor.PACES["rush"].stories


def test_a_partner_the_tower_does_not_know_holds_up_nobody_else(player, fake):
    fake.refused = {messages.TPL}
    played = player(400)

    assert played.finished > 3
    assert {slug for slug, _, _ in fake.seen} == set(messages.SLUGS.values())


def test_the_carrier_of_a_parcel_is_not_begun_twice(player, fake, sandbox, tmp_path):
    player(120)
    spoken = json.loads((tmp_path / "state.json").read_text())

    assert len(spoken) == len(set(spoken))
    odoo = wire.Odoo(sandbox.server.url, "odoo", "admin", "admin")
    again = actor.Actor(odoo, wire.Tower(fake.url), actor.PACES["rush"], tmp_path / "state.json")
    adopted = again._adopt()
    assert adopted is None or adopted.parcel.tracking not in spoken
