"""What parks a command, and how it goes on: retry, adapt, give up, by hand. Odoo's own words stay."""

from __future__ import annotations

import httpx
import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.exceptions.models import Case
from apps.integrations.models import Command, FlowMode
from apps.integrations.odoo.command import sending, steering
from apps.integrations.odoo.command.errors import TooLate
from tests.integrations.odoo.commands.conftest import form, notes, post
from tests.integrations.odoo.conftest import SANDBOX_ONLY

pytestmark = pytest.mark.usefixtures("guards")


def case_of(command):
    return Case.objects.get(subject=command.public_id)


def lost_and_hidden(odoo, model, method):
    """The answer of the next such call is lost, and then the log may not be read."""
    faults = [
        {"fault": "drop_after_commit", "times": 1, "match": {"model": model, "method": method}},
        {
            "fault": "access_error",
            "times": 1,
            "match": {"model": "mail.message", "method": "search_read"},
        },
    ]
    assert httpx.post(f"{odoo.url}/sandbox/faults", json=faults, timeout=10).status_code < 300


@pytest.fixture
def moved(give, carry, delivery, clerk, carl):
    """A tracking number that somebody else set in Odoo while the command was on its way."""
    shipment = delivery()
    command = give(carl, "set_tracking_number", shipment.public_id, tracking_number="OURS")
    clerk("stock.picking", "write", [shipment.picking_odoo_id], {"carrier_tracking_ref": "THEIRS"})
    return carry(command)


def test_a_record_that_changed_meanwhile_parks_the_command_and_names_the_fields(moved, clerk):
    assert (moved.state, moved.reason) == ("parked", "changed")
    assert moved.changed == [
        {"field": "carrier_tracking_ref", "expected": False, "found": "THEIRS"}
    ]
    assert notes(clerk, moved) == 0
    assert case_of(moved).kind == "command_waits"
    assert steering.ways_forward(moved) == ["adapt", "abandon", "by_hand"]


def test_a_change_between_our_look_and_the_call_is_refused_by_the_guard(
    give, carry, delivery, clerk, carl, monkeypatch
):
    shipment = delivery()
    command = give(carl, "set_tracking_number", shipment.public_id, tracking_number="OURS")
    run = sending.guard.run

    def late(odoo, action, it):
        clerk(
            "stock.picking", "write", [shipment.picking_odoo_id], {"carrier_tracking_ref": "LATE"}
        )
        return run(odoo, action, it)

    monkeypatch.setattr(sending.guard, "run", late)
    carry(command)

    assert (command.state, command.reason) == ("parked", "changed")
    assert command.changed[0]["found"] == "LATE"
    assert clerk.value("stock.picking", shipment.picking_odoo_id, "carrier_tracking_ref") == "LATE"


def test_adapting_gives_a_new_command_on_the_new_facts_in_place_of_the_old(
    moved, carry, mirror, clerk, carl
):
    mirror()
    browser = Browser()
    browser.force_login(carl)
    page = browser.get(
        f"/integrations/commands/new/set_tracking_number/{moved.record_ref}/"
        f"?replaces={moved.public_id}"
    )
    assert b'value="OURS"' in page.content
    shown = form(carl, "set_tracking_number", moved.record_ref).json()
    body = {
        "kind": "set_tracking_number",
        "record": moved.record_ref,
        "data": {"tracking_number": "BOTH"},
        "seen": shown["seen"],
        "replaces": moved.public_id,
    }
    answer = post(carl, body)
    assert answer.status_code == 201, answer.content
    adapted = carry(Command.objects.get(public_id=answer.json()["id"]))
    moved.refresh_from_db()

    assert (adapted.state, moved.state) == ("applied", "replaced")
    assert adapted.replaces == moved
    assert clerk.value("stock.picking", moved.record_odoo_id, "carrier_tracking_ref") == "BOTH"


def test_a_command_is_given_up_with_a_reason_and_its_case_closes(moved, carl):
    browser = Browser()
    browser.force_login(carl)
    address = f"/integrations/commands/{moved.public_id}/abandon/"
    assert browser.post(address, {"why": ""}).status_code == 400

    browser.post(address, {"why": "Theirs is right."})

    moved.refresh_from_db()
    assert moved.state == "abandoned"
    assert "Theirs is right." in moved.says
    assert case_of(moved).state == "resolved"
    with pytest.raises(TooLate):
        steering.send_again(moved, by=carl, now=timezone.now())


def test_what_was_done_by_hand_is_read_in_odoo_which_agrees_or_not(moved, carry, clerk, carl):
    steering.done_by_hand(moved, by=carl, why="Typed it in.", now=timezone.now())
    carry(moved)
    assert (moved.state, moved.reason) == ("parked", "differs")

    clerk("stock.picking", "write", [moved.record_odoo_id], {"carrier_tracking_ref": "OURS"})
    steering.done_by_hand(moved, by=carl, why="Now really.", now=timezone.now())
    carry(moved)

    assert moved.state == "by_hand"
    assert moved.says == "Done by hand; Odoo agrees."
    assert case_of(moved).state == "resolved"


