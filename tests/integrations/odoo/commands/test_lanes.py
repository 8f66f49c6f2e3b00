"""One at a time per record, in order; an Odoo that is away for a while; connections that hold up nobody else."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.integrations.models import Command
from apps.integrations.odoo.command import lanes, sending
from apps.integrations.odoo.line import client as odoo_client
from tests.integrations.odoo.commands.conftest import notes
from tests.integrations.odoo.conftest import SANDBOX_ONLY, point_at

pytestmark = pytest.mark.usefixtures("guards")


@SANDBOX_ONLY
def test_what_was_given_while_odoo_was_away_is_drained_in_order_and_nothing_twice(
    give, delivery, clerk, carl, settings, odoo
):
    shipment = delivery()
    given = [
        give(carl, "note", shipment.public_id, text="first"),
        give(carl, "set_tracking_number", shipment.public_id, tracking_number="1Z"),
        give(carl, "note", shipment.public_id, text="third"),
        give(carl, "note", shipment.order.public_id, text="beside"),
    ]
    point_at(settings, odoo, url="http://127.0.0.1:9")
    for _ in range(5):
        sending.drain(parallel=1)
        Command.objects.update(next_attempt_at=None)
    assert set(Command.objects.values_list("state", flat=True)) == {"waiting"}

    point_at(settings, odoo)
    odoo_client._circuits.clear()
    sending.drain(parallel=1)

    for command in given:
        command.refresh_from_db()
    assert [command.state for command in given] == ["applied"] * 4
    assert [notes(clerk, command) for command in given] == [1] * 4
    times = [command.applied_at for command in given[:3]]
    assert times == sorted(times)


def test_commands_of_a_connection_that_is_switched_off_wait_and_hold_up_no_other(
    give, delivery, carl
):
    command = give(carl, "note", delivery().public_id, text="mine")
    other = give(carl, "note", command.record_ref, text="elsewhere")
    Command.objects.filter(pk=other.pk).update(connection="elsewhere", record_odoo_id=1)

    assert lanes.waiting_connections() == ["default"]
    sending.drain(parallel=1)

    command.refresh_from_db()
    other.refresh_from_db()
    assert (command.state, other.state) == ("applied", "waiting")
    assert other.says.endswith("is switched off.")


def test_a_persons_command_can_be_taken_back_within_its_undo_window(
    give, delivery, clerk, carl, settings
):
    from apps.integrations.odoo.command import steering

    settings.UNDO_WINDOW_S = 60
    command = give(carl, "note", delivery().public_id, text="oops")
    assert sending.drain(parallel=1) == 0

    steering.take_back(command, by=carl, now=timezone.now())
    Command.objects.update(not_before=timezone.now())
    sending.drain(parallel=1)

    assert notes(clerk, command) == 0
