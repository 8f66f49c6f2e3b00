"""Automation rules with a webhook: the exact request, its moment, its repetitions."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.contract import make
from tests.contract.client import OdooError

PICKING_FIELDS = ("name", "state", "partner_id", "move_ids", "write_date", "carrier_tracking_ref")


class Listener:
    """Takes webhook requests; wait_s makes it slow, ask runs while a request is open."""

    def __init__(self):
        self.requests, self.seen, self.wait_s, self.ask = [], [], 0.0, None
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                listener.requests.append((self.path, list(self.headers.items()), body))
                if listener.ask:
                    listener.seen.append(listener.ask(json.loads(body)))
                time.sleep(listener.wait_s)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                return None

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def bodies(self, model, record=None):
        found = [json.loads(body) for _, _, body in self.requests]
        return [b for b in found if b["_model"] == model and record in (None, b["_id"])]

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def listener():
    made = Listener()
    yield made
    made.close()


@pytest.fixture
def rules(admin, listener):
    """Make rules for models; they are removed again."""
    made = []

    def install(model, trigger, fields):
        model_id = admin("ir.model", "search", [["model", "=", model]])[0]

        def ids(names):
            return admin(
                "ir.model.fields", "search", [["model", "=", model], ["name", "in", list(names)]]
            )

        made.append(
            admin(
                "base.automation",
                "create",
                {
                    "name": f"Contract {model}",
                    "model_id": model_id,
                    "trigger": "on_create_or_write",
                    "trigger_field_ids": [[6, 0, ids(trigger)]],
                    "action_server_ids": [
                        [
                            0,
                            0,
                            {
                                "name": f"Contract webhook {model}",
                                "model_id": model_id,
                                "state": "webhook",
                                "webhook_url": f"{listener.url}/odoo/{model}",
                                "webhook_field_ids": [[6, 0, ids(fields)]],
                            },
                        ]
                    ],
                },
            )
        )
        return made[-1]

    yield install
    with contextlib.suppress(OdooError):
        admin("base.automation", "unlink", made)


def settled(listener, count):
    """Wait for what is sent after the commit."""
    for _ in range(100):
        if len(listener.requests) >= count:
            break
        time.sleep(0.05)
    time.sleep(0.2)
    return listener.requests


def test_the_request_is_exactly_this(tower, admin, rules, listener, server):
    rule = rules("stock.picking", ["state"], PICKING_FIELDS)
    order = make.order(tower, make.customer(admin), (make.product(admin), 1))
    partner = tower.value("sale.order", order, "partner_id")[0]
    tower("sale.order", "action_confirm", [order])
    picking = make.picking_of(tower, order)

    path, headers, body = settled(listener, 3)[-1]
    action = admin.value("base.automation", rule, "action_server_ids")[0]
    told = json.loads(body)
    assert path == "/odoo/stock.picking"
    assert [n for n, _ in headers] == [
        "Host",
        "User-Agent",
        "Accept-Encoding",
        "Accept",
        "Connection",
        "Content-Type",
        "Content-Length",
    ]
    assert dict(headers)["Content-Type"] == "application/json"
    assert dict(headers)["User-Agent"].startswith("python-requests/")
    assert body == json.dumps(told, sort_keys=True)
    name = admin.value("ir.actions.server", action, "name")
    assert told["_action"] == f"{name}(#{action})"
    assert server.is_19 or name == "Send Webhook Notification"
    assert (told["_id"], told["id"], told["_model"]) == (picking, picking, "stock.picking")
    assert (told["partner_id"], told["state"]) == (partner, "assigned")
    assert told["move_ids"] == [make.move_of(tower, picking)]
    assert told["carrier_tracking_ref"] is False
    assert len(told["write_date"]) == len("2026-11-21 10:14:05.526802")


def test_one_confirmation_sends_several_requests(tower, admin, rules, listener):
    rules("sale.order", ["state"], ["name", "state"])
    rules("stock.picking", ["state"], PICKING_FIELDS)
    order = make.confirmed(admin, tower)
    settled(listener, 5)

    picking = make.picking_of(tower, order)
    assert [b["state"] for b in listener.bodies("sale.order", order)] == ["draft", "sale"]
    burst = listener.bodies("stock.picking", picking)
    assert [b["state"] for b in burst] == ["draft", "draft", "assigned"]
    assert [len(b["move_ids"]) for b in burst] == [0, 0, 1]


def test_other_fields_do_not_fire_the_rule(tower, admin, rules, listener):
    picking = make.picking_of(tower, make.confirmed(admin, tower))
    rules("stock.picking", ["state"], PICKING_FIELDS)
    tower("stock.picking", "write", [picking], {"scheduled_date": "2030-01-01 00:00:00"})
    time.sleep(0.3)

    assert listener.requests == []


def test_computed_states_of_invoices_fire_the_rule(tower, admin, rules, listener):
    order = make.shipped(admin, tower)
    rules(
        "account.move",
        ["state", "payment_state"],
        ["name", "state", "payment_state", "amount_residual"],
    )
    move = make.drafted(tower, order)
    tower("account.move", "action_post", [move])
    tower("account.move", "write", [move], {"payment_state": "blocked"})
    settled(listener, 4)

    told = [(b["state"], b["payment_state"]) for b in listener.bodies("account.move", move)]
    assert told == [
        ("draft", "not_paid"),
        ("draft", "not_paid"),
        ("posted", "not_paid"),
        ("posted", "blocked"),
    ]


def test_on_18_the_request_comes_before_the_commit_on_19_after_it(
    tower, admin, rules, listener, server
):
    picking = make.picking_of(tower, make.confirmed(admin, tower))
    rules("stock.picking", ["state"], PICKING_FIELDS)
    listener.ask = lambda body: tower.value("stock.picking", body["_id"], "state")
    tower("stock.picking", "button_validate", [picking], context={"skip_sms": True})
    settled(listener, 1)

    assert [b["state"] for b in listener.bodies("stock.picking", picking)] == ["done"]
    assert listener.seen == (["done"] if server.is_19 else ["assigned"])


def test_on_18_a_rolled_back_change_is_announced_all_the_same(
    tower, admin, rules, listener, server
):
    nowhere = tower("stock.location", "search", [["usage", "=", "supplier"]])[0]
    partner = make.customer(admin, property_stock_customer=nowhere)
    order = make.order(tower, partner, (make.product(admin), 1))
    rules("sale.order", ["state"], ["name", "state"])

    with pytest.raises(OdooError) as told:
        tower("sale.order", "action_confirm", [order])
    time.sleep(0.3)

    assert told.value.message.startswith("No rule has been found to replenish")
    assert tower.value("sale.order", order, "state") == "draft"
    phantoms = [b["state"] for b in listener.bodies("sale.order", order)]
    assert phantoms == ([] if server.is_19 else ["sale"])


def test_a_slow_listener_holds_the_call_for_about_a_second(tower, admin, rules, listener):
    picking = make.picking_of(tower, make.confirmed(admin, tower))
    rules("stock.picking", ["state"], PICKING_FIELDS)
    listener.wait_s = 3.0
    tower("stock.picking", "button_validate", [picking], context={"skip_sms": True})

    assert tower.value("stock.picking", picking, "state") == "done"
    time.sleep(0.3)
    assert len(listener.requests) == 1  # a timeout is not repeated


def test_a_dead_listener_does_not_hurt_the_business(tower, admin, rules, listener):
    picking = make.picking_of(tower, make.confirmed(admin, tower))
    rules("stock.picking", ["state"], PICKING_FIELDS)
    listener.http.server_close()

    assert tower("stock.picking", "button_validate", [picking], context={"skip_sms": True}) is True


def test_a_switched_off_rule_is_silent(tower, admin, rules, listener):
    rule = rules("stock.picking", ["state"], PICKING_FIELDS)
    admin("base.automation", "write", [rule], {"active": False})
    make.confirmed(admin, tower)
    time.sleep(0.3)

    assert listener.requests == []
