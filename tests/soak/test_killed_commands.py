"""SIGKILL of the worker at every step, at random, for every kind: counts in Odoo as after a calm day.

A handful of kills here; `make soak` sets SOAK_KILLS=200.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from apps.integrations.models import Command
from apps.integrations.odoo.bootstrap import make_guards
from apps.integrations.odoo.command import lanes, sending
from apps.integrations.odoo.line.client import Client, Credentials
from tests.contract.client import Sandbox, User
from tests.factories import make_person
from tests.integrations.odoo.conftest import point_at
from tests.integrations.odoo.doomed_sender import STEPS
from tests.soak.work import LEAVES, Batch, counts, read_all

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("SOAK_KILLS", "6"))
SEED = int(os.environ.get("SOAK_SEED", "7"))


@pytest.fixture
def house(transactional_db, tmp_path, settings):
    """An Odoo of this test's own with its guards, and people at both."""
    from dataclasses import replace

    from apps.accounts.models import Company

    sandbox = Sandbox(tmp_path / "store.sqlite", "18.0")
    server = sandbox.start()
    point_at(settings, server, settle_s=1)
    settings.UNDO_WINDOW_S = 0
    admin = User(server, "admin", server.admin_password)
    clerk = User(server, server.user, server.password)
    where = Credentials.of("default")
    list(make_guards(Client(replace(where, user="admin", secret=server.admin_password))))
    read_all()
    people = make_person("Olga Operations", "operations", Company.objects.order_by("odoo_id")[0])
    people.groups.add(*make_person("Fay", "finance", Company.objects.all()[0]).groups.all())
    yield admin, clerk, people
    sandbox.kill()


def kill_one(dice: random.Random) -> str:
    """Start a worker and kill it: at a step it says it has reached, or at any moment after its start."""
    step = dice.choice([*STEPS, "at_random", "at_random", "at_random"])
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
    if said:
        time.sleep(dice.uniform(0, 0.4) if step == "at_random" else 0)
    worker.send_signal(signal.SIGKILL)
    worker.wait(20)
    return step if said == "here" else f"{step}: it had nothing to do"


def unfinished() -> bool:
    return Command.objects.filter(state__in=lanes.UNFINISHED).exists()


def carry_on() -> None:
    """What the next workers do, until nothing is left."""
    until = time.monotonic() + 90
    while unfinished() and time.monotonic() < until:
        Command.objects.filter(state="waiting").update(next_attempt_at=None)
        sending.drain(parallel=2)
        time.sleep(0.1)


def test_workers_killed_at_random_leave_one_effect_of_every_command(house, settle):
    admin, clerk, olga = house
    dice, killed = random.Random(SEED), []
    while len(killed) < KILLS:
        batch = Batch(admin, clerk, olga, settle)
        batch.records()
        before = counts(clerk)
        commands = batch.commands()
        while unfinished() and len(killed) < KILLS and len(killed) % 25 < 24:
            killed.append(kill_one(dice))
        killed.append(kill_one(dice))
        carry_on()
        settle()
        after = counts(clerk)
        for command in commands:
            command.refresh_from_db()
        fates = {f"{c.kind} {c.public_id}": (c.state, c.says) for c in commands}
        assert {state for state, _ in fates.values()} == {"applied"}, fates
        assert {c.kind: batch.keys(c) for c in commands} == {c.kind: 1 for c in commands}
        print(f"\n{len(killed):4} kills, {len(commands)} commands, counts in Odoo:")
        for model, count in before.items():
            print(f"     {model:16} before {count:6}  after {after[model]:6}")
        assert after == {model: count + LEAVES.get(model, 0) for model, count in before.items()}
    print(f"     killed at: {sorted(set(killed))}")
