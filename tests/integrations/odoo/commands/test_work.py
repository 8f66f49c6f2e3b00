"""Work for people in Odoo: activities, notes, tasks."""

from __future__ import annotations

import pytest

from apps.integrations.models import OdooServer
from tests.contract import make
from tests.integrations.odoo.commands.conftest import form, notes, post

pytestmark = pytest.mark.usefixtures("guards")


def test_an_activity_is_scheduled_once(give, carry, delivery, clerk, carl):
    shipment = delivery()
    command = carry(
        give(carl, "schedule_activity", shipment.public_id, summary="Call them", due="2030-05-06")
    )

    assert command.state == "applied", command.says
    ((model, activity),) = command.made
    assert model == "mail.activity"
    row = clerk.one("mail.activity", activity, "summary", "date_deadline", "res_id")
    assert (row["summary"], row["date_deadline"]) == ("Call them", "2030-05-06")
    assert row["res_id"] == shipment.picking_odoo_id
    assert notes(clerk, command) == 1


@pytest.mark.parametrize("what", ["order", "shipment", "purchase"])
def test_a_note_is_left_on_any_record(give, carry, delivery, purchase, clerk, fiona, what):
    shipment = delivery()
    record = {"order": shipment.order, "shipment": shipment, "purchase": purchase}[what]
    command = carry(give(fiona, "note", record.public_id, text="Seen <b>by</b> us."))

    assert command.state == "applied", command.says
    assert notes(clerk, command) == 1
    found = clerk(
        "mail.message",
        "search_read",
        [
            ["model", "=", command.model],
            ["res_id", "=", command.record_odoo_id],
            ["body", "ilike", command.key],
        ],
        ["body"],
    )
    assert "Seen &lt;b&gt;by&lt;/b&gt; us." in found[0]["body"]
    assert command.correlation_id in found[0]["body"]


def test_a_task_is_created_once_where_projects_are(give, carry, delivery, clerk, carl):
    OdooServer.objects.update_or_create(
        connection="default",
        defaults={
            "version": "18.0",
            "transport": "json-rpc",
            "offers": {"project.task": "write"},
            "found_at": "2026-01-01T00:00Z",
        },
    )
    shipment = delivery()
    command = carry(give(carl, "create_task", shipment.public_id, title="Mend the labels"))

    assert (command.state, command.form) == ("applied", "create"), command.says
    ((model, task),) = command.made
    assert model == "project.task"
    row = clerk.one("project.task", task, "name", "description")
    assert row["name"].startswith("Mend the labels")
    assert command.key in row["description"]


def test_what_this_odoo_does_not_have_is_said_and_refused(delivery, carl):
    shipment = delivery()

    told = form(carl, "create_ticket", shipment.public_id).json()
    assert told["not_now"].startswith("This Odoo has no Helpdesk.")
    answer = post(
        carl,
        {
            "kind": "create_ticket",
            "record": shipment.public_id,
            "data": {"title": make.key()},
            "seen": {},
        },
    )
    assert answer.status_code == 400
    assert answer.json()["reason"] == "not_now"
