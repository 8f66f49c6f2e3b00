"""Odoo away or refusing us: said plainly, retried, a case when it lasts, and nothing is lost."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.approvals.services import release_hold
from apps.dashboards.queries.frame import odoo_age
from apps.exceptions.models import Case
from apps.integrations.models import Command
from apps.integrations.odoo.check import check
from apps.integrations.odoo.command import sending
from apps.integrations.odoo.connection_queries import connected
from apps.integrations.odoo.follow import feed
from apps.integrations.odoo.line import client as odoo_client
from apps.integrations.odoo.line.client import Client, Credentials, client
from apps.integrations.odoo.line.errors import LoginRefused, OdooAway, OdooRefused, OutcomeUnknown
from apps.mirror.models import Feed, Invoice, SaleOrder
from tests.contract import make
from tests.contract.client import Sandbox, User
from tests.factories import make_company
from tests.integrations.odoo.conftest import (
    SANDBOX_ONLY,
    hold_back,
    in_odoo,
    point_at,
    post_invoice,
)


@pytest.fixture
def own(tmp_path, settings, db):
    """A sandbox of this test's own, that may be killed and started again."""
    sandbox = Sandbox(tmp_path / "store.sqlite", "18.0")
    point_at(settings, sandbox.start())
    settings.UNDO_WINDOW_S = 0
    yield sandbox
    sandbox.kill()


def read_all():
    Feed.objects.update(due_at=None)
    odoo_client._circuits.clear()
    odoo_client.close_all()
    while feed.run():
        continue


@SANDBOX_ONLY
def test_an_odoo_that_is_away_is_one_outage_with_one_case_that_ends_by_itself(own):
    read_all()
    own.kill()
    for _ in range(3):
        read_all()

    assert set(Feed.objects.values_list("error", flat=True)) == {
        "Odoo cannot be reached: [Errno 111] Connection refused."
    }
    case = Case.objects.get(kind="integration_down")
    assert (case.state, case.title) == ("open", "Odoo cannot be reached")

    own.start()
    read_all()

    assert set(Feed.objects.values_list("error", flat=True)) == {""}
    case.refresh_from_db()
    assert case.state == "resolved"


@SANDBOX_ONLY
def test_what_was_decided_while_odoo_was_away_arrives_once_in_order(own, settle):
    admin, clerk = User(own.server, "admin", "admin"), User(own.server, "tower", "tower")
    move = post_invoice(admin, clerk)
    read_all()
    invoice = Invoice.objects.get(odoo_id=move)
    own.kill()
    hold = hold_back(invoice, timezone.now())
    settle()
    sending.drain(parallel=1)
    release_hold(hold, by=None, why="Proof came.", now=timezone.now())
    settle()
    sending.drain(parallel=1)
    assert set(Command.objects.values_list("state", flat=True)) == {"waiting"}
    assert Command.objects.earliest("id").says.startswith("Odoo cannot be reached")

    own.start()
    read_all()
    odoo_client._circuits.clear()
    odoo_client.close_all()
    Command.objects.update(next_attempt_at=None)
    sending.drain(parallel=1)

    assert list(Command.objects.order_by("id").values_list("kind", "state")) == [
        ("hold_invoice", "applied"),
        ("release_invoice", "applied"),
    ]
    assert in_odoo(clerk, invoice) == "not_paid"
    assert make.notes_with(clerk, "account.move", move, "controltower:") == 2


def test_a_wrong_password_is_said_plainly_and_opens_a_case_at_once(odoo, settings, db):
    point_at(settings, odoo, secret="wrong")

    feed.run()

    assert "Odoo does not accept the login of 'tower'" in Feed.objects.earliest("id").error
    assert Case.objects.get(kind="integration_down").title == "Odoo refuses our login"


def test_a_right_lost_for_one_model_stops_only_that_model(mirror, clerk, admin, monkeypatch):
    search_read = Client.search_read

    def refused(self, model, *args, **kwargs):
        if model == "delivery.carrier":
            raise OdooRefused("AccessError", "You are not allowed to access 'Shipping Methods'.")
        return search_read(self, model, *args, **kwargs)

    monkeypatch.setattr(Client, "search_read", refused)
    order_id = make.confirmed(admin, clerk)

    mirror()

    assert SaleOrder.objects.filter(odoo_id=order_id).exists()
    assert (
        Feed.objects.get(model="delivery.carrier").error
        == "You are not allowed to access 'Shipping Methods'."
    )


