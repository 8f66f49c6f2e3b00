"""How far a command reaches: whose record it is, what it replaces, which lines were seen, whose server action runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.accounts.models import Warehouse
from apps.accounts.scope import grant
from apps.exceptions.models import Case
from apps.integrations.models import Command, OdooGuard
from apps.integrations.odoo.command import guard, guard_code, sending, steering, watching, writing
from apps.integrations.odoo.line.errors import LoginRefused, OdooBusy, named
from apps.journal.models import Entry
from tests.contract import make
from tests.factories import make_person
from tests.integrations.odoo.commands.conftest import form, notes, post
from tests.integrations.odoo.commands.test_ways_forward import lost_and_hidden
from tests.integrations.odoo.conftest import SANDBOX_ONLY, hold_back, in_odoo

pytestmark = pytest.mark.usefixtures("guards")


@pytest.fixture
def parked(give, carry, delivery, clerk, carl):
    """A tracking number that somebody else set while the command was on its way."""
    shipment = delivery()
    command = give(carl, "set_tracking_number", shipment.public_id, tracking_number="OURS")
    clerk("stock.picking", "write", [shipment.picking_odoo_id], {"carrier_tracking_ref": "THEIRS"})
    return carry(command)


def body(person, kind, record, replaces, **data):
    seen = form(person, kind, record).json()["seen"]
    return {"kind": kind, "record": record, "data": data, "seen": seen, "replaces": replaces}


def test_a_command_replaces_only_its_own_kind_on_its_own_record(parked, delivery, carl):
    other = delivery()
    for kind, record, data in (
        ("note", parked.record_ref, {"text": "Never mind."}),
        ("set_tracking_number", other.public_id, {"tracking_number": "1Z"}),
    ):
        answer = post(carl, body(carl, kind, record, parked.public_id, **data))
        assert (answer.status_code, answer.json()["reason"]) == (400, "replaces")

    parked.refresh_from_db()
    assert parked.state == "parked"
    assert Command.objects.count() == 1


def test_what_is_to_be_replaced_must_be_there(parked, carl):
    asked = body(carl, "set_tracking_number", parked.record_ref, "cmd_gone", tracking_number="1Z")

    assert post(carl, asked).status_code == 404
    browser = Browser()
    browser.force_login(carl)
    address = f"/integrations/commands/new/set_tracking_number/{parked.record_ref}/"
    assert browser.get(f"{address}?replaces=cmd_gone").status_code == 404


def test_the_case_of_a_replaced_command_closes(parked, mirror, carl):
    mirror()
    asked = body(
        carl, "set_tracking_number", parked.record_ref, parked.public_id, tracking_number="BOTH"
    )
    assert Case.objects.get(subject=parked.public_id).state != "resolved"

    assert post(carl, asked).status_code == 201

    assert Case.objects.get(subject=parked.public_id).state == "resolved"


def test_who_sees_one_shipment_of_an_order_gives_no_command_on_all_of_it(delivery, company):
    shipment = delivery()
    elsewhere = Warehouse.objects.create(company=company, odoo_id=99001, name="Annex", code="ANX")
    type(shipment).objects.filter(pk=shipment.pk).update(warehouse=elsewhere)
    narrow = make_person("Nora Narrow", "operations", company)
    grant(narrow, elsewhere)
    browser = Browser()
    browser.force_login(narrow)

    assert form(narrow, "cancel_order", shipment.order.public_id).status_code == 403
    asked = {"kind": "cancel_order", "record": shipment.order.public_id, "data": {"why": "No."}}
    assert post(narrow, {**asked, "seen": {}}).status_code == 403
    listed = browser.get(f"/integrations/commands/on/{shipment.order.public_id}/")
    assert "Cancel the order" not in listed.content.decode()
    assert not Command.objects.exists()
    assert Entry.objects.filter(kind="command.denied").count() == 2


def test_who_sees_some_customers_only_does_not_share_out_goods_of_all(delivery, company):
    shipment = delivery()
    narrow = make_person("Nora Narrow", "operations", company)
    grant(narrow, shipment.customer)

    assert form(narrow, "set_tracking_number", shipment.public_id).status_code == 200
    assert form(narrow, "reallocate_stock", shipment.public_id).status_code == 403


def test_a_line_added_in_odoo_since_is_no_unseen_part_of_a_validation(
    give, carry, delivery, admin, clerk, olga
):
    shipment = delivery()
    command = give(olga, "validate_transfer", shipment.public_id)
    line = clerk("stock.move", "search_read", [["picking_id", "=", shipment.picking_odoo_id]],
        ["location_id", "location_dest_id", "product_uom"])[0]  # fmt: skip
    values = {
        "picking_id": shipment.picking_odoo_id,
        "product_id": make.product(admin),
        "product_uom_qty": 1,
        **{name: line[name][0] for name in ("location_id", "location_dest_id", "product_uom")},
    }
    if "name" in clerk("stock.move", "fields_get"):
        values["name"] = "More"
    clerk("stock.move", "create", values)
    carry(command)

    assert (command.state, command.reason) == ("parked", "changed"), command.says
    assert [one["field"].rpartition(".")[2] for one in command.changed] == ["move_ids"]
    assert clerk.value("stock.picking", shipment.picking_odoo_id, "state") != "done"


def test_the_guard_itself_sees_an_added_line(give, delivery, olga, odoo):
    from apps.integrations.odoo.line.client import client

    command = give(olga, "validate_transfer", delivery().public_id)
    for about in command.also_expected:
        if "move_ids" in about[2]:
            about[2]["move_ids"] = "1"
    with pytest.raises(Exception, match="changed since it was decided on"):
        guard.run(client("default"), guard.action_of("default", command.model), command)


def test_the_guard_writes_no_field_that_is_not_on_its_list(give, production, clerk, olga, odoo):
    from apps.integrations.odoo.line.client import client

    command = give(
        olga, "reschedule_production", production.public_id, start="2031-01-01T00:00:00Z", why="x"
    )
    command.data["dates"] = {"product_qty": 77}
    command.wanted = {}
    with pytest.raises(Exception, match="not on the list"):
        guard.run(client("default"), guard.action_of("default", command.model), command)
    assert clerk.value("mrp.production", production.odoo_id, "product_qty") != 77


def test_a_server_action_that_is_gone_is_no_record_that_is_gone(
    give, carry, delivery, admin, by_admin, olga
):
    from apps.integrations.odoo.bootstrap import make_guards

    shipment = delivery()
    command = give(olga, "cancel_transfer", shipment.public_id, why="Twice.")
    admin("ir.actions.server", "unlink", [guard.action_of("default", "stock.picking")])
    carry(command)
    assert (command.state, command.reason) == ("parked", "guard_missing"), command.says
    assert "odoo_bootstrap" in command.says

    assert list(make_guards(by_admin))
    steering.send_again(command, by=olga, now=timezone.now())
    carry(command)
    assert command.state == "applied", command.says


def test_the_server_action_of_another_database_is_never_run(give, carry, delivery, olga):
    OdooGuard.objects.update(place="https://rehearsal.example/test")
    command = carry(give(olga, "cancel_transfer", delivery().public_id, why="Twice."))

    assert (command.state, command.reason) == ("parked", "guard_missing")
    assert "sending" not in command.tries.values_list("outcome", flat=True)


@SANDBOX_ONLY
def test_an_unknown_outcome_is_not_written_again_without_the_guard_it_went_through(
    give, carry, delivery, clerk, carl, odoo
):
    shipment = delivery()
    command = give(carl, "set_tracking_number", shipment.public_id, tracking_number="1Z")
    lost_and_hidden(odoo, "ir.actions.server", "run")
    run = guard.run

    def lost(odoo, action, it):
        try:
            return run(odoo, action, it)
        finally:
            OdooGuard.objects.update(version=guard_code.VERSION - 1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending.guard, "run", lost)
        carry(command)

    assert (command.state, command.reason) == ("parked", "cannot_look"), command.says
    assert notes(clerk, command) == 1


def test_a_database_that_odoo_lost_at_its_commit_is_looked_into_before_anything_else(
    give, carry, delivery, clerk, olga, monkeypatch
):
    command = give(olga, "cancel_transfer", delivery().public_id, why="Twice.")
    run, told = guard.run, []

    def lost(odoo, action, it):
        answer = run(odoo, action, it)
        if not told:
            told.append(it)
            raise LoginRefused("OperationalError", "server closed the connection unexpectedly")
        return answer

    monkeypatch.setattr(sending.guard, "run", lost)
    carry(command)

    assert command.state == "applied", command.says
    outcomes = list(command.tries.order_by("id").values_list("outcome", flat=True))
    assert outcomes == ["sending", "unknown", "applied"]
    assert notes(clerk, command) == 1


def test_a_connection_that_is_switched_off_stops_no_other_ones_commands(
    parked, give, carry, delivery, clerk, carl
):
    steering.done_by_hand(parked, by=carl, why="Typed it in.", now=timezone.now())
    Command.objects.filter(pk=parked.pk).update(connection="retired")
    assert watching.sweep() == 0

    other = carry(give(carl, "note", delivery().public_id, text="Hello."))
    assert other.state == "applied"
    parked.refresh_from_db()
    assert parked.state == "by_hand"
    assert "retired" in parked.says


def test_a_hold_that_was_given_up_before_odoo_had_it_ends_without_odoo(
    invoice, clerk, settle, fiona, now
):
    from apps.approvals.services import release_hold

    OdooGuard.objects.all().delete()
    hold = hold_back(invoice, now)
    settle()
    Command.objects.update(state="parked", reason="right")
    steering.abandon(Command.objects.get(), by=fiona, why="Not needed.", now=timezone.now())
    release_hold(hold, by=None, why="Proof came.", now=timezone.now())
    settle()
    sending.drain(parallel=1)
    hold.refresh_from_db()

    assert not Command.objects.filter(kind="release_invoice").exists()
    assert (hold.state, hold.effect) == ("released", "none"), hold.effect_says
    assert in_odoo(clerk, hold) == "not_paid"


def test_a_hold_that_nobody_could_look_up_is_lifted_in_odoo(held, clerk, settle):
    from apps.approvals.services import release_hold

    Command.objects.update(state="parked", reason="cannot_look")
    release_hold(held, by=None, why="Proof came.", now=timezone.now())
    settle()
    sending.drain(parallel=1)

    assert Command.objects.get(kind="release_invoice").state == "applied"
    assert in_odoo(clerk, held) == "not_paid"


def test_nobody_writes_the_mark_of_another_command(give, carry, delivery, clerk, carl, olga):
    shipment = delivery()
    first = give(olga, "cancel_transfer", shipment.public_id, why="Twice.")
    text = f"controltower:{first.key} ControlTower-made:stock.picking,1"
    Command.objects.filter(pk=first.pk).update(not_before=timezone.now() + timedelta(days=1))
    note = Command(model=first.model, key="given_x", note=text, correlation_id="cor_x")

    assert f"controltower:{first.key}" not in writing.note_html(note)
    assert "-made:stock" not in writing.note_html(note)
    assert "controltower:given_x cor_x" in writing.note_html(note)


def test_a_project_is_named_exactly(odoo, admin, give, carry, delivery, clerk, carl):
    from apps.integrations.models import OdooServer

    OdooServer.objects.update_or_create(
        connection="default",
        defaults={
            "version": "18.0",
            "transport": "json-rpc",
            "offers": {"project.task": "write"},
            "found_at": timezone.now(),
        },
    )
    admin("project.project", "create", {"name": make.key()})
    shipment = delivery()
    command = carry(give(carl, "create_task", shipment.public_id, title="Look", project="%"))

    assert (command.state, command.reason) == ("parked", "rule")
    assert "no project called %" in command.says
    assert not clerk("project.task", "search", [["name", "like", shipment.reference]])


def test_a_deadlock_in_odoo_passes_by_itself():
    for name in ("psycopg2.errors.DeadlockDetected", "psycopg2.errors.LockNotAvailable"):
        assert isinstance(named({"name": name, "message": "deadlock detected"}), OdooBusy)
