"""Real engines for every test, one person per role, and no network but loopback."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as properties

if TYPE_CHECKING:
    from tests.contract.client import Sandboxes

_VAR = Path(os.environ["CONTROLTOWER_VAR"])
_STARTED: pytest.StashKey[list] = pytest.StashKey()

# Where the minutes go, the longest first: begun last, one of them alone would hold up the end of all.
_LONG = (
    "tests/journey/",
    "tests/day/",
    "tests/soak/",  # not beside the journey: each of the two starts a whole tower
    "tests/dashboards/test_axe.py",
    "tests/fuzzing/",
    "tests/integrations/test_deadly_message.py",
    "tests/integrations/odoo/",
    "tests/controltower/",
    "tests/dashboards/",
    "tests/contract/",
)

# How long an example takes says something of the machine and nothing of the code: speed lives in the bench.
properties.register_profile("tower", deadline=None, suppress_health_check=[HealthCheck.too_slow])
properties.load_profile("tower")


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL and Valkey before Django asks for them (unless an outside one is named)."""
    from controltower.engines import Valkey
    from tests.database import Hasty

    config.stash[_STARTED] = []
    divides = bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")
    if os.environ.get("DATABASE_URL") or divides:
        return  # somebody else's engines; whoever only divides the tests among others needs none
    for engine in (Hasty(_VAR), Valkey(_VAR)):
        engine.start()
        config.stash[_STARTED].append(engine)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this session started."""
    for engine in reversed(config.stash[_STARTED]):
        engine.stop()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; beside that the order stays."""

    def turn(item: pytest.Item) -> int:
        here = (at for at, path in enumerate(_LONG) if item.nodeid.startswith(path))
        return next(here, len(_LONG))

    items.sort(key=turn)


@pytest.fixture(autouse=True)
def _quiet_settings(settings) -> None:
    settings.WAKE_UPS = False  # no broker traffic from tests; they drain by name
    settings.JOURNAL_SEES_OWN_TRANSACTION = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _partitioned_tables_are_emptied_too(request: pytest.FixtureRequest, django_db_blocker):
    """Django's flush after a test with real transactions knows managed tables only."""
    yield
    marker = request.node.get_closest_marker("django_db")
    committed = {"transactional_db", "live_server"} & set(request.fixturenames)
    if committed or (marker and marker.kwargs.get("transaction")):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE journal_entry, integrations_messagebody")


@pytest.fixture(autouse=True)
def _no_outside_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests reach this machine only; anything else is a mistake that must be seen."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and host not in ("127.0.0.1", "localhost", "::1"):
            raise RuntimeError(f"a test tried to reach {host}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def company(db):
    from tests.factories import make_company

    return make_company()


@pytest.fixture
def olga(company):
    """Operations."""
    from tests.factories import make_person

    return make_person("Olga Operations", "operations", company)


@pytest.fixture
def carl(company):
    """Customer service."""
    from tests.factories import make_person

    return make_person("Carl Reyes", "customer_service", company)


@pytest.fixture
def fiona(company):
    """Finance."""
    from tests.factories import make_person

    return make_person("Fiona Finance", "finance", company)


@pytest.fixture
def ines(company):
    """Integration owner."""
    from tests.factories import make_person

    return make_person("Ines Integration", "integration", company)


@pytest.fixture
def customer_user(company):
    """A customer of the company, granted one customer."""
    from tests.factories import make_customer, make_person

    customer = make_customer(company)
    return make_person("Cora Customer", "customer", company, customer)


@pytest.fixture
def stranger(db):
    """Signed in, with a role, but granted nothing."""
    from tests.factories import make_company, make_person

    return make_person("Sam Stranger", "operations", make_company("Elsewhere Inc"))


@pytest.fixture(scope="session")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Sandboxes"]:
    """Sandboxes for module after module: starting one takes longer than most tests that ask it."""
    from tests.contract.client import Sandboxes

    made = Sandboxes(tmp_path_factory.mktemp("sandboxes"))
    yield made
    made.end()


@pytest.fixture
def settle(db) -> Callable[[], None]:
    """Hand every journal entry to every subscriber that hears its kind, until nothing new is written."""
    from apps.journal.models import Cursor, Entry
    from apps.journal.subscribers import all_subscribers, drain

    def run() -> None:
        names = [one.name for one in all_subscribers()]
        Cursor.objects.bulk_create(
            [Cursor(subscriber=name) for name in names], ignore_conflicts=True
        )
        seen = 0
        while kinds := set(Entry.objects.filter(id__gt=seen).values_list("kind", flat=True)):
            seen = Entry.objects.latest("id").id
            for subscriber in all_subscribers():
                if kinds & set(subscriber.kinds):
                    drain(subscriber)

    return run
