"""The wire: envelope, statuses, services, logins."""

import httpx
import pytest

from tests.contract.client import API_KEY, OdooError


def test_the_version_is_told_without_a_login(server):
    answer = server.post("/web/webclient/version_info", {"params": {}, "id": 3})

    assert answer.status_code == 200
    assert answer.json()["result"]["server_serie"] == server.version
    assert server.rpc("common", "version")["protocol_version"] == 1


@pytest.mark.parametrize("given", [1, "a text", None])
def test_the_id_of_the_envelope_comes_back_as_it_was(server, given):
    body = {"params": {"service": "common", "method": "version", "args": []}, "id": given}

    assert server.post("/jsonrpc", body).json()["id"] == given


def test_a_method_that_answers_none_has_no_result_member(server, admin, tower):
    body = {
        "id": 1,
        "params": {
            "service": "object",
            "method": "execute_kw",
            "args": [
                server.database,
                admin.uid,
                admin.secret,
                "stock.picking",
                "do_unreserve",
                [[]],
                {},
            ],
        },
    }

    assert server.post("/jsonrpc", body).json() == {"jsonrpc": "2.0", "id": 1}


def test_an_error_is_told_with_status_200(server):
    body = {
        "id": 1,
        "params": {
            "service": "object",
            "method": "execute_kw",
            "args": [server.database, 2, "wrong", "res.partner", "read", [[1], ["name"]]],
        },
    }
    answer = server.post("/jsonrpc", body)

    assert answer.status_code == 200
    error = answer.json()["error"]
    assert error["code"] == (0 if server.is_19 else 200)
    assert error["message"].endswith(" Server Error")  # a branded build tells its own name
    assert error["data"]["name"] == "odoo.exceptions.AccessDenied"
    assert set(error["data"]) == {"name", "debug", "message", "arguments", "context"}


def test_what_is_not_json_is_refused_with_400(server):
    headers = {"Content-Type": "application/json"}
    broken = httpx.post(f"{server.url}/jsonrpc", content="{bad", headers=headers, timeout=30)
    listed = server.post("/jsonrpc", [1, 2])

    assert (broken.status_code, broken.text) == (400, "Invalid JSON data")
    assert (listed.status_code, listed.text) == (400, "Invalid JSON-RPC data")


def test_a_wrong_content_type_or_a_get_is_refused(server):
    plain = httpx.post(
        f"{server.url}/jsonrpc", content="{}", timeout=30, headers={"Content-Type": "text/plain"}
    )
    got = httpx.get(f"{server.url}/jsonrpc", timeout=30)

    assert {plain.status_code, got.status_code} == ({415} if server.is_19 else {400})


def test_an_unknown_path_is_404_html(server):
    answer = server.post("/nosuchpath", {"params": {}})

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_missing_params_are_a_type_error(server):
    error = server.post("/jsonrpc", {"params": {"service": "common"}, "id": 4}).json()["error"]

    assert error["data"]["name"] == "builtins.TypeError"


def test_health_answers_pass(server):
    answer = httpx.get(f"{server.url}/web/health", timeout=30)

    assert answer.json() == {"status": "pass"}


def test_a_wrong_password_at_login_is_false_not_an_error(server):
    assert server.rpc("common", "login", server.database, "admin", "wrong") is False
    assert server.rpc("common", "authenticate", server.database, "admin", "wrong", {}) is False
    assert server.rpc("common", "login", server.database, "nobody-here", "x") is False


def test_an_unknown_database_is_an_operational_error(server):
    with pytest.raises(OdooError) as told:
        server.rpc("common", "login", "nosuchdb", "admin", "x")

    assert told.value.name == "psycopg2.OperationalError"
    assert 'database "nosuchdb" does not exist' in told.value.message


def test_an_unknown_uid_is_a_missing_user(server):
    with pytest.raises(OdooError) as told:
        server.rpc(
            "object", "execute_kw", server.database, 99999, "x", "res.partner", "read", [[1]]
        )

    assert told.value.name == "odoo.exceptions.MissingError"
    assert "res.users(99999,)" in told.value.message


def test_the_db_service_knows_its_database(server):
    assert server.rpc("db", "db_exist", server.database) is True
    assert server.rpc("db", "server_version") == server.version


def test_an_api_key_stands_in_for_the_password(server):
    if not server.is_sandbox:
        pytest.skip("making a key on a real server needs a web session of that user")
    uid = server.rpc("common", "login", "odoo", "tower", API_KEY)

    assert uid
    assert server.rpc("object", "execute_kw", "odoo", uid, API_KEY, "res.users", "context_get", [])


def test_a_web_session_calls_with_its_cookie_and_expires_without(server):
    with httpx.Client(base_url=server.url, timeout=60) as web:
        call = {
            "id": 3,
            "params": {
                "model": "res.partner",
                "method": "read",
                "args": [[1], ["name"]],
                "kwargs": {},
            },
        }
        without = web.post("/web/dataset/call_kw", json=call).json()
        info = web.post(
            "/web/session/authenticate",
            json={
                "params": {
                    "db": server.database,
                    "login": "admin",
                    "password": server.admin_password,
                }
            },
        ).json()
        within = web.post("/web/dataset/call_kw", json=call).json()

    assert without["error"]["code"] == 100
    assert without["error"]["data"]["name"] == "odoo.http.SessionExpiredException"
    assert info["result"]["uid"] == 2
    assert within["result"][0]["id"] == 1


def test_a_wrong_password_in_a_web_session_is_access_denied(server):
    told = server.post(
        "/web/session/authenticate",
        {"params": {"db": server.database, "login": "admin", "password": "wrong"}},
    ).json()

    assert told["error"]["data"]["name"] == "odoo.exceptions.AccessDenied"
