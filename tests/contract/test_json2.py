"""JSON-2 as recorded from 19.0: one test for each recording."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.contract import make

MISSING = 99999999
NOT_FOUND = "werkzeug.exceptions.NotFound"
UNPROCESSABLE = "werkzeug.exceptions.UnprocessableEntity"
UNAUTHORIZED = "werkzeug.exceptions.Unauthorized"
JSON = {"Content-Type": "application/json; charset=utf-8"}


@pytest.fixture
def post(server, tower):
    """post("sale.order/write", ids=[1], …) as the service user; raw= gives the bytes of the body."""
    if not server.is_json2:
        pytest.skip("JSON-2 exists since 19, and is the subject of its own run")

    def send(path, *, raw=None, headers=None, bearer="bearer", key=None, **body):
        own = {"Authorization": f"{bearer} {key or tower.key}", "X-Odoo-Database": server.database}
        return httpx.post(
            f"{server.url}/json/2/{path}",
            content=json.dumps(body) if raw is None else raw,
            headers={**JSON, **(own if headers is None else headers)},
            timeout=60,
        )

    return send


@pytest.fixture
def order(tower, admin):
    return tower("sale.order", "create", {"partner_id": make.customer(admin)})


def error(response, name, message):
    """The shape of every error: five members, no envelope, Odoo's name and words."""
    told = response.json()
    assert set(told) == {"name", "message", "arguments", "context", "debug"}
    assert told["name"] == name
    assert told["message"].startswith(message)
    assert told["arguments"][0] == told["message"]
    return response.status_code


def test_records_are_found_by_named_arguments_and_answered_bare(post, order):
    found = post(
        "sale.order/search_read",
        domain=[["id", "=", order]],
        fields=["name", "partner_id", "date_order"],
        limit=2,
        order="id",
        context={"tz": "Asia/Tokyo"},
    )

    assert found.status_code == 200
    assert found.headers["content-type"] == "application/json; charset=utf-8"
    assert [sorted(row) for row in found.json()] == [["date_order", "id", "name", "partner_id"]]
    assert "set-cookie" not in found.headers


def test_records_are_read_by_ids_and_missing_ones_left_out(post, order):
    assert [
        row["id"] for row in post("sale.order/read", ids=[order, MISSING], fields=["name"]).json()
    ] == [order]
    assert post("sale.order/read", ids=[MISSING], fields=["name"]).json() == []


def test_create_answers_a_list_of_ids(post, admin):
    made = post("sale.order/create", vals_list=[{"partner_id": make.customer(admin)}])

    assert made.status_code == 200
    assert [type(i) for i in made.json()] == [int]


def test_write_answers_true(post, order, tower):
    assert post("sale.order/write", ids=[order], vals={"client_order_ref": "json2"}).json() is True
    assert tower.value("sale.order", order, "client_order_ref") == "json2"


def test_a_posted_message_answers_a_list(post, order):
    posted = post("sale.order/message_post", ids=[order], body="hello").json()

    assert [type(i) for i in posted] == [int]


def test_none_is_null(post, admin, tower):
    order = make.confirmed(admin, tower)
    picking = tower.value("sale.order", order, "picking_ids")[0]

    unreserved = post("stock.picking/do_unreserve", ids=[picking])

    assert (unreserved.status_code, unreserved.text) == (200, "null")


def test_the_word_bearer_may_be_written_in_any_case(post):
    assert post("sale.order/search_count", bearer="Bearer", domain=[]).status_code == 200


def test_the_database_may_be_named(post, server, tower):
    headers = {"Authorization": f"bearer {tower.key}", "X-Odoo-Database": server.database}

    assert post("sale.order/search_count", headers=headers, domain=[]).status_code == 200


def test_an_array_is_silently_ignored(post, tower):
    """Why the connector never sends one: with these ids nothing should be found."""
    found = post("stock.warehouse/search_read", raw=json.dumps([[["id", "=", MISSING]], ["name"]]))

    assert found.status_code == 200
    assert len(found.json()) == tower("stock.warehouse", "search_count", []) > 0
    assert "code" in found.json()[0]


def test_an_empty_body_is_an_empty_set_of_arguments(post):
    says = "missing a required argument: 'domain'"

    assert error(post("sale.order/search_count", raw=b""), UNPROCESSABLE, says) == 422


def test_a_missing_argument_is_told_by_name(post, order):
    says = "missing a required argument: 'vals'"

    assert error(post("sale.order/write", ids=[order]), UNPROCESSABLE, says) == 422


