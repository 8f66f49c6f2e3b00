"""SIGKILL, for real: a worker dies at each step of a command, and its effect in Odoo happens once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from apps.integrations.models import Command
from apps.integrations.odoo.command import sending
from apps.integrations.odoo.follow import feed
from apps.mirror.models import Invoice
from tests.contract import make
from tests.integrations.odoo.conftest import (
    SANDBOX_ONLY,
    hold_back,
    in_odoo,
    point_at,
    post_invoice,
)
from tests.integrations.odoo.doomed_sender import STEPS

ROOT = Path(__file__).resolve().parents[3]
SLOW_S, SETTLE_S = 1.0, 3
"""Odoo goes on with a call whose sender has died; nobody looks before it must be through."""


@pytest.fixture
def command(transactional_db, odoo, admin, clerk, settle, settings):
    """The command to hold an invoice, not yet sent."""
    point_at(settings, odoo, settle_s=SETTLE_S)
    made = post_invoice(admin, clerk)
    while feed.run():
        continue
    hold_back(Invoice.objects.get(odoo_id=made), timezone.now())
    settle()
    return Command.objects.get()


def kill_at(step, may_die=lambda: True):
    """Start a worker, wait until it stands at this step, and kill it there."""
    told = {
        "database": connection.settings_dict["NAME"],
        "odoo": dict(django_settings.ODOO),
        "dies": step,
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.integrations.odoo.doomed_sender", json.dumps(told)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "controltower.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    said = worker.stdout.readline().strip()
    until = time.monotonic() + 10
    while not may_die() and time.monotonic() < until:
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    assert (said, worker.wait(10)) == ("here", -signal.SIGKILL)


def carry_on(command):
    """What the next workers do, until the command has come to an end."""
    until = time.monotonic() + 30
    while command.state != "applied" and time.monotonic() < until:
        sending.drain(parallel=1)
        command.refresh_from_db()
        time.sleep(0.1)


@SANDBOX_ONLY
@pytest.mark.parametrize("step", [step for step in STEPS if step != "in_the_look"])
def test_a_worker_killed_anywhere_leaves_one_effect(command, clerk, odoo, fault, step):
    invoice = Invoice.objects.get(odoo_id=command.record_odoo_id)
    if step == "during_the_call":
        fault("slow", model="account.move", method="write", delay_s=SLOW_S)
        kill_at(step, lambda: not httpx.get(f"{odoo.url}/sandbox/faults").json())
    else:
        kill_at(step)

    command.refresh_from_db()
    assert command.state == ("waiting" if step == "before_it_is_sending" else "sending")
    carry_on(command)
    assert command.state == "applied", command.says
    assert in_odoo(clerk, invoice) == "blocked"
    assert make.notes_with(clerk, "account.move", invoice.odoo_id, "controltower:") == 1
    outcomes = list(command.tries.order_by("id").values_list("outcome", flat=True))
    calls = {"before_it_is_sending": 1, "before_the_call": 2}.get(step, 1)
    assert outcomes.count("sending") == calls, outcomes
