"""Odoo is a process of its own, asked over the wire: the sandbox, or with ODOO_TEST_URL a real server.

18 is spoken to over JSON-RPC and 19 over JSON-2, as the tower would by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from apps.accounts.models import Company
from apps.approvals.models import Hold
from apps.integrations.odoo.command import sending
from apps.integrations.odoo.follow import feed
from apps.integrations.odoo.line import client as odoo_client
from apps.mirror.models import Feed, Invoice
from tests.contract import make
from tests.contract.client import Sandboxes, Server, User
from tests.contract.conftest import REAL, RPC, _real
from tests.walk import FAR

SANDBOX_ONLY = pytest.mark.skipif(
    bool(REAL), reason="needs the sandbox's faults or its own life and death"
)

if REAL:

    @pytest.fixture(autouse=True)
    def _no_outside_network() -> None:
        """The real server may be anywhere."""


@pytest.fixture(
    scope="session",
    params=[("real", "")] if REAL else [("18.0", RPC), ("19.0", "json-2")][: 2 if FAR else 1],
    ids=lambda param: param[0],
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
def clerk(server: Server) -> User:
    """An Odoo user at work; here the service user's own rights do."""
    return User(server, server.user, server.password)


def point_at(settings: Any, server: Server, **more: Any) -> None:
    """Let the connection `default` be this server."""
    odoo_client._circuits.clear()
    odoo_client.close_all()
    settings.ODOO = {
        **settings.ODOO,
        "url": server.url,
        "db": server.database,
        "user": server.user,
        "secret": server.secret,
        "timeout_s": 30,
        "settle_s": 0,
        **more,
    }


@pytest.fixture
def odoo(settings: Any, server: Server) -> Iterator[Server]:
    """The tower's connection `default` is this server, which has no faults left over."""
    point_at(settings, server)
    settings.UNDO_WINDOW_S = 0
    yield server
    if server.is_sandbox:
        httpx.post(f"{server.url}/sandbox/faults", json=[], timeout=10)


@pytest.fixture
def fault(odoo: Server) -> Callable[..., None]:
    """Faults on demand: fault("drop_after_commit", model="account.move", method="write")."""

    def add(kind: str, times: int = 1, delay_s: float | None = None, **match: str) -> None:
        one = {"fault": kind, "times": times, "match": match}
        if delay_s is not None:
            one["delay_s"] = delay_s
        assert httpx.post(f"{odoo.url}/sandbox/faults", json=[one], timeout=10).status_code < 300

    return add


@pytest.fixture
def mirror(db: None, odoo: Server) -> Callable[[], None]:
    """Read Odoo until the mirror is up to date."""

    def read() -> None:
        Feed.objects.update(due_at=None)
        while feed.run():
            continue

    return read


@pytest.fixture
def company(mirror: Callable[[], None]) -> Company:
    """The company that Odoo has; people of these tests work for it."""
    mirror()
    return Company.objects.order_by("odoo_id")[0]


@pytest.fixture
def invoice(admin: User, clerk: User, mirror: Callable[[], None]) -> Invoice:
    """A posted, unpaid invoice of 200.00, mirrored."""
    made = post_invoice(admin, clerk)
    mirror()
    return Invoice.objects.get(odoo_id=made)


@pytest.fixture
def held(invoice: Invoice, settle: Callable[[], None], now: Any) -> Hold:
    """The invoice is held, in Odoo too."""
    hold = hold_back(invoice, now)
    settle()
    sending.drain(parallel=1)
    hold.refresh_from_db()
    assert hold.effect == "applied", hold.effect_says
    return hold


@pytest.fixture
def now() -> Any:
    from django.utils import timezone

    return timezone.now()


def post_invoice(admin: User, clerk: User) -> int:
    """An invoice of 200.00 without an order, so that no detector has a say about its hold."""
    line = {
        "product_id": make.product(admin, stock=0),
        "quantity": 2,
        "price_unit": 100,
        "tax_ids": [[5]],
    }
    made = clerk(
        "account.move",
        "create",
        {
            "move_type": "out_invoice",
            "partner_id": make.customer(admin),
            "invoice_line_ids": [[0, 0, line]],
        },
    )
    clerk("account.move", "action_post", [made])
    return int(made)


def hold_back(invoice: Invoice, now: Any) -> Hold:
    """Place the hold that a missing proof of delivery brings about."""
    from apps.approvals.services import place_hold

    assert Company.objects.filter(pk=invoice.company_id).exists()
    return place_hold(
        invoice,
        reason="missing_proof",
        says="Delivered without proof of delivery.",
        conditions=[],
        rule="missing_proof.1",
        order=None,
        shipment=None,
        case_ref="",
        now=now,
    )


def in_odoo(user: User, hold: Hold | Invoice) -> str:
    """The payment state of the invoice, asked of Odoo itself."""
    odoo_id = hold.record_odoo_id if isinstance(hold, Hold) else hold.odoo_id
    return str(user.value("account.move", odoo_id, "payment_state"))


def keys_in_odoo(user: User, hold: Hold) -> int:
    """How many notes of ours stand on the invoice."""
    return make.notes_with(user, "account.move", hold.record_odoo_id, "controltower:")
