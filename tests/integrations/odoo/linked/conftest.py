"""An Odoo that has CRM, employees and maintenance beside what every Odoo of these tests has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.integrations.odoo.line import discover
from apps.integrations.odoo.linked import reading
from apps.mirror.models import LinkedFeed, LinkedRecord
from tests.contract.client import Sandboxes, Server, User
from tests.contract.conftest import REAL, RPC, _real

APPS = ("crm", "hr", "maintenance")


@pytest.fixture(
    scope="session",
    params=[("real", "")] if REAL else [("18.0", RPC), ("19.0", "json-2")],
    ids=lambda param: param[0],
)
def server(request: pytest.FixtureRequest, sandboxes: Sandboxes) -> Server:
    if REAL:
        return _real()
    version, transport = request.param
    return sandboxes.fresh(version, transport=transport, apps=APPS)


# What stands on the server is made anew too: a session's fixtures keep the one they were first made for.
@pytest.fixture(scope="session")
def admin(server: Server) -> User:
    return User(server, "admin", server.admin_password)


@pytest.fixture(scope="session")
def clerk(server: Server) -> User:
    """The service user."""
    return User(server, server.user, server.password)


@pytest.fixture
def found(mirror: Callable[[], None], admin: User) -> None:
    """The tower knows what this Odoo has, and the mirror is up to date."""
    mirror()
    discover.refresh()
    if not discover.has("default", "crm.lead"):
        pytest.skip("this server has no CRM")


@pytest.fixture
def read(found: None) -> Callable[..., None]:
    """Read what is due of the installed apps; again=True as a day later, when all of it is read."""

    def run(*, again: bool = False) -> None:
        at = timezone.now() + (timedelta(days=2) if again else timedelta(0))
        LinkedFeed.objects.update(ran_at=None)
        reading.run(now=at)
        assert not LinkedFeed.objects.exclude(error="").exists(), list(
            LinkedFeed.objects.exclude(error="").values_list("model", "error")
        )

    return run


def linked(model: str, odoo_id: int) -> LinkedRecord | None:
    return LinkedRecord.objects.filter(model=model, odoo_id=odoo_id).first()


def facts(row: LinkedRecord) -> dict[str, Any]:
    return dict(row.facts)
