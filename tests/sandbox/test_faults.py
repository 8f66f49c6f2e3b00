"""Failures on demand, for tests of those who call Odoo."""

import time

import httpx
import pytest

from tests.contract import make
from tests.contract.client import OdooError


def orders(user):
    return user("sale.order", "search_count", [])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("access_denied", "odoo.exceptions.AccessDenied"),
        ("access_error", "odoo.exceptions.AccessError"),
        ("serialization", "psycopg2.errors.SerializationFailure"),
    ],
)
def test_a_planned_error_strikes_its_number_of_times(plan, tower, kind, name):
    plan(kind, model="sale.order", method="search_count", times=2)

    for _ in range(2):
        with pytest.raises(OdooError) as told:
            orders(tower)
        assert told.value.name == name
    assert orders(tower)


def test_a_fault_strikes_only_the_calls_it_is_meant_for(plan, tower):
    plan("access_denied", model="account.move", method="write")

    assert orders(tower)


def test_a_proxy_answers_502_and_nothing_was_done(plan, sandbox, tower, admin):
    partner = make.customer(admin)
    plan("http_502", model="sale.order", method="create")
    answer = sandbox.server.post(
        "/jsonrpc",
        {
            "id": 1,
            "params": {
                "service": "object",
                "method": "execute_kw",
                "args": [
                    "odoo",
                    tower.uid,
                    "tower",
                    "sale.order",
                    "create",
                    [{"partner_id": partner}],
                ],
            },
        },
    )

    assert answer.status_code == 502
    assert tower("sale.order", "search_count", [["partner_id", "=", partner]]) == 0


def test_a_dropped_answer_leaves_its_effect(plan, tower, admin):
    partner = make.customer(admin)
    plan("drop_after_commit", model="sale.order", method="create")

    with pytest.raises(httpx.TransportError):
        make.order(tower, partner)

    assert tower("sale.order", "search_count", [["partner_id", "=", partner]]) == 1


def test_a_timeout_answers_nothing_and_leaves_nothing(plan, tower, admin):
    partner = make.customer(admin)
    plan("timeout", model="sale.order", method="create", delay_s=0.3)

    with pytest.raises(httpx.TransportError):
        make.order(tower, partner)

    assert tower("sale.order", "search_count", [["partner_id", "=", partner]]) == 0


def test_a_slow_answer_comes_all_the_same(plan, tower):
    plan("slow", method="search_count", delay_s=0.4)
    start = time.monotonic()

    assert orders(tower)
    assert time.monotonic() - start >= 0.4


def test_an_unknown_fault_is_refused(sandbox):
    answer = sandbox.server.post("/sandbox/faults", [{"fault": "nonsense"}])

    assert answer.status_code == 400
    assert "drop_after_commit" in answer.json()["error"]


def test_calls_are_counted_and_told(sandbox, tower, plan):
    sandbox.server.post("/sandbox/calls/forget", {})
    orders(tower)
    plan("access_error", method="search_count")
    with pytest.raises(OdooError):
        orders(tower)

    told = httpx.get(f"{sandbox.server.url}/sandbox/calls", params={"last": 5}).json()
    assert told["counts"]["sale.order.search_count"] == 2
    outcomes = [c["outcome"] for c in told["calls"] if c["method"] == "search_count"]
    assert outcomes == ["ok", "odoo.exceptions.AccessError"]


def test_a_late_commit_shows_a_write_date_in_the_past(sandbox, tower, admin):
    order = make.order(tower, make.customer(admin))
    before = tower.value("sale.order", order, "write_date")
    told = sandbox.server.post(
        "/sandbox/commit_late",
        {
            "model": "sale.order",
            "ids": [order],
            "seconds": 600,
            "values": {"client_order_ref": "late"},
        },
    ).json()

    row = tower.one("sale.order", order, "write_date", "client_order_ref")
    assert row["client_order_ref"] == "late"
    assert row["write_date"] == told["write_date"][:19] < before


def test_two_calls_that_change_the_same_row_both_take_effect(sandbox, tower, admin):
    import threading

    order = make.order(tower, make.customer(admin))

    def note():
        tower("sale.order", "message_post", [order], body="x")

    threads = [threading.Thread(target=note) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert make.notes_with(tower, "sale.order", order, "x") == 8
