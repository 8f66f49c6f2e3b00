"""What may have been done is never compared with its own effect; and a guard is forgotten with its database."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.utils import timezone

from apps.approvals.services import release_hold
from apps.integrations.models import Command, OdooGuard
from apps.integrations.odoo.command import sending
from tests.contract import make
from tests.integrations.odoo.conftest import SANDBOX_ONLY, in_odoo, keys_in_odoo

pytestmark = [SANDBOX_ONLY, pytest.mark.usefixtures("guards")]

RUN = {"model": "ir.actions.server", "method": "run"}
LOG = {"model": "mail.message", "method": "search_read"}


def plan(odoo: Any, *faults: tuple[str, dict[str, str]]) -> None:
    """These failures, one after the other."""
    told = [{"fault": kind, "times": 1, "match": match} for kind, match in faults]
    assert httpx.post(f"{odoo.url}/sandbox/faults", json=told, timeout=10).status_code < 300


def test_a_release_that_was_done_stays_done_though_the_guard_cannot_be_asked_at_once(
    held, settle, odoo, clerk
):
    release_hold(held, by=None, why="Proof came.", now=timezone.now())
    settle()
    plan(odoo, ("drop_after_commit", RUN), ("access_error", LOG), ("serialization", RUN))

    sending.drain(parallel=1)
    command = Command.objects.get(kind="release_invoice")
    assert (command.state, in_odoo(clerk, held)) == ("unsure", "not_paid"), command.says
    plan(odoo, ("access_error", LOG))
    Command.objects.update(next_attempt_at=None)
    sending.drain(parallel=1)

    command.refresh_from_db()
    held.refresh_from_db()
    assert command.state == "applied", command.says
    assert (held.state, held.effect) == ("released", "applied")
    assert keys_in_odoo(clerk, held) == 2


def test_a_release_whose_sender_dies_while_the_guard_is_asked_again_stays_done(
    held, settle, odoo, clerk, monkeypatch
):
    class Killed(BaseException):
        """What SIGKILL looks like from inside."""

    release_hold(held, by=None, why="Proof came.", now=timezone.now())
    settle()
    plan(odoo, ("drop_after_commit", RUN), ("access_error", LOG))
    carry = sending._carry

    def dies(command: Command, *given: Any, **named: Any) -> None:
        if command.attempts:
            raise Killed
        carry(command, *given, **named)

    monkeypatch.setattr(sending, "_carry", dies)
    with pytest.raises(Killed):
        sending.drain(parallel=1)
    monkeypatch.undo()
    plan(odoo, ("access_error", LOG))
    Command.objects.update(next_attempt_at=None)
    sending.drain(parallel=1)

    command = Command.objects.get(kind="release_invoice")
    assert (command.state, in_odoo(clerk, held)) == ("applied", "not_paid"), command.says


def test_a_restored_backup_makes_the_tower_forget_its_guards(mirror, admin, clerk, odoo):
    def switch(name: str, **told: Any) -> dict[str, Any]:
        answer = httpx.post(f"{odoo.url}/sandbox/{name}", json=told, timeout=10)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    kept = make.confirmed(admin, clerk)
    mirror()
    assert OdooGuard.objects.exists()
    switch("clock", offset_s=5)
    backup = switch("snapshot")["snapshot"]
    clerk("sale.order", "write", [kept], {"client_order_ref": "after"})
    lost = make.order(clerk, make.customer(admin), (make.product(admin), 1))
    clerk("sale.order", "write", [kept, lost], {"note": "the newest"})
    mirror()
    switch("restore", snapshot=backup)
    mirror()
    switch("clock", offset_s=0)

    assert not OdooGuard.objects.exists()
