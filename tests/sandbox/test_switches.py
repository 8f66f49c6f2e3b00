"""The switches of a running sandbox: clock, backups, lost webhooks, late commits, keys that run out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract import make
from tests.contract.client import API_KEY, OdooError, Sandbox, User
from tests.contract.test_webhooks import listener, rules, settled

__all__ = ["listener", "rules"]
Switch = Callable[..., dict[str, Any]]


@pytest.fixture
def switch(sandbox: Sandbox) -> Iterator[Switch]:
    """switch("clock", offset_s=-60); clock, webhooks and key are as usual again afterwards."""

    def post(name: str, **told: Any) -> dict[str, Any]:
        answer = sandbox.server.post(f"/sandbox/{name}", told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    yield post
    post("clock", offset_s=0)
    post("webhooks", drop=False)
    post("api_key", expired=False)


def test_the_clock_of_the_server_can_step_back_and_forward(tower, admin, switch):
    order = make.order(tower, make.customer(admin))
    first = tower.value("sale.order", order, "write_date")
    switch("clock", offset_s=-3600)
    tower("sale.order", "write", [order], {"client_order_ref": "back"})
    back = tower.value("sale.order", order, "write_date")
    switch("clock", offset_s=3600)
    tower("sale.order", "write", [order], {"client_order_ref": "forward"})
    forward = tower.value("sale.order", order, "write_date")

    assert back < first < forward


def test_a_restored_backup_takes_records_ids_and_write_dates_back(sandbox, tower, admin, switch):
    order = make.order(tower, make.customer(admin))
    before = tower.one("sale.order", order, "client_order_ref", "write_date")
    number = switch("snapshot")["snapshot"]
    tower("sale.order", "write", [order], {"client_order_ref": "after"})
    partner = make.customer(admin, name="After the backup")
    switch("restore", snapshot=number)

    assert tower.one("sale.order", order, "client_order_ref", "write_date") == before
    assert tower("res.partner", "search", [["name", "=", "After the backup"]]) == []
    assert make.customer(admin, name="Another") == partner
    sandbox.kill()
    sandbox.start()
    assert tower.one("sale.order", order, "client_order_ref", "write_date") == before
    assert tower("res.partner", "search", [["name", "=", "After the backup"]]) == []


def test_webhooks_can_be_lost(tower, admin, switch, rules, listener):
    rules("sale.order", ["state"], ["name"])
    switch("webhooks", drop=True)
    make.order(tower, make.customer(admin))
    time.sleep(0.2)
    assert listener.requests == []
    assert switch("webhooks")["lost"] == 1

    switch("webhooks", drop=False)
    make.order(tower, make.customer(admin))
    assert len(settled(listener, 1)) == 1


def test_a_long_transaction_appears_late_with_the_date_of_its_start(tower, admin, switch):
    order = make.order(tower, make.customer(admin))
    told = switch(
        "commit_late",
        model="sale.order",
        ids=[order],
        values={"client_order_ref": "long"},
        seconds=0,
        wait_s=0.5,
    )
    make.customer(admin)
    assert tower.value("sale.order", order, "client_order_ref") is False
    for _ in range(100):
        if tower.value("sale.order", order, "client_order_ref"):
            break
        time.sleep(0.05)

    row = tower.one("sale.order", order, "client_order_ref", "write_date")
    assert row == {"id": order, "client_order_ref": "long", "write_date": told["write_date"][:19]}


def test_a_long_transaction_can_make_a_record(tower, switch):
    told = switch("commit_late", model="res.partner", values={"name": "Late"}, seconds=600)

    row = tower.one("res.partner", told["ids"][0], "name", "create_date")
    assert (row["name"], row["create_date"]) == ("Late", told["write_date"][:19])


def test_records_can_vanish_and_drift_without_a_trace(tower, admin, switch):
    order = make.shipped(admin, tower)
    picking = make.picking_of(tower, order)
    before = tower.value("sale.order", order, "write_date")
    switch("delete", model="stock.picking", ids=[picking])
    switch("drift", model="sale.order", ids=[order], values={"client_order_ref": "drift"})

    assert tower("stock.picking", "search", [["id", "=", picking]]) == []
    row = tower.one("sale.order", order, "client_order_ref", "write_date")
    assert (row["client_order_ref"], row["write_date"]) == ("drift", before)


def test_the_api_key_can_run_out(sandbox, switch):
    keyed = User(sandbox.server, "tower", API_KEY)
    switch("api_key", expired=True)
    with pytest.raises(OdooError) as told:
        keyed("sale.order", "search_count", [])

    assert told.value.name == "odoo.exceptions.AccessDenied"
    switch("api_key", expired=False)
    assert keyed("sale.order", "search_count", []) >= 0
