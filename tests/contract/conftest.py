"""The suite runs against the sandbox, or with ODOO_TEST_URL against a real server.

On the sandbox over JSON-RPC (18, 19) and JSON-2 (19). On a real server over ODOO_TEST_TRANSPORT (json-rpc, json-2);
ODOO_TEST_API_KEY is the service user's key, made in a web session where it is absent.
"""

from __future__ import annotations

import os

import httpx
import odoorpc
import pytest

from tests.contract.client import Sandboxes, Server, User

RPC = "json-rpc"
REAL = os.environ.get("ODOO_TEST_URL", "").rstrip("/")


def _real() -> Server:
    told = httpx.post(f"{REAL}/web/webclient/version_info", json={"params": {}}, timeout=60).json()
    return Server(
        REAL,
        os.environ["ODOO_TEST_DB"],
        told["result"]["server_serie"],
        os.environ["ODOO_TEST_USER"],
        os.environ["ODOO_TEST_PASSWORD"],
        os.environ["ODOO_TEST_ADMIN_PASSWORD"],
        False,
        os.environ.get("ODOO_TEST_TRANSPORT", "json-rpc"),
        os.environ.get("ODOO_TEST_API_KEY", ""),
    )


if REAL:

    @pytest.fixture(autouse=True)
    def _no_outside_network() -> None:
        """The real server may be anywhere."""


@pytest.fixture(
    scope="session",
    params=[("real", "")] if REAL else [("18.0", RPC), ("19.0", RPC), ("19.0", "json-2")],
    ids=lambda param: " ".join(filter(None, param)).replace(f" {RPC}", ""),
)
def server(request: pytest.FixtureRequest, sandboxes: Sandboxes) -> Server:
    if REAL:
        return _real()
    version, transport = request.param
    return sandboxes.fresh(version, transport=transport)


@pytest.fixture(scope="session")
def admin(server: Server) -> User:
    return User(server, "admin", server.admin_password)


@pytest.fixture(scope="session")
def tower(server: Server) -> User:
    """The service user."""
    return User(server, server.user, server.password)


@pytest.fixture(scope="session")
def clerk(server: Server, admin: User) -> User:
    """A user with no more than base.group_user."""
    login = f"clerk-{os.urandom(4).hex()}"
    groups = "group_ids" if server.is_19 else "groups_id"
    base = admin("ir.model.data", "check_object_reference", "base", "group_user")[1]
    admin(
        "res.users",
        "create",
        {
            "name": "Clerk",
            "login": login,
            "password": "clerk-secret",
            "email": "clerk@example.com",
            groups: [[6, 0, [base]]],
        },
        context={"no_reset_password": True},
    )
    return User(server, login, "clerk-secret")


@pytest.fixture
def odoo(server: Server) -> odoorpc.ODOO:
    """OdooRPC, logged in as the service user."""
    address = httpx.URL(server.url)
    client = odoorpc.ODOO(address.host, port=address.port or 80, timeout=60)
    client.login(server.database, server.user, server.password)
    return client
