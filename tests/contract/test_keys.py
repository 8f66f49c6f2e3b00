"""API keys: made in a web session, used in place of the password (FACTS 3)."""

import pytest

from tests.contract.client import OdooError


@pytest.fixture
def key(server):
    """A fresh key of the service user."""
    made = server.key_of(server.user, server.password, fresh=True)
    assert len(made) == 40
    return made


def test_a_key_takes_the_place_of_the_password(server, tower, key):
    login = server.rpc("common", "login", server.database, server.user, key)
    told = server.rpc(
        "object", "execute_kw", server.database, login, key, "res.users", "context_get", [], {}
    )

    assert login == told["uid"] == tower.uid


def test_a_key_opens_no_web_session(server, key):
    params = {"db": server.database, "login": server.user, "password": key}
    answer = server.post("/web/session/authenticate", {"id": 1, "params": params}).json()

    assert answer["error"]["data"]["name"] == "odoo.exceptions.AccessDenied"


def test_a_user_sees_the_own_keys_with_their_end(server, tower, key):
    fields = ["name", "scope", "expiration_date", "user_id"]
    own = tower("res.users.apikeys", "search_read", [], fields)

    assert {row["user_id"][0] for row in own} == {tower.uid}
    assert own[-1]["name"] == "contract suite"
    assert own[-1]["expiration_date"].endswith("00:00:00")


def test_no_key_is_made_over_json_rpc(server, tower):
    wizard = "res.users.apikeys.description"

    def call(method, *args):
        who = (server.database, tower.uid, server.password)
        return server.rpc("object", "execute_kw", *who, wizard, method, list(args), {})

    made = call("web_save", [], {"name": "no session", "duration": "1"}, {"name": {}})[0]["id"]

    with pytest.raises(OdooError, match="This method can only be accessed over HTTP"):
        call("make_key", [made])
