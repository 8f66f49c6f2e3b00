"""Incoming webhooks: /web/hook/<uuid> runs the actions of a rule; the uuid is the only secret."""

import contextlib

import httpx
import pytest

from tests.contract import make
from tests.contract.client import OdooError

CODE = """
record.message_post(body='in: %s' % payload.get('msg'))
if payload.get('boom'):
    raise UserError('boom')
"""


@pytest.fixture
def hook(admin, server):
    """Make a rule for incoming requests: hook() answers its id and address."""
    made = []

    def install(code=CODE, **values):
        model_id = admin("ir.model", "search", [["model", "=", "stock.picking"]])[0]
        given = {"name": "post", "model_id": model_id, "state": "code", "code": code}
        rule = admin(
            "base.automation",
            "create",
            {
                "name": f"Contract {make.key()}",
                "model_id": model_id,
                "trigger": "on_webhook",
                "action_server_ids": [[0, 0, given]],
                **values,
            },
        )
        made.append(rule)
        return rule, address(admin, server, rule)

    yield install
    with contextlib.suppress(OdooError):
        admin("base.automation", "unlink", made)


@pytest.fixture
def picking(admin, tower):
    return make.picking_of(tower, make.confirmed(admin, tower))


def address(admin, server, rule):
    uuid = admin.value("base.automation", rule, "webhook_uuid")
    return f"{server.url}/web/hook/{uuid}"


def told(answer):
    return answer.status_code, answer.headers["Content-Type"], answer.json()


OK = (200, "application/json; charset=utf-8", {"status": "ok"})
FAILED = (500, "application/json; charset=utf-8", {"status": "error"})
UNKNOWN = (404, "application/json; charset=utf-8", {"status": "error"})


def test_a_rule_has_an_address_with_a_secret_of_its_own(admin, hook):
    rule, url = hook()
    row = admin.one("base.automation", rule, "url", "webhook_uuid", "record_getter")

    assert row["url"].endswith(f"/web/hook/{row['webhook_uuid']}")
    assert url.endswith(row["webhook_uuid"])
    getter = "model.env[payload.get('_model')].browse(int(payload.get('_id')))"
    assert row["record_getter"] == getter


def test_a_request_runs_the_actions_on_the_record_it_names(tower, hook, picking):
    key, (_, url) = make.key(), hook()
    body = {"_model": "stock.picking", "_id": picking, "msg": f"post {key}"}

    assert told(httpx.post(url, json=body)) == OK
    assert told(httpx.get(url, params={**body, "msg": f"get {key}"})) == OK
    found = tower(
        "mail.message",
        "search_read",
        [["model", "=", "stock.picking"], ["res_id", "=", picking], ["body", "like", key]],
        ["body", "author_id", "create_uid"],
        order="id",
    )
    assert [row["body"] for row in found] == [f"<p>in: post {key}</p>", f"<p>in: get {key}</p>"]
    assert {row["author_id"][1] for row in found} == {"Public user"}
    assert {row["create_uid"][1] for row in found} == {"Public user"}


def test_a_body_that_is_not_json_leaves_what_stands_in_the_address(tower, hook, picking):
    key, (_, url) = make.key(), hook()
    query = f"?_model=stock.picking&_id={picking}&msg={key}"

    assert told(httpx.post(url + query, content=b"not json")) == OK
    assert make.notes_with(tower, "stock.picking", picking, key) == 1


def test_anything_else_is_refused_without_a_reason(hook, picking):
    _, url = hook()
    body = {"_model": "stock.picking", "_id": picking, "msg": "x"}

    assert told(httpx.post(url, json={**body, "_id": 99999999})) == FAILED
    assert told(httpx.post(url, json={**body, "_model": "no.model"})) == FAILED
    assert told(httpx.post(url, json=[1])) == FAILED
    assert told(httpx.post(url, data=body)) == FAILED
    assert told(httpx.post(url, content=b"not json")) == FAILED


def test_what_was_done_before_the_error_stays(tower, hook, picking):
    key, (_, url) = make.key(), hook()
    body = {"_model": "stock.picking", "_id": picking, "msg": key, "boom": True}

    assert told(httpx.post(url, json=body)) == FAILED
    assert make.notes_with(tower, "stock.picking", picking, key) == 1


def test_unknown_switched_off_and_old_addresses_are_not_found(admin, server, hook, picking):
    rule, url = hook()
    body = {"_model": "stock.picking", "_id": picking, "msg": "x"}

    assert told(httpx.post(f"{server.url}/web/hook/{make.key()}", json=body)) == UNKNOWN
    admin("base.automation", "write", [rule], {"active": False})
    assert told(httpx.post(url, json=body)) == UNKNOWN
    admin("base.automation", "write", [rule], {"active": True})
    assert admin("base.automation", "action_rotate_webhook_uuid", [rule]) is None
    assert told(httpx.post(url, json=body)) == UNKNOWN
    assert told(httpx.post(address(admin, server, rule), json=body)) == OK


def test_the_actions_run_with_all_rights(admin, hook, picking):
    code = "model.env['ir.config_parameter'].set_param(payload['key'], payload['msg'])"
    key, (_, url) = f"contract.{make.key()}", hook(code)
    body = {"_model": "stock.picking", "_id": picking, "msg": "set", "key": key}

    assert told(httpx.post(url, json=body)) == OK
    assert admin("ir.config_parameter", "get_param", key) == "set"
