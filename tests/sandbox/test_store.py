"""What was answered survives a killed process; what failed left nothing."""

import pytest

from tests.contract import make
from tests.contract.client import API_KEY, OdooError, Sandbox, User


def test_everything_that_was_answered_survives_a_kill(tmp_path):
    sandbox = Sandbox(tmp_path / "store.sqlite")
    server = sandbox.start()
    admin, tower = User(server, "admin", "admin"), User(server, "tower", API_KEY)
    order = make.shipped(admin, tower)
    move = make.drafted(tower, order)
    tower("account.move", "action_post", [move])
    fields = ("name", "state", "payment_state", "amount_total", "write_date", "line_ids")
    before = tower.one("account.move", move, *fields)
    sandbox.kill()

    sandbox.start()
    again = User(server, "tower", API_KEY)
    assert again.one("account.move", move, *fields) == before
    assert again.value("sale.order", order, "delivery_status") == "full"
    newer = make.order(again, again.value("sale.order", order, "partner_id")[0])
    assert newer > order
    assert again.value("sale.order", newer, "name") > again.value("sale.order", order, "name")
    sandbox.kill()


def test_a_store_keeps_its_dialect(tmp_path):
    sandbox = Sandbox(tmp_path / "store.sqlite", "19.0")
    sandbox.start()
    sandbox.kill()
    other = Sandbox(tmp_path / "store.sqlite", "18.0")

    with pytest.raises(AssertionError, match="did not start"):
        other.start()


def test_a_number_that_a_failed_call_took_is_not_given_again(sandbox, tower, admin):
    partner = make.customer(admin)
    first = make.order(tower, partner)
    with pytest.raises(OdooError):
        tower("sale.order", "create", [{"partner_id": partner}, {"partner_id": 99999999}])

    assert make.order(tower, partner) > first + 1


def test_production_refuses_the_sandbox(tmp_path, monkeypatch):
    monkeypatch.setenv("STAGE", "production")

    with pytest.raises(AssertionError, match="did not start"):
        Sandbox(tmp_path / "store.sqlite").start()