def test_a_deleted_record_parks_the_command(give, carry, delivery, clerk, olga):
    shipment = delivery()
    command = give(olga, "cancel_transfer", shipment.public_id, why="Twice.")
    clerk("stock.picking", "unlink", [shipment.picking_odoo_id])
    carry(command)

    assert (command.state, command.reason) == ("parked", "gone")
    assert steering.ways_forward(command) == ["abandon", "by_hand"]


@SANDBOX_ONLY
def test_a_missing_right_goes_to_the_integration_owner_and_on_once_it_is_there(
    give, carry, delivery, clerk, olga, fault
):
    shipment = delivery()
    command = give(olga, "cancel_transfer", shipment.public_id, why="Twice.")
    fault("access_error", model="ir.actions.server", method="run")
    carry(command)

    assert (command.state, command.reason) == ("parked", "right")
    assert case_of(command).kind == "command_blocked"
    assert case_of(command).team.slug == "integration"

    steering.send_again(command, by=olga, now=timezone.now())
    carry(command)
    assert command.state == "applied"
    assert case_of(command).state == "resolved"
    assert notes(clerk, command) == 1


@SANDBOX_ONLY
def test_an_outcome_that_may_not_be_looked_up_is_asked_of_the_guard_itself(
    give, carry, delivery, clerk, olga, odoo
):
    shipment = delivery()
    command = give(olga, "cancel_transfer", shipment.public_id, why="Twice.")
    lost_and_hidden(odoo, "ir.actions.server", "run")
    carry(command)

    assert command.state == "applied", command.says
    outcomes = list(command.tries.order_by("id").values_list("outcome", flat=True))
    assert outcomes == ["sending", "unknown", "asked again", "sending", "applied"]
    assert notes(clerk, command) == 1


@SANDBOX_ONLY
def test_without_a_guard_an_outcome_that_may_not_be_looked_up_waits_for_a_person_and_is_looked_up_first(
    give, carry, delivery, clerk, carl, odoo
):
    from apps.integrations.models import OdooGuard

    OdooGuard.objects.all().delete()
    shipment = delivery()
    command = give(carl, "set_tracking_number", shipment.public_id, tracking_number="1Z")
    lost_and_hidden(odoo, "stock.picking", "write")
    carry(command)
    assert (command.state, command.reason) == ("parked", "cannot_look")

    steering.send_again(command, by=carl, now=timezone.now())
    carry(command)
    assert command.state == "applied"
    assert notes(clerk, command) == 1


def test_a_paused_flow_shows_the_steps_by_hand(give, carry, delivery, olga):
    shipment = delivery()
    FlowMode.objects.create(flow="odoo.cancel_transfer", company=shipment.company, mode="off")
    command = carry(give(olga, "cancel_transfer", shipment.public_id, why="Twice."))

    assert (command.state, command.reason) == ("parked", "flow_off")
    browser = Browser()
    browser.force_login(olga)
    page = browser.get(f"/integrations/commands/{command.public_id}/").content.decode()
    assert f"Open {shipment.reference} in Odoo&#x27;s Inventory." in page
    assert "Press Cancel." in page


def test_a_shadow_flow_says_what_it_would_have_done(give, carry, delivery, clerk, olga):
    shipment = delivery()
    FlowMode.objects.create(flow="odoo.cancel_transfer", company=shipment.company, mode="shadow")
    command = carry(give(olga, "cancel_transfer", shipment.public_id, why="Twice."))

    assert command.state == "shadowed"
    assert "state assigned → cancel" in command.says
    assert clerk.value("stock.picking", shipment.picking_odoo_id, "state") == "assigned"


def test_a_closed_period_parks_until_the_lock_date_moves(
    give, carry, delivery, clerk, olga, monkeypatch
):
    from apps.integrations.odoo.command import periods
    from apps.integrations.odoo.line.errors import OdooRefused

    shipment = delivery()
    command = give(olga, "cancel_transfer", shipment.public_id, why="Twice.")
    dates = {"fiscalyear_lock_date": "2026-12-31"}
    monkeypatch.setattr(periods, "lock_dates", lambda _: dict(dates))
    run = sending.guard.run

    def closed(*_):
        raise OdooRefused(
            "UserError",
            "You cannot add/modify entries prior to and inclusive of: Global Lock Date (12/31/2026).",
        )

    monkeypatch.setattr(sending.guard, "run", closed)
    carry(command)
    assert (command.state, command.reason) == ("parked", "closed_period")
    assert "Global Lock Date (12/31/2026)" in command.says

    monkeypatch.setattr(sending.guard, "run", run)
    Command.objects.update(next_attempt_at=timezone.now())
    carry(command)
    assert command.state == "parked"

    dates["fiscalyear_lock_date"] = False
    Command.objects.update(next_attempt_at=timezone.now())
    carry(command)
    assert command.state == "applied", command.says
    assert clerk.value("stock.picking", shipment.picking_odoo_id, "state") == "cancel"
