"""Odoo's hints make the feed quick; they are never believed and a lost one costs nothing."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.integrations.models import OdooHook, Wakeup
from apps.integrations.odoo import hooks
from apps.integrations.odoo.bootstrap import RULES, make_rules
from apps.integrations.odoo.follow import hints
from apps.integrations.odoo.line.client import DEFAULT, Client, Credentials
from apps.integrations.odoo.line.locks import only_one
from apps.mirror.models import Contact, Feed, Move, Picking, SaleOrder
from tests.contract import make
from tests.integrations.odoo.conftest import SANDBOX_ONLY


def post(client, body, token=None):
    path = "/" + hooks.address().split("/", 3)[3]
    if token:
        path = f"/api/v1/odoo/{token}"
    return client.post(path, body, content_type="application/json")


@pytest.fixture
def at_once(monkeypatch):
    """Hints are due when they come."""
    monkeypatch.setattr(hints, "SETTLE_S", 0)


def test_a_hint_is_answered_at_once_and_kept(client, db):
    answer = post(
        client, {"_model": "sale.order", "_id": 7, "write_date": "2026-03-02 10:00:00.123456"}
    )

    assert answer.status_code == 202
    hint = Wakeup.objects.get()
    assert (hint.model, hint.record_odoo_id, hint.write_date) == (
        "sale.order",
        7,
        "2026-03-02 10:00:00.123456",
    )
    assert hint.not_before > timezone.now()
    assert OdooHook.objects.get().heard_at is not None


def test_a_burst_about_one_record_is_one_hint_with_the_latest_date(client, db):
    for second in ("01", "03", "02"):
        post(client, {"_model": "sale.order", "_id": 7, "write_date": f"2026-03-02 10:00:{second}"})

    assert Wakeup.objects.get().write_date == "2026-03-02 10:00:03"


def test_a_stream_of_hints_does_not_put_the_read_off(client, db):
    post(client, {"_model": "sale.order", "_id": 7, "write_date": "2026-03-02 10:00:00"})
    due = Wakeup.objects.get().not_before
    for _ in range(3):
        post(client, {"_model": "sale.order", "_id": 7, "write_date": "2026-03-02 10:00:01"})

    assert Wakeup.objects.get().not_before == due


@pytest.mark.parametrize(
    "said", ["hello", "2026-03-02 10:00:00\ud800", "2026-03-02 10:00:00\x00", ["2026"], 7]
)
def test_a_hint_with_a_nonsensical_date_stops_no_worker(client, mirror, at_once, said):
    mirror()
    somebody = Contact.objects.order_by("odoo_id")[0]

    answer = post(client, {"_model": "res.partner", "_id": somebody.odoo_id, "write_date": said})

    assert answer.status_code == 202
    assert hints.follow_all(patience_s=0) == 1
    assert not Wakeup.objects.exists()


def test_an_unknown_address_is_refused(client, db):
    assert post(client, {"_model": "sale.order", "_id": 7}, token="x" * 43).status_code == 404
    assert not Wakeup.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "nonsense",
        "[]",
        "[" * 5000,
        '{"_model": "sale.order"}',
        '{"_model": 1, "_id": 1}',
        '{"_model": "sale.order", "_id": true}',
        '{"_model": "sale.order", "_id": 99999999999999999999}',
    ],
)
def test_what_is_no_hint_is_refused(client, db, body):
    assert post(client, body).status_code == 400


@pytest.mark.parametrize(
    "body",
    [{"_model": "res.bank", "_id": 3}, {"_model": "account.move", "_id": 3, "move_type": "entry"}],
)
def test_a_hint_about_something_we_do_not_mirror_is_forgotten(client, db, body):
    assert post(client, body).status_code == 204
    assert not Wakeup.objects.exists()


def test_a_get_is_not_answered_with_anything_to_learn(client, db):
    assert client.get("/" + hooks.address().split("/", 3)[3]).status_code == 405


def test_the_address_stays_the_same(db):
    assert hooks.address() == hooks.address()
    assert "/api/v1/odoo/" in hooks.address()
    assert hooks.address().rsplit("/", 1)[1].encode() not in bytes(
        OdooHook.objects.get().sealed_token
    )


def test_another_secret_key_makes_another_address_that_works(db, settings, client):
    before = hooks.address()
    settings.SECRET_KEY = "another-secret-key-of-fifty-characters-0123456789abc"

    assert hooks.address() != before
    assert post(client, {"_model": "sale.order", "_id": 7}).status_code == 202


def test_a_hint_brings_the_order_with_lines_and_moves_without_a_poll(
    mirror, admin, clerk, client, at_once
):
    mirror()
    order_id = make.confirmed(admin, clerk)
    picking_id = make.picking_of(clerk, order_id)
    for model, odoo_id in (("sale.order", order_id), ("stock.picking", picking_id)):
        written = clerk.value(model, odoo_id, "write_date")
        post(client, {"_model": model, "_id": odoo_id, "write_date": f"{written}.5"})

    assert hints.follow_all() == 2

    assert SaleOrder.objects.get(odoo_id=order_id).state == "sale"
    assert Picking.objects.get(odoo_id=picking_id).order_odoo_id == order_id
    assert Move.objects.filter(picking_odoo_id=picking_id).count() == 1
    assert not Wakeup.objects.exists()


def test_a_hint_that_came_before_the_commit_is_followed_again(
    mirror, admin, clerk, client, at_once
):
    order_id = make.confirmed(admin, clerk)
    mirror()
    post(
        client,
        {"_model": "sale.order", "_id": order_id, "write_date": "2999-01-01 00:00:00.000001"},
    )

    assert hints.follow_all(patience_s=0) == 0

    hint = Wakeup.objects.get()
    assert hint.tries == 1
    assert hint.not_before > timezone.now()


def test_only_one_worker_waits_for_hints_so_that_the_others_are_free_for_commands(
    client, db, monkeypatch
):
    post(client, {"_model": "sale.order", "_id": 7, "write_date": "2026-03-02 10:00:00"})
    free = []

    def another_worker():
        with only_one(f"odoo.hints/{DEFAULT}") as mine:
            free.append(mine)
        database.close()

    def waits(_seconds):
        other = threading.Thread(target=another_worker)
        other.start()
        other.join()
        Wakeup.objects.all().delete()

    monkeypatch.setattr(hints.time, "sleep", waits)
    hints.follow_all()

    assert free == [False]


@SANDBOX_ONLY
def test_a_model_that_odoo_refuses_keeps_no_other_hint_from_being_followed(
    mirror, admin, clerk, client, at_once, fault
):
    order_id = make.confirmed(admin, clerk)
    mirror()
    clerk("sale.order", "write", [order_id], {"client_order_ref": "hinted"})
    fault("access_error", times=9, model="account.move", method="search_read")
    for model in ("account.move", "sale.order"):
        post(client, {"_model": model, "_id": order_id, "write_date": ""})

    followed = hints.follow_all(patience_s=0)

    assert followed == 1
    assert SaleOrder.objects.get(odoo_id=order_id).customer_reference == "hinted"
    assert Wakeup.objects.get().model == "account.move"


def test_a_phantom_is_dropped_after_its_last_try(mirror, client, at_once):
    mirror()
    post(
        client, {"_model": "sale.order", "_id": 2_000_000_000, "write_date": "2026-03-02 10:00:00"}
    )

    for _ in range(7):
        Wakeup.objects.update(not_before=timezone.now())
        hints.follow_all(patience_s=0)

    assert not Wakeup.objects.exists()
    assert not SaleOrder.objects.filter(odoo_id=2_000_000_000).exists()


class Ear:
    """A listener for what Odoo posts."""

    def __init__(self):
        self.heard = []
        self.some = threading.Event()
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                ear.heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(202)
                self.end_headers()
                ear.some.set()

            def log_message(self, *args):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def ear():
    made = Ear()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_bootstrap_makes_rules_that_wake_us_and_can_be_run_again(
    odoo, admin, clerk, ear, db, settings, client, at_once, mirror
):
    settings.PUBLIC_URL = ear.url
    by_admin = Client(Credentials(odoo.url, odoo.database, "admin", odoo.admin_password, 30))
    first = {made.model: made.fate for made in make_rules(by_admin, "http://127.0.0.1:9/old")}
    again = {made.model: made.fate for made in make_rules(by_admin, hooks.address())}
    third = {made.model: made.fate for made in make_rules(by_admin, hooks.address())}
    assert set(first) == set(RULES)
    assert set(again.values()) == {"mended"}
    assert set(third.values()) == {"kept"}
    mirror()

    order_id = make.confirmed(admin, clerk)
    try:
        assert ear.some.wait(5)
    finally:
        rules = admin("base.automation", "search", [["name", "like", "Control Tower: "]])
        admin("base.automation", "write", rules, {"active": False})
    for path, body in list(ear.heard):
        assert client.post(path, body, content_type="application/json").status_code == 202
    hints.follow_all()

    assert SaleOrder.objects.get(odoo_id=order_id).state == "sale"
    assert Picking.objects.filter(order_odoo_id=order_id).exists()
    assert Feed.objects.get(model="sale.order").error == ""
