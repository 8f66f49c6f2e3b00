"""Who may give which command, on which facts, and how often."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from apps.integrations.models import Command
from apps.journal.models import Entry
from tests.integrations.odoo.commands.conftest import form, post


@pytest.fixture
def asked(delivery, carl):
    """What a program would send, right in every respect."""
    shipment = delivery()
    seen = form(carl, "set_tracking_number", shipment.public_id).json()["seen"]
    return {
        "kind": "set_tracking_number",
        "record": shipment.public_id,
        "data": {"tracking_number": "1Z"},
        "seen": seen,
    }


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("delete_everything", "not_on_list"),
        ("x" * 60, "not_on_list"),
        ("release_invoice", "not_on_list"),
        ("cancel_order", "not_on_list"),
        ("validate_transfer", "not_allowed"),
    ],
)
def test_what_is_not_on_the_list_or_not_theirs_is_refused_and_written_down(
    asked, carl, kind, reason
):
    answer = post(carl, {**asked, "kind": kind})

    assert answer.status_code == 403
    assert not Command.objects.exists()
    entry = Entry.objects.get(kind="command.denied")
    assert (entry.actor, entry.payload["kind"], entry.payload["reason"]) == (
        carl.public_id,
        kind,
        reason,
    )


def test_facts_that_the_mirror_knows_better_are_refused_with_what_changed(
    asked, carl, clerk, mirror
):
    from apps.mirror.models import Picking

    clerk(
        "stock.picking",
        "write",
        [Picking.objects.latest("odoo_id").odoo_id],
        {"carrier_tracking_ref": "NEW"},
    )
    mirror()
    answer = post(carl, asked)

    assert answer.status_code == 409
    assert answer.json()["changed"] == [
        {"field": "carrier_tracking_ref", "expected": False, "found": "NEW"}
    ]
    assert not Command.objects.exists()


def test_a_choice_of_facts_is_no_fact(asked, carl):
    seen = {**asked["seen"], "state": ["assigned", "done"]}

    assert post(carl, {**asked, "seen": seen}).status_code == 400


def test_text_that_no_database_takes_is_cleaned(asked, carl):
    data = {"tracking_number": "1\x00Z\ud800"}

    assert post(carl, {**asked, "data": data}).status_code == 201
    assert Command.objects.get().values == {"carrier_tracking_ref": "1Z"}


def test_facts_must_have_been_seen(asked, carl):
    answer = post(carl, {**asked, "seen": {"state": asked["seen"]["state"]}})

    assert (answer.status_code, answer.json()["reason"]) == (400, "not_seen")


def test_the_same_key_is_one_command_and_another_content_a_conflict(asked, carl):
    first = post(carl, asked, Idempotency_Key="k-1")
    again = post(carl, asked, Idempotency_Key="k-1")
    other = post(carl, {**asked, "data": {"tracking_number": "2Z"}}, Idempotency_Key="k-1")

    assert [one.status_code for one in (first, again, other)] == [201, 200, 409]
    assert first.json()["id"] == again.json()["id"]
    assert Command.objects.count() == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"tracking_number": "x" * 301},
        {"tracking_number": "1", "more": "2"},
        {"tracking_number": []},
    ],
)
def test_what_a_kind_does_not_ask_for_is_refused(asked, carl, data):
    assert post(carl, {**asked, "data": data}).status_code == 400


def test_a_record_outside_the_scope_is_not_there(asked, stranger):
    assert post(stranger, asked).status_code == 404
    browser = Browser()
    browser.force_login(stranger)
    for path in (f"on/{asked['record']}/", f"new/set_tracking_number/{asked['record']}/"):
        assert browser.get(f"/integrations/commands/{path}").status_code == 404


def test_the_form_gives_the_command_and_the_record_lists_it(asked, carl):
    browser = Browser()
    browser.force_login(carl)
    address = f"/integrations/commands/new/set_tracking_number/{asked['record']}/"
    page = browser.get(address)
    token = page.context["token"]
    fields = {"seen": page.context["seen"], "token": token, "tracking_number": "1Z9"}
    for _ in range(2):  # a form sent twice is one command
        sent = browser.post(address, fields, headers={"HX-Request": "true"})
        assert sent.status_code == 201, sent.content
    listed = browser.get(f"/integrations/commands/on/{asked['record']}/").content.decode()

    command = Command.objects.get()
    assert command.public_id in listed
    assert "1Z9" in command.intent
    assert "Validate the transfer" not in listed  # not customer service's to give
    assert "Set the tracking number" in listed


def test_a_form_on_facts_that_changed_shows_them_and_gives_nothing(asked, carl, clerk, mirror):
    from apps.mirror.models import Picking

    browser = Browser()
    browser.force_login(carl)
    address = f"/integrations/commands/new/set_tracking_number/{asked['record']}/"
    page = browser.get(address)
    picking = Picking.objects.latest("odoo_id").odoo_id
    clerk("stock.picking", "write", [picking], {"carrier_tracking_ref": "NEW"})
    mirror()
    sent = browser.post(
        address, {"seen": page.context["seen"], "token": "t", "tracking_number": "1Z9"}
    )

    assert sent.status_code == 409
    assert "NEW" in sent.content.decode()
    assert not Command.objects.exists()


def test_the_form_of_an_unknown_kind_is_refused_and_written_down(asked, carl):
    told = form(carl, "delete_everything", asked["record"])
    assert told.status_code == 403
    browser = Browser()
    browser.force_login(carl)
    for url in (
        f"/integrations/commands/new/delete_everything/{asked['record']}/",
        "/integrations/commands/new/delete_everything/shp_nowhere/",
    ):
        assert browser.get(url).status_code == 403
    kinds = Entry.objects.filter(kind="command.denied").values_list("payload__kind", flat=True)
    assert list(kinds) == ["delete_everything"] * 3
