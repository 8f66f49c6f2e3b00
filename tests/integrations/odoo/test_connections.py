"""Several Odoo databases side by side: named, sealed, each with its own lane, nothing mixed."""

from __future__ import annotations

import io
import threading

import pytest
from django.core.management import CommandError, call_command

from apps.integrations.errors import BadConnection
from apps.integrations.models import OdooConnection
from apps.integrations.odoo.follow import feed
from apps.integrations.odoo.line import client as odoo_client
from apps.integrations.odoo.line import connections
from apps.integrations.odoo.line.client import client
from apps.integrations.odoo.line.connections import NewConnection
from apps.integrations.odoo.line.errors import LoginRefused, OdooAway
from apps.integrations.odoo.line.side_by_side import each
from apps.integrations.odoo.line.transports import sign_in
from apps.journal.models import Entry
from apps.mirror.models import Contact, Feed, SaleOrder
from apps.shipments.models import Order
from tests.contract import make
from tests.contract.client import Sandbox, User
from tests.integrations.odoo.conftest import SANDBOX_ONLY, point_at


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two Odoos that have given the same ids to different things."""
    made = [
        Sandbox(tmp_path_factory.mktemp(f"odoo-{version}") / "store.sqlite", version)
        for version in ("18.0", "19.0")
    ]
    yield [sandbox.start() for sandbox in made]
    for sandbox in made:
        sandbox.kill()


@pytest.fixture
def both(pair, settings, db):
    """The first is `default`, the second is connected as `second`."""
    point_at(settings, pair[0])
    connections.forget()
    connect("second", pair[1])
    yield pair
    connections.forget()


def connect(slug, server, secret=None):
    return connections.connect(
        NewConnection(slug, server.url, server.database, server.user, secret or server.password)
    )


def run_command(*args, stdin=None, monkeypatch=None):
    if monkeypatch and stdin is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    out = io.StringIO()
    call_command("odoo_connect", *args, stdout=out)
    return out.getvalue()


def read_all(slug):
    Feed.objects.filter(connection=slug).update(due_at=None)
    while feed.run(slug):
        continue


@SANDBOX_ONLY
def test_two_databases_with_the_same_ids_are_never_mixed(both):
    orders = []
    for server in both:
        admin = User(server, "admin", server.admin_password)
        tower = User(server, server.user, server.password)
        customer = make.customer(admin, name=f"Customer of {server.version}")
        made = make.order(tower, customer, (make.product(admin), 2))
        tower("sale.order", "action_confirm", [made])
        orders.append((made, customer))
    assert orders[0] == orders[1], "the same ids in both"
    order_id, customer_id = orders[0]

    for slug in connections.slugs():
        read_all(slug)

    for slug, server in zip(connections.slugs(), both, strict=True):
        assert Contact.objects.get(connection=slug, odoo_id=customer_id).name == (
            f"Customer of {server.version}"
        )
        sale = SaleOrder.objects.get(connection=slug, odoo_id=order_id)
        order = Order.objects.get(connection=slug, odoo_id=order_id)
        assert sale.customer_odoo_id == customer_id
        assert order.customer_name == f"Customer of {server.version}"
        assert sale.company_id == order.company_id
    companies = {row.connection: row.company_id for row in SaleOrder.objects.all()}
    assert companies["default"] != companies["second"], "the scopes are apart too"
    again = {
        slug: SaleOrder.objects.get(connection=slug, odoo_id=order_id).pk for slug in companies
    }
    read_all("default")
    assert again["second"] == SaleOrder.objects.get(connection="second", odoo_id=order_id).pk


@SANDBOX_ONLY
def test_each_connection_has_its_own_client_and_version(both):
    assert connections.slugs() == ["default", "second"]
    assert [client(slug).series for slug in connections.slugs()] == [18, 19]


@SANDBOX_ONLY
def test_a_connection_switched_off_is_gone_for_everybody(both):
    connections.disable("second")

    assert connections.slugs() == ["default"]
    with pytest.raises(KeyError, match="no Odoo connection is in use as 'second'"):
        client("second")


@SANDBOX_ONLY
def test_a_changed_secret_makes_a_new_client(both):
    before = client("second")
    connect("second", both[1], secret=both[1].api_key)

    after = client("second")

    assert after is not before
    assert after.transport == "json-2"


@SANDBOX_ONLY
def test_what_changed_of_a_connection_stands_in_the_journal_without_a_value(both):
    connect("second", both[1], secret="new-secret-of-second")
    connections.disable("second")

    told = Entry.objects.filter(kind="odoo.connection_changed", subject="odoo:second")
    assert [entry.payload["changed"] for entry in told.order_by("id")] == [
        ["db", "enabled", "secret", "title", "transport", "url", "user"],
        ["secret"],
        ["enabled"],
    ]
    assert "new-secret-of-second" not in str([entry.payload for entry in told])


@SANDBOX_ONLY
def test_the_secret_is_kept_sealed(both, settings):
    row = OdooConnection.objects.get()
    assert both[1].password.encode() not in bytes(row.sealed_secret)

    settings.SECRET_KEY = "another-secret-key-of-fifty-characters-and-some-more"
    connections.forget()
    with pytest.raises(LoginRefused, match="sealed under another SECRET_KEY"):
        client("second")


def test_a_secret_is_not_in_what_a_log_would_show():
    new = NewConnection("branch", "http://127.0.0.1:9", "db", "user", "a-very-secret-key")

    assert "a-very-secret-key" not in repr(new)
    assert new.credentials.secret == "a-very-secret-key"
    assert "a-very-secret-key" not in repr(new.credentials)


def test_a_slash_at_the_end_of_an_address_makes_no_other_database(db):
    new = NewConnection("branch", "http://127.0.0.1:9/", "db", "user", "secret")
    connections.connect(new)

    for url in ("http://127.0.0.1:9", "http://127.0.0.1:9/"):
        with pytest.raises(BadConnection, match="connected already"):
            connections.connect(NewConnection("again", url, "db", "user", "secret"))


@SANDBOX_ONLY
def test_one_database_has_one_name(both):
    with pytest.raises(BadConnection, match="connected already"):
        connect("first-again", both[0])
    with pytest.raises(BadConnection, match="connected already"):
        connect("second-again", both[1])


@pytest.mark.parametrize("slug", ["default", "Not a slug", ""])
def test_a_name_that_cannot_be_is_refused(db, slug):
    with pytest.raises(BadConnection):
        connections.connect(NewConnection(slug, "http://127.0.0.1:9", "db", "user", "secret"))


@SANDBOX_ONLY
def test_one_that_is_away_delays_no_other(both):
    """Either lane ends only after the other has begun: one after the other this would never end."""
    begun = {slug: threading.Event() for slug in connections.slugs()}

    def work(slug):
        begun[slug].set()
        assert all(event.wait(20) for event in begun.values())

    each(work)


@SANDBOX_ONLY
def test_a_lane_that_fails_leaves_the_others_their_work_and_is_told(both):
    done = []

    def work(slug):
        if slug == "default":
            raise LoginRefused("AccessDenied", "no")
        done.append(slug)

    with pytest.raises(LoginRefused):
        each(work)
    assert done == ["second"]


@SANDBOX_ONLY
def test_connecting_tries_the_login_before_anything_is_stored(pair, settings, db, monkeypatch):
    point_at(settings, pair[0])
    where = ["--url", pair[1].url, "--db", pair[1].database, "--user", pair[1].user]
    with pytest.raises(CommandError, match=r"does not accept the login.*Nothing was stored"):
        run_command("branch", *where, stdin="wrong\n", monkeypatch=monkeypatch)
    assert not OdooConnection.objects.exists()

    monkeypatch.setenv("BRANCH_KEY", pair[1].api_key)
    shown = run_command("branch", *where, "--title", "Branch", "--secret-from-env", "BRANCH_KEY")

    assert shown.startswith("branch: Odoo 19.0 over json-2, signed in as tower.")
    assert pair[1].api_key not in shown
    assert "branch" in run_command()
    assert "switched off" in run_command("branch", "--disable")
    assert run_command().splitlines()[1].endswith("as tower: off")


@SANDBOX_ONLY
def test_a_key_is_changed_without_saying_the_rest_again(both, monkeypatch):
    run_command("second", stdin=f"{both[1].api_key}\n", monkeypatch=monkeypatch)

    assert client("second").transport == "json-2"
    assert OdooConnection.objects.get().user == "tower"


def test_a_new_connection_needs_an_address(db, monkeypatch):
    with pytest.raises(CommandError, match="branch is new: name --url, --db, --user"):
        run_command("branch", stdin="key\n", monkeypatch=monkeypatch)


@SANDBOX_ONLY
def test_check_goes_through_every_connection(both, capsys):
    odoo_client.close_all()
    call_command("odoo_check")

    shown = capsys.readouterr().out
    assert "default:" in shown
    assert "it is Odoo 18.0 over JSON-RPC" in shown
    assert "it is Odoo 19.0 over JSON-RPC" in shown


@pytest.fixture
def seen(both, monkeypatch):
    """Both, with credentials that threads know: they do not see what a test has not committed."""
    odoo_client.close_all()
    monkeypatch.setattr(connections, "CACHE_S", 3600.0)
    connections.credentials("second")
    return both


def test_the_lanes_of_the_next_pass_go_on_with_the_same_sign_in(seen, monkeypatch):
    signed_in: list[str] = []

    def counted(want):
        signed_in.append(want.connection)
        return sign_in(want)

    monkeypatch.setattr(odoo_client, "sign_in", counted)
    for _ in range(3):
        each(lambda slug: client(slug).version)

    assert sorted(signed_in) == ["default", "second"]


def test_a_client_with_a_former_secret_is_closed_and_not_handed_on(seen, monkeypatch):
    each(lambda slug: client(slug).version)
    closed: list[str] = []
    close = odoo_client.Client.close

    def noted(self):
        closed.append(self.credentials.connection)
        close(self)

    monkeypatch.setattr(odoo_client.Client, "close", noted)
    connect("second", seen[1], "another")
    connections.credentials("second")
    with pytest.raises(LoginRefused):
        each(lambda slug: client(slug).version)

    assert closed == ["second"]


def test_clients_that_nobody_uses_are_closed_at_the_end(seen, monkeypatch):
    each(lambda slug: client(slug).version)
    closed: list[str] = []
    monkeypatch.setattr(
        odoo_client.Client, "close", lambda self: closed.append(self.credentials.connection)
    )

    odoo_client.close_all()

    assert sorted(closed) == ["default", "second"]


@pytest.mark.parametrize("path", ["/web", "/odoo/", "?debug=1", "/web#action=5"])
def test_an_address_with_a_path_is_refused_in_words(pair, settings, db, path):
    with pytest.raises(BadConnection, match="take"):
        connections.connect(
            NewConnection("second", f"https://odoo.test{path}", "odoo", "tower", "secret")
        )
    point_at(settings, pair[0], url=pair[0].url + path)

    with pytest.raises(OdooAway, match="scheme, host and port alone"):
        client().version  # noqa: B018  asking signs in
