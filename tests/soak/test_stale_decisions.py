"""Two people command, somebody else changes the record in Odoo: no effect on facts that its giver did not see (B8).

Proven by Odoo's own log: every change writes its value there, so each command's note must stand right behind the
value its giver saw. A few dozen here; `make soak` sets SOAK_DECISIONS=10000; SOAK_DECISIONS_DONE and SOAK_SEED go on
with a run that was stopped. The log is read again every BLOCK decisions, on new records: an order that is changed
ten thousand times is none that anybody has.
"""

from __future__ import annotations

import itertools
import os
import queue
import random
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.integrations.models import Command
from apps.integrations.odoo.command import sending
from apps.integrations.odoo.command.errors import BadCommand, SeenIsStale
from apps.integrations.odoo.follow import feed
from apps.integrations.odoo.line.errors import OdooError
from apps.shipments.models import Shipment
from tests.contract import make
from tests.soak.progress import Progress
from tests.soak.test_killed_commands import house  # noqa: F401
from tests.soak.work import give, read_all

DECISIONS = int(os.environ.get("SOAK_DECISIONS", "30"))
DONE = int(os.environ.get("SOAK_DECISIONS_DONE", "0"))
SEED = int(os.environ.get("SOAK_SEED", "7"))
BLOCK = 250
PARTS = 2 if DECISIONS - DONE >= 1000 else 1
"""A long run is divided among processes, each with engines and an Odoo of its own."""
RECORDS = 3
_VALUE = re.compile(r"value ([\w-]+)")


class Decider:
    """A person who looks, thinks, and commands; and a worker that carries what is due."""

    def __init__(self, by, shipments, times, seed, nudges, tell):
        self.by, self.shipments, self.times, self.nudges = by, shipments, times, nudges
        self.dice, self.name, self.tell = random.Random(seed), f"d{seed}", tell
        self.given, self.stale = 0, 0

    def run(self):
        try:
            while self.given + self.stale < self.times:
                self._once()
                self.tell()
        finally:
            connection.close()

    def _once(self):
        shipment = self.dice.choice(self.shipments)
        try:
            if self.dice.random() < 0.4:
                feed.read_now("default", {"stock.picking": [shipment.picking_odoo_id]})
            if self.dice.random() < 0.5:
                self.nudges.put(shipment.picking_odoo_id)
            value = f"value {self.name}-{self.given}"
            give(self.by, "set_tracking_number", shipment.public_id, tracking_number=value)
            self.given += 1
        except (SeenIsStale, BadCommand, OdooError):
            self.stale += 1
            return
        if self.dice.random() < 0.5:  # else it waits behind, and meets what the next ones did
            sending.drain(parallel=1)


def disturb(clerk, nudges, dice):
    """Somebody in Odoo who changes the same field meanwhile, and says so in the log in the same write."""
    turn = 0
    while picking := nudges.get():
        time.sleep(dice.uniform(0, 0.15))
        turn += 1
        value = f"value c-{turn}"
        note = make.note(clerk, "stock.picking", picking, f"by hand: {value}")
        changed = {"carrier_tracking_ref": value, "message_ids": note}
        clerk("stock.picking", "write", [picking], changed)


def history(clerk, picking):
    """(value, key or None) of every change of a record, in the order in which Odoo made them."""
    rows = clerk(
        "mail.message",
        "search_read",
        [["model", "=", "stock.picking"], ["res_id", "=", picking], ["body", "ilike", "value "]],
        ["body"],
        order="id",
    )
    found = []
    for row in rows:
        key = re.search(r"controltower:(given_\w+)", row["body"])
        found.append((f"value {_VALUE.search(row['body'])[1]}", key[1] if key else None))
    return found


def block(house, decisions, seed, tell):  # noqa: F811
    """Two people and somebody in Odoo on new records; answers the commands by state, after looking at Odoo's log."""
    admin, clerk, olga = house
    orders = [make.confirmed(admin, clerk) for _ in range(RECORDS)]
    pickings = [make.picking_of(clerk, order) for order in orders]
    read_all()
    shipments = list(Shipment.objects.filter(picking_odoo_id__in=pickings))
    nudges: queue.Queue[int] = queue.Queue()
    other = threading.Thread(target=disturb, args=(clerk, nudges, random.Random(seed)))
    halves = ((seed * 10 + 1, decisions - decisions // 2), (seed * 10 + 2, decisions // 2))
    deciders = [Decider(olga, shipments, many, own, nudges, tell) for own, many in halves]
    other.start()
    try:
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(decider.run) for decider in deciders]:
                done.result()
    finally:
        nudges.put(0)
        other.join()
    Command.objects.filter(state="waiting").update(next_attempt_at=None)
    sending.drain(parallel=1)

    mine = Command.objects.filter(record_odoo_id__in=pickings)
    states = Counter(mine.values_list("state", flat=True))
    assert unseen(clerk, pickings, {command.key: command for command in mine}) == []
    assert applied(clerk, pickings) == states["applied"]
    assert set(states) <= {"applied", "parked"}
    return states + Counter({"refused": sum(decider.stale for decider in deciders)})


def unseen(clerk, pickings, commands):
    """The commands whose note stands behind another value than the one their giver saw."""
    found = []
    for picking in pickings:
        was: object = False
        for value, key in history(clerk, picking):
            if key and (commands[key].expected["carrier_tracking_ref"] or False) != was:
                found.append((key, was))
            was = value
    return found


def applied(clerk, pickings):
    """How many commands took effect, by Odoo's log."""
    return sum(bool(key) for picking in pickings for _, key in history(clerk, picking))


@pytest.mark.parametrize("part", range(PARTS))
def test_no_command_takes_effect_on_facts_that_its_giver_did_not_see(house, part):  # noqa: F811
    whole = (DECISIONS - DONE) // PARTS + (part < (DECISIONS - DONE) % PARTS)
    progress, states, done = Progress("decisions", whole), Counter[str](), 0
    made = itertools.count(1)
    while done < whole:
        many = min(BLOCK, whole - done)
        seed = SEED + DONE + done + part * 1_000_000
        states += block(house, many, seed, lambda: progress.at(next(made)))
        done += many
    assert states["applied"] > 0
    progress.end(
        {
            "applied, on facts that were seen": states["applied"],
            "parked, because the record had changed": states["parked"],
            "refused at the door": states["refused"],
        }
    )
