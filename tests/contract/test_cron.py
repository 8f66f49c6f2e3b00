"""Scheduled actions: made by an admin, run when asked, able to post a webhook for a record."""

import contextlib

import pytest

from tests.contract import make
from tests.contract.client import OdooError
from tests.contract.test_webhooks import listener, settled

__all__ = ["listener"]


@pytest.fixture
def cron(admin):
    """Make scheduled actions that are switched off; they are removed again."""
    made = []

    def install(code, model="res.company", **values):
        given = {
            "name": f"Contract {make.key()}",
            "model_id": admin("ir.model", "search", [["model", "=", model]])[0],
            "state": "code",
            "code": code,
            "interval_number": 15,
            "interval_type": "minutes",
            "active": False,
            **values,
        }
        made.append(admin("ir.cron", "create", given))
        return made[-1]

    yield install
    for one in made:
        with contextlib.suppress(OdooError):
            admin("ir.cron", "unlink", [one])


def test_a_scheduled_action_is_made_over_a_server_action(admin, cron):
    made = cron("x = 1")
    names = ("name", "cron_name", "display_name", "code", "state", "usage", "model_name")
    row = admin.one("ir.cron", made, *names, "ir_actions_server_id", "user_id", "lastcall")

    assert {row["name"], row["cron_name"], row["display_name"]} == {row["name"]}
    assert (row["code"], row["state"], row["usage"]) == ("x = 1", "code", "ir_cron")
    assert (row["model_name"], row["lastcall"]) == ("res.company", False)
    assert row["ir_actions_server_id"][1] == row["name"]
    assert row["user_id"][0] == admin.uid
    admin("ir.cron", "write", [made], {"name": f"{row['name']} new", "code": "x = 2"})
    again = admin.one("ir.cron", made, "cron_name", "code")
    assert (again["cron_name"], again["code"]) == (f"{row['name']} new", "x = 2")


def test_it_runs_now_when_asked_and_remembers_when(admin, tower, cron):
    picking = make.picking_of(tower, make.confirmed(admin, tower))
    made = cron(f"model.browse({picking}).write({{'priority': '1'}})", model="stock.picking")

    assert admin("ir.cron", "method_direct_trigger", [made]) is True
    assert tower.value("stock.picking", picking, "priority") == "1"
    assert len(admin.value("ir.cron", made, "lastcall")) == len("2026-11-21 10:14:15")


def test_a_refusal_in_it_undoes_all_of_it_and_is_an_answer_on_19(admin, tower, cron, server):
    """19.0 runs it in a transaction of its own: the call itself succeeds, and the job was called."""
    picking = make.picking_of(tower, make.confirmed(admin, tower))
    code = f"model.browse({picking}).write({{'priority': '1'}})\nraise UserError('no')"
    made = cron(code, model="stock.picking")
    if server.is_19:
        answer = admin("ir.cron", "method_direct_trigger", [made])
        assert (answer["type"], answer["tag"]) == ("ir.actions.client", "display_exception")
        assert answer["params"]["data"]["name"] == "builtins.RuntimeError"
        assert "odoo.exceptions.UserError: no" in answer["params"]["data"]["debug"]
    else:
        with pytest.raises(OdooError) as told:
            admin("ir.cron", "method_direct_trigger", [made])
        assert (told.value.name, told.value.message) == ("odoo.exceptions.UserError", "no")

    assert tower.value("stock.picking", picking, "priority") == "0"
    assert bool(admin.value("ir.cron", made, "lastcall")) is server.is_19


def test_it_can_post_a_webhook_for_a_company(admin, cron, listener):
    name = f"Contract reconcile {make.key()}"
    webhook = admin(
        "ir.actions.server",
        "create",
        {
            "name": name,
            "model_id": admin("ir.model", "search", [["model", "=", "res.company"]])[0],
            "state": "webhook",
            "webhook_url": f"{listener.url}/hook",
        },
    )
    made = cron(
        f"env['ir.actions.server'].browse({webhook}).with_context("
        "active_model='res.company', active_id=1, active_ids=[1]).run()"
    )
    admin("ir.cron", "method_direct_trigger", [made])
    settled(listener, 1)
    admin("ir.actions.server", "unlink", [webhook])

    told = {"_action": f"{name}(#{webhook})", "_id": 1, "_model": "res.company"}
    assert [{k: b[k] for k in told} for b in listener.bodies("res.company")] == [told]


def test_the_service_user_may_not_trigger_it(tower, cron):
    with pytest.raises(OdooError) as told:
        tower("ir.cron", "method_direct_trigger", [cron("x = 1")])

    assert told.value.name == "odoo.exceptions.AccessError"
    assert "'Scheduled Actions' (ir.cron)" in told.value.message


def test_the_interval_must_be_positive(cron):
    with pytest.raises(OdooError) as told:
        cron("x = 1", interval_number=0)

    assert told.value.name == "odoo.exceptions.ValidationError"
    assert "strictly positive" in told.value.message


def test_the_action_behind_it_cannot_be_deleted(admin, cron):
    made = cron("x = 1")
    action = admin.value("ir.cron", made, "ir_actions_server_id")[0]
    with pytest.raises(OdooError) as told:
        admin("ir.actions.server", "unlink", [action])

    assert told.value.name == "odoo.exceptions.ValidationError"
