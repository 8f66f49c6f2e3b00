"""Invoice hold and release with the guard; and whose block it is."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.approvals.services import place_hold, release_hold
from apps.integrations.models import Command
from apps.integrations.odoo.command import sending
from tests.integrations.odoo.conftest import hold_back, in_odoo, keys_in_odoo

pytestmark = pytest.mark.usefixtures("guards")


def lift(hold, settle):
    release_hold(hold, by=None, why="Proof came.", now=timezone.now())
    settle()
    sending.drain(parallel=1)
    hold.refresh_from_db()
    return Command.objects.filter(kind="release_invoice").latest("id")


def test_a_hold_and_its_release_go_through_the_guard(held, clerk, settle):
    assert Command.objects.get(cause=held.public_id).form == "guard"
    assert in_odoo(clerk, held) == "blocked"

    released = lift(held, settle)

    assert (released.state, released.form) == ("applied", "guard"), released.says
    assert in_odoo(clerk, held) == "not_paid"
    assert keys_in_odoo(clerk, held) == 2


def test_a_release_leaves_the_block_that_a_person_placed_in_odoo_before(
    invoice, clerk, mirror, settle, now
):
    clerk("account.move", "write", [invoice.odoo_id], {"payment_state": "blocked"})
    mirror()
    hold = hold_back(invoice, now)
    settle()
    sending.drain(parallel=1)

    released = lift(hold, settle)

    assert released.state == "applied", released.says
    assert released.says == "The hold is over; Odoo keeps its block, see the note."
    assert in_odoo(clerk, hold) == "blocked"
    assert "somebody had blocked it in Odoo before" in released.note
    assert (hold.state, hold.effect) == ("released", "applied")


def test_the_block_of_two_holds_goes_with_the_last_of_them(held, invoice, clerk, settle, now):
    other = place_hold(
        invoice,
        reason="open_exception",
        says="Damage is not settled.",
        conditions=[],
        rule="open_exception.1",
        order=None,
        shipment=None,
        case_ref="",
        now=now,
    )
    settle()
    sending.drain(parallel=1)

    lift(held, settle)
    assert in_odoo(clerk, held) == "blocked"

    lift(other, settle)
    assert in_odoo(clerk, held) == "not_paid"


def test_a_change_at_the_last_moment_refuses_the_release_in_odoos_own_transaction(
    held, clerk, settle, fiona, monkeypatch
):
    """The window of docs/decisions/0004 is closed where the guard is installed."""
    run = sending.guard.run

    def late(odoo, action, command):
        if command.kind == "release_invoice":
            command.expected = {**command.expected, "amount_total": "199.0000"}
        return run(odoo, action, command)

    monkeypatch.setattr(sending.guard, "run", late)
    refused = lift(held, settle)

    assert (refused.state, refused.reason) == ("refused", "changed")
    assert [one["field"] for one in refused.changed] == ["amount_total"]
    assert in_odoo(clerk, held) == "blocked"
    assert (held.state, held.effect) == ("placed", "refused")
