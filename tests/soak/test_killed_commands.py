"""SIGKILL of the worker at every step, at random, for every kind: counts in Odoo as after a calm day.

A handful of kills here; `make soak` sets SOAK_KILLS=200. SOAK_SEED draws other steps; a run that was stopped goes on
with SOAK_KILLS_DONE=120, which counts these as done and draws anew from there.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.db import connection

from apps.approvals.models import Policy
from apps.integrations.models import Command
from apps.integrations.odoo.bootstrap import make_guards
from apps.integrations.odoo.command import lanes, sending
from apps.integrations.odoo.line.client import Client, Credentials
from tests.contract.client import Sandbox, User
from tests.factories import make_person
from tests.integrations.odoo.conftest import point_at
from tests.integrations.odoo.doomed_sender import STEPS
from tests.soak.nursery import Nursery
from tests.soak.progress import Progress
from tests.soak.work import LEAVES, Batch, counts, read_all

KILLS = int(os.environ.get("SOAK_KILLS", "6"))
DONE = int(os.environ.get("SOAK_KILLS_DONE", "0"))
SEED = int(os.environ.get("SOAK_SEED", "7"))
IN_A_BATCH = 40
"""Kills among one batch of commands; then they are carried to their end and Odoo is counted."""


@pytest.fixture
def house(transactional_db, tmp_path, settings):
    """An Odoo of this test's own with its guards, and people at both; policies let commands go straight out."""
    from dataclasses import replace

    from apps.accounts.models import Company

    sandbox = Sandbox(tmp_path / "store.sqlite", "18.0")
    server = sandbox.start()
    point_at(settings, server, settle_s=1)
    settings.UNDO_WINDOW_S = 0
    Policy.objects.filter(slug__startswith="command_").update(active=False)
    admin = User(server, "admin", server.admin_password)
    clerk = User(server, server.user, server.password)
    where = Credentials.of("default")
    list(make_guards(Client(replace(where, user="admin", secret=server.admin_password))))
    read_all()
    people = make_person("Olga Operations", "operations", Company.objects.order_by("odoo_id")[0])
    people.groups.add(*make_person("Fay", "finance", Company.objects.all()[0]).groups.all())
    yield admin, clerk, people
    sandbox.kill()


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    """Where workers come from."""
    opened = Nursery()
    yield opened
    opened.close()


def kill_one(nursery: Nursery, dice: random.Random) -> str:
    """Start a worker and kill it: at a step it says it has reached, or at any moment after its start.

    Answers the step; empty where it had nothing to do there, and so was not killed.
    """
    step = dice.choice([*STEPS, "at_random", "at_random", "at_random"])
    told = {
        "database": connection.settings_dict["NAME"],
        "odoo": dict(django_settings.ODOO),
        "dies": step,
    }
    pid, is_there = nursery.born(told)
    if not is_there:
        return ""
    time.sleep(dice.uniform(0, 0.4) if step == "at_random" else 0)
    nursery.killed(pid)
    return step


def unfinished() -> bool:
    return Command.objects.filter(state__in=lanes.UNFINISHED).exists()


def carry_on() -> None:
    """What the next workers do, until nothing is left."""
    until = time.monotonic() + 90
    while unfinished() and time.monotonic() < until:
        Command.objects.filter(state="waiting").update(next_attempt_at=None)
        if not sending.drain(parallel=2):
            time.sleep(0.05)


def test_workers_killed_at_random_leave_one_effect_of_every_command(house, settle, nursery):
    admin, clerk, olga = house
    dice, killed = random.Random(SEED + DONE), Counter[str]()
    progress = Progress("kills", KILLS, DONE)
    batches = carried = 0
    while DONE + killed.total() < KILLS:
        batch = Batch(admin, clerk, olga, settle)
        batch.records()
        before = counts(clerk)
        commands = batch.commands()
        many = min(IN_A_BATCH, KILLS - DONE - killed.total())
        while many and unfinished():
            step = kill_one(nursery, dice)
            many -= bool(step)
            killed[step] += bool(step)
            progress.at(DONE + killed.total())
        carry_on()
        settle()
        after = counts(clerk)
        for command in commands:
            command.refresh_from_db()
        fates = {f"{c.kind} {c.public_id}": (c.state, c.says) for c in commands}
        assert {state for state, _ in fates.values()} == {"applied"}, fates
        assert {c.public_id: batch.keys(c) for c in commands} == {c.public_id: 1 for c in commands}
        assert after == {model: count + LEAVES.get(model, 0) for model, count in before.items()}
        batches, carried = batches + 1, carried + len(commands)
    progress.end(
        {f"killed {step.replace('_', ' ')}": many for step, many in sorted(killed.items()) if step},
        {"batches, each counted in Odoo": batches, "commands, each applied once": carried},
    )
