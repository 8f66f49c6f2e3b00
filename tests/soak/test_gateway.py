"""Every format's messages at a real tower whose processes are killed: all that was acknowledged is there, once.

A few hundred messages here; `make soak` sends SOAK_MESSAGES=100000, over at least SOAK_SECONDS, with a kill every
SOAK_KILL_EVERY_S seconds. SOAK_SEED draws others.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from controltower import engines
from tests.integrations.formats.recorded import SECRETS
from tests.journey.tree import Tree, until
from tests.soak.couriers import Answered, Couriers
from tests.soak.ledger import Ledger
from tests.soak.mail import Draw, Plan, slug_of, templates
from tests.soak.progress import Progress

MESSAGES = int(os.environ.get("SOAK_MESSAGES", "300"))
SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))
KILL_EVERY_S = float(os.environ.get("SOAK_KILL_EVERY_S", "8"))
SEED = int(os.environ.get("SOAK_SEED", "7"))
MORTAL = ("web", "worker", "beat", "valkey", "postgres", "socket")
ANSWERS_BETWEEN = 25
SETTLES_WITHIN_S = 180 + MESSAGES / 20  # for a hang, not a measurement
ADD_PARTNERS = """
import json, pathlib
from apps.integrations import partners
from apps.integrations.partners import NewPartner
for slug, (name, secret) in json.loads(pathlib.Path({path!r}).read_text()).items():
    partners.add(NewPartner(name=slug, format=name, secret=secret))
"""


@pytest.fixture(autouse=True)
def _quiet_settings() -> None:
    """The soak runs against real processes; there are no settings of ours to bend."""


@pytest.fixture
def tower() -> Iterator[Tree]:
    """A tower of its own with a partner for each format."""
    tree = Tree(Path(os.environ["CONTROLTOWER_VAR"]) / "gateway")
    shutil.rmtree(tree.var, ignore_errors=True)
    try:
        tree.start()
        told = tree.var / "partners.json"
        told.write_text(json.dumps({slug_of(name): [name, key] for name, key in SECRETS.items()}))
        tree.manage("shell", "-c", ADD_PARTNERS.format(path=str(told)))
        yield tree
    finally:
        tree.stop()


@pytest.fixture
def ledger(tower: Tree) -> Ledger:
    """What the tower holds."""
    return Ledger(engines.urls(tower.var).database_url)


def test_killed_processes_lose_no_message_and_do_nothing_twice(tower: Tree, ledger: Ledger) -> None:
    kinds, names = templates(), itertools.count(1)
    calm, rough = (Draw(kinds, SEED, names).drawn(MESSAGES) for _ in range(2))
    progress = Progress("messages sent while processes were killed", rough.size)

    undisturbed = Couriers(tower.url)
    undisturbed.start(calm.groups)
    calm_answers = undisturbed.finish()
    settled(ledger)
    progress.began = time.monotonic()
    disturbed = Couriers(tower.url, over_s=SECONDS)
    disturbed.start(rough.groups)
    killed = kill_all_along(tower, disturbed, progress)
    rough_answers = disturbed.finish()
    progress.at(len(rough_answers))
    settled(ledger)

    fates = accounted(ledger, calm, calm_answers), accounted(ledger, rough, rough_answers)
    assert fates[0] == fates[1]
    assert not ledger.twice()
    before, after = ledger.state(calm), ledger.state(rough)
    assert {at: (before.get(at), after.get(at)) for at in before.keys() | after.keys() if before.get(at) != after.get(at)} == {}  # fmt: skip
    progress.end(
        {f"killed: {name}": many for name, many in sorted(killed.items())},
        {f"fate: {name}": many for name, many in sorted(fates[1].items())},
        {"sent again for want of an answer": sum(one.tries - 1 for one in rough_answers)},
        {"packages, each as after a calm run": len(after)},
    )


def settled(ledger: Ledger) -> None:
    """Until every message is applied and every subscriber has read everything."""
    until(lambda: not ledger.waiting(), "the inbox is empty", SETTLES_WITHIN_S)
    until(lambda: not ledger.unread(), "every subscriber read everything", SETTLES_WITHIN_S)


def kill_all_along(tower: Tree, couriers: Couriers, progress: Progress) -> Counter[str]:
    """SIGKILL one process after the other while messages are sent, each kind before any is killed again.

    Between two kills some messages must have been answered: on a slow machine nothing would ever stand up again.
    """
    dice, killed, turn = random.Random(SEED), Counter[str](), list[str]()
    next_at, next_after = time.monotonic() + 1, 0
    while couriers.busy():
        progress.at(len(couriers.answers))
        turn = turn or dice.sample(MORTAL, len(MORTAL))
        may = time.monotonic() >= next_at and len(couriers.answers) >= next_after
        if may and killed_now(tower, turn[-1]):
            killed[turn.pop()] += 1
            next_at = time.monotonic() + KILL_EVERY_S
            next_after = len(couriers.answers) + ANSWERS_BETWEEN
        time.sleep(0.1)
    for name in set(MORTAL) - set(killed):  # the inbox is not empty yet
        until(lambda name=name: killed_now(tower, name), f"{name} can be killed")
        killed[name] += 1
    return killed


def killed_now(tower: Tree, name: str) -> bool:
    """Whether the process was there to be killed."""
    try:
        tower.kill(name)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return False  # still being started again
    return True


def accounted(ledger: Ledger, plan: Plan, answers: list[Answered]) -> Counter[str]:
    """Hold every answer against what is stored; how many distinct messages met which fate.

    Taken ones are processed, or hold nothing new; none waits, is dead, is there twice or not at all.
    """
    assert len(answers) == plan.size
    named = {
        ("taken", 202), ("taken", 200), ("conflict", 200), ("malformed", 400), ("forged", 401), ("forged", 403),
    }  # fmt: skip
    odd = [one for one in answers if (one.mail.expects, one.status) not in named]
    assert not [(one.mail.format, one.mail.expects, one.status, one.says) for one in odd]
    kept = [one for one in answers if one.mail.expects != "forged"]
    assert all(one.message_id for one in kept)
    fates = ledger.fates(sorted({one.message_id for one in kept}))
    missing = [one for one in kept if one.message_id not in fates]
    assert not missing
    allowed = {"taken": {"processed", "duplicate"}, "conflict": {"conflict"}, "malformed": {"rejected"}}  # fmt: skip
    wrong = [
        (one.mail.format, one.mail.expects, one.message_id, fates[one.message_id])
        for one in kept
        if fates[one.message_id] not in allowed[one.mail.expects]
    ]
    assert not wrong
    stored = ledger.digests([digest(one) for one in answers])
    assert set(stored) == {digest(one) for one in kept}  # nothing of what was forged
    assert set(stored.values()) == {1}
    conflicts = {one.message_id for one in kept if one.mail.expects == "conflict"}
    assert ledger.cases_of(sorted(conflicts)) == dict.fromkeys(conflicts, 1)
    return Counter(fates.values())


def digest(one: Answered) -> str:
    """The SHA-256 under which the message is stored."""
    return hashlib.sha256(one.mail.raw).hexdigest()
