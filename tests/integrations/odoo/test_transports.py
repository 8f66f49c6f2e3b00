"""Two transports, one behaviour: the same answers and the same errors, whichever way calls travel."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from apps.integrations.odoo.line import client as odoo_client
from apps.integrations.odoo.line import naming
from apps.integrations.odoo.line.client import Client, Credentials
from apps.integrations.odoo.line.errors import (
    LoginRefused,
    MethodAbsent,
    ModelAbsent,
    OdooAway,
    OdooBusy,
    OdooRefused,
    OutcomeUnknown,
)
from tests.contract import make
from tests.integrations.odoo.conftest import SANDBOX_ONLY

WAYS = ("json-rpc", "json-2")


@pytest.fixture
def credentials(odoo):
    """With an API key, and nothing said about the transport."""
    key = odoo.key_of(odoo.user, odoo.password)
    return Credentials(odoo.url, odoo.database, odoo.user, key, 20)


@pytest.fixture(params=WAYS)
def ours(request, odoo, credentials):
    """A client over either transport, where the server has it."""
    if request.param == "json-2" and not odoo.is_19:
        pytest.skip("JSON-2 exists since 19")
    made = Client(replace(credentials, transport=request.param))
    yield made
    made.close()


def test_a_key_goes_over_json_2_where_there_is_one(odoo, credentials):
    ours = Client(credentials)

    assert ours.transport == ("json-2" if odoo.is_19 else "json-rpc")
    assert ours.version == odoo.version
    assert ours.series == (19 if odoo.is_19 else 18)


def test_a_password_goes_over_json_rpc(odoo, credentials):
    assert Client(replace(credentials, secret=odoo.password)).transport == "json-rpc"


def test_the_transport_can_be_said(credentials):
    assert Client(replace(credentials, transport="json-rpc")).transport == "json-rpc"


def test_json_2_where_there_is_none_is_a_refused_login(odoo, credentials):
    if odoo.is_19:
        pytest.skip("19 has it")
    with pytest.raises(LoginRefused, match="no JSON-2, or no database"):
        Client(replace(credentials, transport="json-2")).count("sale.order", [])


def test_a_wrong_key_is_a_refused_login_that_speaks_of_expiry(ours):
    wrong = Client(replace(ours.credentials, secret="0" * 40))

    with pytest.raises(LoginRefused, match="If it worked before, the API key has expired"):
        wrong.count("sale.order", [])


@SANDBOX_ONLY
def test_a_key_that_worked_and_no_longer_does_says_so(ours, fault):
    ours.count("sale.order", [])
    fault("access_denied", model="sale.order")

    with pytest.raises(LoginRefused, match=r"no longer accepts the login of 'tower'.*has expired"):
        ours.count("sale.order", [])

    assert isinstance(ours.count("sale.order", []), int), "the next call signs in anew"


def test_the_key_of_another_user_is_refused(odoo, ours, admin):
    if ours.transport == "json-rpc":
        pytest.skip("JSON-RPC names the user with each call")
    theirs = odoo.key_of("admin", odoo.admin_password)

    with pytest.raises(LoginRefused, match="belongs to 'admin', not 'tower'"):
        Client(replace(ours.credentials, secret=theirs)).count("sale.order", [])


def test_reads_answer_alike(ours, admin, clerk):
    order = make.confirmed(admin, clerk)
    [found] = ours.search_read("sale.order", [("id", "=", order)], ["name", "partner_id"])

    assert found == ours.read("sale.order", [order], ["name", "partner_id"])[0]
    assert isinstance(found["partner_id"], int)
    assert ours.search("sale.order", [("id", "=", order)]) == [order]
    assert ours.count("sale.order", [("id", "=", order)]) == 1
    assert ours.fields("sale.order")["name"]["type"] == "char"
    assert ours.reference("mail.mt_note") > 0


def test_what_is_made_is_answered_as_one_id(ours, admin):
    order = ours.create("sale.order", {"partner_id": make.customer(admin)})
    ours.write("sale.order", [order], {"client_order_ref": "x"})
    note = ours.call("sale.order", "message_post", [[order]], writes=True, body="hello")
    activity = ours.call(
        "sale.order", "activity_schedule", [[order]], writes=True, summary="Look at this"
    )

    assert [type(made) for made in (order, note, activity)] == [int, int, int]
    assert ours.read("mail.message", [note], ["body"])[0]["body"] == "<p>hello</p>"
    assert ours.read("mail.activity", [activity], ["summary"])[0]["summary"] == "Look at this"


def test_nothing_and_none_are_alike(ours, admin, clerk):
    picking = admin.value("sale.order", make.confirmed(admin, clerk), "picking_ids")[0]

    assert ours.call("stock.picking", "do_unreserve", [[picking]], writes=True) is None


def test_what_is_not_there_is_told_apart(ours, admin, clerk):
    order = make.confirmed(admin, clerk)

    with pytest.raises(ModelAbsent):
        ours.count("no.such.model", [])
    with pytest.raises(MethodAbsent):
        ours.call("sale.order", "no_such_method", [[order]])
    with pytest.raises(OdooRefused, match="not in a state requiring confirmation") as refused:
        ours.call("sale.order", "action_confirm", [[order]], writes=True)
    assert refused.value.name == "UserError"
    with pytest.raises(OdooRefused) as refused:
        ours.write("sale.order", [99999999], {"client_order_ref": "x"})
    assert refused.value.name == "MissingError"


def test_rights_are_known_by_model(ours):
    assert ours.has("sale.order")
    assert ours.may("account.move", "write")
    assert not ours.has("no.such.model")
    assert not ours.may("ir.cron", "read")


@SANDBOX_ONLY
@pytest.mark.parametrize("kind", ["drop_after_commit", "http_502", "timeout"])
def test_a_lost_answer_leaves_a_write_unknown_and_a_read_undone(ours, fault, kind, admin, clerk):
    order = clerk("sale.order", "create", {"partner_id": make.customer(admin)})
    ours = Client(replace(ours.credentials, transport=ours.transport, timeout_s=2))
    ours.count("sale.order", [])
    delay = 0.1 if kind == "timeout" else None
    fault(kind, model="sale.order", method="write", delay_s=delay)
    with pytest.raises(OutcomeUnknown):
        ours.write("sale.order", [order], {"client_order_ref": "x"})

    fault(kind, model="sale.order", method="search_count", delay_s=delay)
    with pytest.raises(OdooAway):
        ours.count("sale.order", [])
    odoo_client._circuits.clear()


@SANDBOX_ONLY
def test_a_slow_answer_is_given_up_after_the_limit(ours, fault):
    slow = Client(replace(ours.credentials, transport=ours.transport, timeout_s=0.3))
    slow.count("sale.order", [])
    fault("slow", delay_s=1.5, model="sale.order")

    with pytest.raises(OdooAway, match="did not answer in time"):
        slow.count("sale.order", [])
    odoo_client._circuits.clear()


@SANDBOX_ONLY
def test_a_conflict_is_odoo_being_busy(ours, fault, admin):
    partner = make.customer(admin)
    ours.count("sale.order", [])
    fault("serialization", model="res.partner", method="write")

    with pytest.raises(OdooBusy):
        ours.write("res.partner", [partner], {"city": "Gent"})


def test_nobody_there_is_away_whatever_was_sent(ours):
    gone = Client(replace(ours.credentials, url="http://127.0.0.1:9"))

    with pytest.raises(OdooAway, match="cannot be reached"):
        gone.write("res.partner", [1], {"city": "Gent"})


@SANDBOX_ONLY
def test_an_argument_without_a_name_is_never_sent(odoo, ours):
    if ours.transport == "json-rpc":
        pytest.skip("JSON-RPC takes arguments by position")
    ours.count("sale.order", [])
    with pytest.raises(OdooRefused, match="no name is known for argument 1"):
        ours.call("sale.order", "action_draft", [[1], "surprise"], writes=True)

    seen = httpx.get(f"{odoo.url}/sandbox/calls", timeout=10).json()["counts"]
    assert "sale.order.search_count" in seen
    assert "sale.order.action_draft" not in seen


def test_arguments_are_named_for_json_2():
    assert naming.named("search_read", [[("id", "=", 1)], ["name"]], {"limit": 2}) == {
        "domain": [("id", "=", 1)],
        "fields": ["name"],
        "limit": 2,
    }
    assert naming.named("write", [[4], {"a": 1}], {}) == {"ids": [4], "vals": {"a": 1}}
    assert naming.named("button_validate", [7], {}) == {"ids": [7]}
    assert naming.named("create", [{"a": 1}], {}) == {"vals_list": [{"a": 1}]}
    with pytest.raises(naming.Unnamed):
        naming.named("button_validate", [[7], True], {})


@pytest.mark.parametrize(
    ("version", "series"), [("18.0", 18), ("19.0+e", 19), ("saas~18.2", 18), ("", 0)]
)
def test_the_series_is_read_from_every_way_to_write_a_version(version, series):
    assert naming.series(version) == series


class _Counting(BaseHTTPRequestHandler):
    """Answers as JSON-2 does behind a proxy that keeps connections; counts them."""

    protocol_version = "HTTP/1.1"
    connections: set[tuple[str, int]] = set()
    broken = False

    def do_GET(self) -> None:
        self._send(200, {"version": "19.0", "version_info": [19, 0]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.connections.add(self.client_address)
        if self.path.endswith("/context_get"):
            self._send(200, {"uid": 2})
        elif self.path.endswith("/read"):
            self._send(200, [{"id": 2, "login": "tower"}])
        else:
            self._send(500, {"name": "builtins.ValueError", "message": "Invalid field 'x'"})

    def _send(self, status, told):
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def counting():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Counting)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    _Counting.connections.clear()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_json_2_keeps_its_connection(counting):
    ours = Client(Credentials(counting, "odoo", "tower", "a" * 40, 5))
    for _ in range(3):
        ours.read("res.users", [2], ["login"])
    ours.close()

    assert len(_Counting.connections) == 1


def test_odoos_own_500_is_a_refusal_and_no_unknown_outcome(counting):
    """The transaction was rolled back: only a proxy's 5xx leaves it open."""
    ours = Client(Credentials(counting, "odoo", "tower", "a" * 40, 5))

    with pytest.raises(OdooRefused, match="Invalid field"):
        ours.write("res.partner", [1], {"x": 1})
