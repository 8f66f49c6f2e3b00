"""What odoo_check says, and what it finds out for the screens."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.integrations.models import OdooServer
from apps.integrations.odoo import check as checking
from apps.integrations.odoo.check import check
from apps.integrations.odoo.line import discover
from apps.integrations.odoo.line.client import Client
from apps.integrations.odoo.line.connections import Credentials
from tests.contract.client import User
from tests.integrations.odoo.conftest import SANDBOX_ONLY, point_at


@pytest.fixture
def said(odoo, db):
    return list(check())


def test_the_version_and_the_way_of_the_calls_are_named(odoo, said):
    way = "JSON-2" if odoo.is_json2 else "JSON-RPC"

    assert f"it is Odoo {odoo.version} over {way}" in said[0].says


def test_a_password_on_19_is_worth_a_word(odoo, db, settings):
    point_at(settings, odoo, secret=odoo.password)

    notes = [finding.says for finding in check() if finding.warns and "Odoo 20" in finding.says]

    assert bool(notes) == odoo.is_19


@pytest.mark.parametrize("version", ["16.0", "17.0+e", "20.0"])
def test_a_version_nobody_tested_is_accepted_with_a_warning(odoo, db, monkeypatch, version):
    monkeypatch.setattr(Client, "version", version)
    findings = list(check())

    assert all(finding.ok for finding in findings)
    assert any("untested" in finding.says for finding in findings if finding.warns)


@pytest.mark.parametrize(
    ("ahead", "ok", "says"),
    [
        (0.4, True, "Odoo's clock and ours agree."),
        (-20.0, True, "Odoo's clock is 20 s behind ours; times on screen may look out of order."),
        (3600.0, False, "Odoo's clock is 3600 s ahead of ours: set both by a time server."),
    ],
)
def test_a_difference_of_the_clocks_is_told(ahead, ok, says):
    [finding] = checking._clock(OdooServer(clock_ahead_s=ahead))

    assert (finding.ok, finding.says) == (ok, says)


def test_the_clocks_of_one_machine_agree(odoo, said):
    assert OdooServer.objects.get(connection="default").clock_ahead_s == pytest.approx(0, abs=2.5)


def test_missing_guards_name_the_commands_that_wait_for_them(said):
    [line] = [finding for finding in said if finding.says.startswith("Guarded actions")]

    assert line.warns
    assert "stock.picking" in line.says
    assert "`manage.py odoo_bootstrap` makes them" in line.says


def test_a_lacking_right_names_the_commands_it_stops(odoo, db, admin, settings):
    theirs = _clerk(odoo, admin)
    point_at(settings, odoo, user=theirs.login, secret="clerk-secret")

    wrong = [finding.says for finding in check() if not finding.ok]

    assert f"{theirs.login} may not write stock.picking." in wrong
    assert any(
        says.startswith("Without write on stock.picking these commands are refused:")
        for says in wrong
    )
    assert OdooServer.objects.get(connection="default").offers["sale.order"] == "hidden"


@SANDBOX_ONLY
def test_apps_that_are_absent_are_named_with_what_the_tower_does_instead(said):
    says = [finding.says for finding in said]

    assert "Helpdesk (helpdesk.ticket): not installed; the tower's cases serve." in says
    assert all(finding.ok for finding in said if "not installed" in finding.says)
    assert not discover.has("default", "helpdesk.ticket")


def test_what_is_there_is_kept_for_the_screens(said):
    assert discover.has("default", "sale.order")
    assert discover.has("default", "sale.order", "write")
    assert not discover.has("default", "res.company", "write")
    assert not discover.has("elsewhere", "sale.order")


def test_what_was_found_is_asked_for_again_after_a_day(odoo, db):
    assert discover.refresh_stale("default")
    assert not discover.refresh_stale("default")
    OdooServer.objects.update(found_at=timezone.now() - discover.FRESH)

    assert discover.refresh_stale("default")


def test_an_odoo_that_is_away_keeps_what_was_found(odoo, db, settings):
    discover.refresh()
    OdooServer.objects.update(found_at=timezone.now() - discover.FRESH)
    point_at(settings, odoo, url="http://127.0.0.1:9")

    assert not discover.refresh_stale("default")
    assert discover.has("default", "sale.order")


def test_the_command_shows_every_line(odoo, db, capsys):
    call_command("odoo_check")

    shown = capsys.readouterr().out
    assert "ok      Odoo's clock and ours agree." in shown
    assert "note    Guarded actions: not made" in shown
    assert "problem" not in shown


def test_a_model_stands_alike_over_both_transports(odoo):
    key = odoo.key_of(odoo.user, odoo.password)
    ways = ["json-rpc", "json-2"] if odoo.is_19 else ["json-rpc"]
    found = []
    for way in ways:
        ours = Client(Credentials(odoo.url, odoo.database, odoo.user, key, 20, way))
        models = ("sale.order", "res.company", "ir.cron", "no.such.model")
        found.append([discover.standing(ours, model) for model in models])

    assert found == [["write", "read", "hidden", "absent"]] * len(ways)


def _clerk(odoo, admin) -> User:
    login = f"clerk-{timezone.now():%H%M%S%f}"
    groups = "group_ids" if odoo.is_19 else "groups_id"
    base = admin("ir.model.data", "check_object_reference", "base", "group_user")[1]
    values = {"name": "Clerk", "login": login, "password": "clerk-secret"}
    values |= {"email": "clerk@example.com", groups: [[6, 0, [base]]]}
    admin("res.users", "create", values, context={"no_reset_password": True})
    return User(odoo, login, "clerk-secret")