@SANDBOX_ONLY
def test_the_breaker_opens_after_three_failures_and_refuses_fast(own):
    odoo = client()
    own.kill()
    for _ in range(3):
        with pytest.raises(OdooAway):
            odoo.count("res.partner", [])

    assert odoo_client.circuit(own.server.url) == "open"
    with pytest.raises(OdooAway, match="resting"):
        odoo.count("res.partner", [])


@SANDBOX_ONLY
def test_an_unknown_outcome_stays_one_even_when_it_opens_the_breaker(
    odoo, admin, clerk, fault, settings
):
    """A write that may have happened must never look like one that did not."""
    made = make.customer(admin)
    ours = Client(Credentials(odoo.url, odoo.database, "admin", odoo.admin_password, 10))
    fault("drop_after_commit", times=3, model="res.partner", method="write")

    for number in range(3):
        with pytest.raises(OutcomeUnknown):
            ours.write("res.partner", [made], {"city": f"Gent {number}"})

    assert odoo_client.circuit(odoo.url) == "open"
    assert admin.value("res.partner", made, "city") == "Gent 2"


def test_an_unknown_database_is_told_apart_from_a_wrong_address(odoo):
    with pytest.raises(LoginRefused, match="ODOO_DB"):
        Client(Credentials(odoo.url, "no-such-database", "tower", "x", 10)).count("res.partner", [])
    with pytest.raises(OdooAway):
        Client(Credentials("http://127.0.0.1:9", "odoo", "tower", "x", 10)).count("res.partner", [])


def test_check_says_in_words_that_all_is_well(odoo, db):
    findings = list(check())

    assert [finding.says for finding in findings if not finding.ok] == []
    assert findings[0].says.startswith(f"{odoo.url} answers; it is Odoo {odoo.version}")


def test_check_names_the_rights_a_user_lacks(odoo, db, admin, settings):
    login = f"clerk-{make.key()}"
    groups = "group_ids" if odoo.is_19 else "groups_id"
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
    point_at(settings, odoo, user=login, secret="clerk-secret")

    wrong = [finding.says for finding in check() if not finding.ok]

    assert f"{login} may not read sale.order." in wrong
    assert f"{login} may not write account.move." in wrong
    assert any("Groups that give what is needed" in says for says in wrong)


def test_check_ends_with_an_error_when_the_password_is_wrong(odoo, db, settings, capsys):
    point_at(settings, odoo, secret="wrong")

    with pytest.raises(SystemExit):
        call_command("odoo_check")

    assert "problem" in capsys.readouterr().out


def test_sync_shows_progress_and_brings_the_mirror_up_to_date(odoo, db, admin, clerk, capsys):
    order_id = make.confirmed(admin, clerk)

    call_command("odoo_sync", "--full")

    shown = capsys.readouterr().out
    assert "sale.order" in shown
    assert "records," in shown
    assert SaleOrder.objects.filter(odoo_id=order_id).exists()


def test_sync_says_why_it_could_not(odoo, db, settings, capsys):
    point_at(settings, odoo, secret="wrong")

    with pytest.raises(CommandError, match="odoo_check"):
        call_command("odoo_sync")

    assert "does not accept the login" in capsys.readouterr().err


def test_a_refused_login_is_told_whatever_became_of_its_case(odoo, settings, db, ines):
    point_at(settings, odoo, secret="wrong")
    Feed.objects.update(due_at=None)
    feed.run()
    Case.objects.all().update(title="Odoo: new key wanted", state="resolved")

    [one] = connected(ines)

    assert one.state == "refused"
    assert odoo_age(ines, timezone.now()).failing


def test_an_outage_of_another_companys_odoo_does_not_stand_above_every_page(db, ines):
    now = timezone.now()
    Feed.objects.update(ok_at=now)
    make_company("Elsewhere", connection="other")
    Feed.objects.create(connection="other", model="sale.order", error="away", trouble="away")

    age = odoo_age(ines, now)

    assert (age.at, age.failing) == (now, False)


def test_one_model_that_odoo_refuses_is_no_odoo_that_does_not_answer(db, ines):
    Feed.objects.filter(model="delivery.carrier").update(error="No right to it.", trouble="model")

    assert not odoo_age(ines, timezone.now()).failing
