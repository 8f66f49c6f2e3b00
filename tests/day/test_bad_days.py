"""Days on which Odoo itself goes wrong: its clock jumps, a backup is restored, a transaction takes for ever."""

from __future__ import annotations

from itertools import cycle

import pytest

from apps.integrations.odoo.follow.reconcile import reconcile
from apps.mirror.models import Picking, SaleOrder
from tests.contract import make
from tests.contract.client import Sandbox, User
from tests.contract.conftest import REAL
from tests.day.conftest import switch
from tests.day.day import live
from tests.day.test_day import SIZE, differences, settled

pytestmark = pytest.mark.skipif(bool(REAL), reason="needs the sandbox's switches")


@pytest.fixture
def server(tmp_path):
    """An Odoo of its own: what one fault leaves behind is not the next one's beginning."""
    sandbox = Sandbox(tmp_path / "store.sqlite")
    yield sandbox.start()
    sandbox.kill()


@pytest.fixture
def admin(server):
    return User(server, "admin", server.admin_password)


@pytest.fixture
def change(server):
    return switch(server)


def test_a_day_on_which_the_clock_jumps_is_mirrored(tower, admin, change):
    offsets = cycle((7200, -7200, 60, -86_400, 0))
    tower.read()

    def between(part):
        tower.read()
        change("clock", offset_s=next(offsets))

    live(admin, size=SIZE, seed=21, between=between)
    change("clock", offset_s=0)
    tower.ear.heard.clear()
    tower.read()

    settled()


@pytest.mark.parametrize("busy", [False, True], ids=["quiet", "busy"])
def test_a_restored_backup_is_followed_back(tower, admin, change, busy):
    live(admin, size=SIZE, seed=22)
    tower.read()
    number = change("snapshot")["snapshot"]
    kept = SaleOrder.objects.count()
    live(admin, size=SIZE, seed=23)
    tower.read()
    assert SaleOrder.objects.count() > kept

    change("restore", snapshot=number)
    if busy:  # ids are given out again, to other records, before the tower looks
        live(admin, size=5, seed=24)
    tower.ear.heard.clear()
    tower.read()
    if busy:
        reconcile(
            "default", full=False, mend=True
        )  # the feed saw nothing older; the hourly one does
    else:
        tower.compare_as_asked()

    assert differences() == {}


def test_a_transaction_of_half_an_hour_is_seen_when_it_ends(tower, admin, change):
    order = make.confirmed(admin, admin)
    picking = make.picking_of(admin, order)
    tower.read()
    half_an_hour = {"seconds": 1800}
    live(admin, size=SIZE, seed=25)
    tower.read()  # the cursor is past the start of what comes now

    tracked = {"carrier_tracking_ref": "1Z-LATE"}
    change("commit_late", model="stock.picking", ids=[picking], values=tracked, **half_an_hour)
    made = change("commit_late", model="res.partner", values={"name": "Late"}, **half_an_hour)
    tower.ear.heard.clear()
    tower.read()
    tower.compare_as_asked()

    assert Picking.objects.get(odoo_id=picking).tracking_ref == "1Z-LATE"
    assert made["ids"]
    assert differences() == {}