def test_ids_are_refused_by_methods_of_a_model(post):
    says = "cannot call stock.picking.search with ids"

    assert error(post("stock.picking/search", ids=[1], domain=[]), UNPROCESSABLE, says) == 422


def test_an_unknown_argument_reaches_the_method_that_takes_all(post):
    says = "BaseModel._read_format() got an unexpected keyword argument 'nokw'"
    answer = post("stock.picking/search_read", domain=[], nokw=1)

    assert error(answer, "builtins.TypeError", says) == 500


def test_a_body_that_is_no_json_is_a_bad_request(post):
    answer = post("sale.order/search_count", raw=b"{bad")

    assert (
        error(answer, "werkzeug.exceptions.BadRequest", "could not parse the body as json: ") == 400
    )


def test_without_a_key_nobody_is_let_in(post):
    answer = post("sale.order/search_read", headers={}, domain=[])
    says = "User not authenticated, use an API Key with a Bearer Authorization header."

    assert error(answer, UNAUTHORIZED, says) == 401
    assert answer.headers["www-authenticate"].strip() == "Bearer"


@pytest.mark.parametrize("key", ["0" * 40, "tower"])
def test_a_wrong_key_and_a_password_are_refused(post, key):
    answer = post("sale.order/search_read", key=key, domain=[])

    assert error(answer, UNAUTHORIZED, "Invalid apikey") == 401


def test_a_right_the_user_lacks_is_an_access_error(post):
    says = "You are not allowed to access 'Scheduled Actions' (ir.cron) records."

    assert error(post("ir.cron/search_read", domain=[]), "odoo.exceptions.AccessError", says) == 403
    says = "You are not allowed to create 'Contact' (res.partner) records."
    made = post("res.partner/create", vals_list=[{"name": "JSON2 partner"}])
    assert error(made, "odoo.exceptions.AccessError", says) == 403


def test_a_private_method_is_an_access_error(post, order):
    says = "Private methods (such as 'sale.order._create_invoices') cannot be called remotely."
    answer = post("sale.order/_create_invoices", ids=[order])

    assert error(answer, "odoo.exceptions.AccessError", says) == 403


def test_a_missing_record_is_not_found(post, tower):
    answer = post("sale.order/write", ids=[MISSING], vals={"client_order_ref": "x"})
    says = "Record does not exist or has been deleted.\n"
    says += f"(Record: sale.order({MISSING},), User: {tower.uid})"

    assert error(answer, "odoo.exceptions.MissingError", says) == 404


def test_an_unknown_model_is_not_found(post):
    says = "the model 'no.such.model' does not exist"

    assert error(post("no.such.model/read", ids=[1]), NOT_FOUND, says) == 404


def test_an_unknown_method_is_not_found(post, order):
    says = "The method 'sale.order.no_such' does not exist"

    assert error(post("sale.order/no_such", ids=[order]), NOT_FOUND, says) == 404


def test_an_unknown_field_is_an_error_of_the_server(post, order):
    says = "Invalid field 'nosuch' on 'sale.order'"
    answer = post("sale.order/read", ids=[order], fields=["nosuch"])

    assert error(answer, "builtins.ValueError", says) == 500


def test_a_business_rule_is_unprocessable(post, admin, tower):
    order = make.confirmed(admin, tower)
    says = "Some orders are not in a state requiring confirmation."

    assert (
        error(post("sale.order/action_confirm", ids=[order]), "odoo.exceptions.UserError", says)
        == 422
    )


def test_a_missing_value_is_unprocessable(post):
    says = "The operation cannot be completed: Missing required value for the field 'Customer' "
    says += "(partner_id).\nModel: 'Sales Order' (sale.order)\n"
    answer = post("sale.order/create", vals_list=[{}])

    assert error(answer, "odoo.exceptions.ValidationError", says) == 422


def test_a_get_is_told_to_post(post, server, tower):
    answer = httpx.get(
        f"{server.url}/json/2/sale.order/search_read",
        headers={"Authorization": f"bearer {tower.key}", "X-Odoo-Database": server.database},
        timeout=60,
    )

    assert error(answer, NOT_FOUND, "Did you mean POST /json/2/<model>/<method>?") == 404


@pytest.mark.parametrize("path", ["/web/version", "/json/version"])
def test_the_version_is_told_without_a_login(post, server, path):
    told = httpx.get(f"{server.url}{path}", timeout=60).json()

    assert told["version"] == server.version
    assert told["version_info"][:2] == [19, 0]
