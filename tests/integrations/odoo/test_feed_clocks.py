"""Long transactions, equal stamps, clocks that leap, restored backups: nothing that happened in Odoo is missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db.models import F
from django.utils import timezone

from apps.integrations.odoo.follow import cursor, due, feed, following
from apps.integrations.odoo.follow.following import follow
from apps.integrations.odoo.follow.reading import Reader
from apps.mirror.models import Feed, Picking, Reconciliation, SaleOrder
from apps.mirror.specs import BY_MODEL
from tests.contract import make
from tests.contract.client import Sandbox, User
from tests.integrations.odoo.conftest import SANDBOX_ONLY

pytestmark = SANDBOX_ONLY


@pytest.fixture(params=["18.0", "19.0"])
def server(request, tmp_path):
    """A sandbox of its own: what these tests do to its clock would outlive them."""
    sandbox = Sandbox(tmp_path / "store.sqlite", request.param)
    yield sandbox.start()
    sandbox.kill()


@pytest.fixture
def admin(server):
    return User(server, "admin", server.admin_password)


@pytest.fixture
def clerk(server):
    return User(server, server.user, server.password)


@pytest.fixture
def switch(odoo):
    """A switch of the sandbox: switch("clock", offset_s=-60)."""

    def turn(name: str, **told: Any) -> dict[str, Any]:
        answer = httpx.post(f"{odoo.url}/sandbox/{name}", json=told, timeout=10)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return turn


@pytest.fixture
def asked(odoo):
    """How many calls of a method each model had since the last question."""

    def counts(method: str = "") -> dict[str, int]:
        told = httpx.get(f"{odoo.url}/sandbox/calls", timeout=10).json()["counts"]
        httpx.post(f"{odoo.url}/sandbox/calls/forget", json={}, timeout=10)
        return {name: number for name, number in told.items() if name.endswith(method)}

    return counts


def settled() -> None:
    """As after a long time in which nothing was written."""
    Feed.objects.update(quiet_s=10_000, refreshed_at=timezone.now())


def references(*order_ids: int) -> list[str]:
    rows = SaleOrder.objects.filter(odoo_id__in=order_ids).order_by("odoo_id")
    return [row.customer_reference for row in rows]


def test_an_idle_odoo_is_asked_once_per_model_and_interval(mirror, admin, clerk, invoice, asked):
    make.shipped(admin, clerk)
    make.confirmed(admin, clerk)
    mirror()
    settled()
    asked()

    mirror()

    counts = asked()
    assert set(counts.values()) == {1}
    assert "stock.picking.search_read" in counts


def test_many_records_of_the_newest_second_do_not_make_an_idle_odoo_dear(
    mirror, admin, clerk, asked, monkeypatch
):
    made = [make.customer(admin) for _ in range(5)]
    admin("res.partner", "write", made, {"city": "Gent"})
    mirror()
    settled()
    monkeypatch.setattr(following, "LIST", 2)
    asked()

    mirror()

    assert asked("res.partner.search_read") == {"res.partner.search_read": 1}


def test_values_that_odoo_does_not_store_cost_no_call_of_their_own(mirror, admin, clerk, asked):
    make.confirmed(admin, clerk)
    mirror()
    settled()
    Feed.objects.update(refreshed_at=None)
    asked()

    mirror()

    assert asked()["stock.picking.search_read"] == 1


def test_a_value_that_odoo_does_not_store_is_seen_though_nothing_was_written(mirror, admin, clerk):
    product = make.product(admin, stock=1)
    order_id = make.order(clerk, make.customer(admin), (product, 50))
    clerk("sale.order", "action_confirm", [order_id])
    picking = make.picking_of(clerk, order_id)
    mirror()
    settled()
    before = Picking.objects.get(odoo_id=picking)
    written = clerk.value("stock.picking", picking, "write_date")
    make.receive(admin, product, 500)
    said = clerk.value("stock.picking", picking, "products_availability_state")
    assert clerk.value("stock.picking", picking, "write_date") == written
    assert said != before.availability

    Feed.objects.update(refreshed_at=None)
    mirror()

    assert Picking.objects.get(odoo_id=picking).availability == said


@pytest.mark.parametrize("offset_s", [-7200, 7200])
def test_a_clock_of_odoo_that_is_far_from_ours_changes_nothing(
    mirror, admin, clerk, switch, offset_s
):
    switch("clock", offset_s=offset_s)
    slow, quick = make.confirmed(admin, clerk), make.confirmed(admin, clerk)
    mirror()
    clerk("sale.order", "write", [quick], {"client_order_ref": "quick"})
    mirror()
    values = {"client_order_ref": "slow"}
    switch("commit_late", model="sale.order", ids=[slow], values=values, seconds=120)

    mirror()

    assert references(slow, quick) == ["slow", "quick"]


def test_changes_go_on_arriving_after_odoos_clock_was_set_back(mirror, admin, clerk, switch):
    old = make.confirmed(admin, clerk)
    mirror()
    settled()
    switch("clock", offset_s=-7200)
    new = make.confirmed(admin, clerk)
    mirror()
    for said in ("first", "second"):
        clerk("sale.order", "write", [old], {"client_order_ref": said})
        clerk("sale.order", "write", [new], {"client_order_ref": said})

        mirror()

        assert references(old, new) == [said, said]
    row = Feed.objects.get(model="sale.order")
    assert "clock was set back" in row.notice
    assert row.reconcile_asked_at is not None


def test_a_clock_of_odoo_that_leapt_ahead_and_back_hides_nothing(mirror, admin, clerk, switch):
    old = make.confirmed(admin, clerk)
    mirror()
    switch("clock", offset_s=7200)
    clerk("sale.order", "write", [old], {"client_order_ref": "in two hours"})
    mirror()
    assert references(old) == ["in two hours"]
    switch("clock", offset_s=0)
    other = make.confirmed(admin, clerk)
    clerk("sale.order", "write", [other], {"client_order_ref": "now"})
    mirror()

    clerk("sale.order", "write", [other], {"client_order_ref": "and again"})
    mirror()

    assert references(other) == ["and again"]


def test_a_record_from_the_future_hides_nothing_from_a_first_load(mirror, admin, clerk, switch):
    old = make.confirmed(admin, clerk)
    switch("clock", offset_s=7200)
    clerk("sale.order", "write", [old], {"client_order_ref": "in two hours"})
    switch("clock", offset_s=0)
    other = make.confirmed(admin, clerk)
    mirror()
    clerk("sale.order", "write", [other], {"client_order_ref": "now"})

    mirror()

    assert references(other) == ["now"]


def test_a_clock_of_ours_that_was_set_back_stops_nothing(mirror, admin, clerk):
    order_id = make.confirmed(admin, clerk)
    mirror()
    SaleOrder.objects.update(read_started_at=F("read_started_at") + timedelta(hours=2))
    Feed.objects.update(
        ok_at=timezone.now() + timedelta(hours=2), ran_at=timezone.now() + timedelta(hours=2)
    )
    clerk("sale.order", "write", [order_id], {"client_order_ref": "seen"})

    mirror()

    assert references(order_id) == ["seen"]


def test_a_restored_backup_is_noticed_and_the_mirror_goes_back_with_it(
    mirror, admin, clerk, switch
):
    kept = make.confirmed(admin, clerk)
    clerk("sale.order", "write", [kept], {"client_order_ref": "before"})
    mirror()
    switch("clock", offset_s=5)
    backup = switch("snapshot")["snapshot"]
    clerk("sale.order", "write", [kept], {"client_order_ref": "after"})
    lost = make.order(clerk, make.customer(admin), (make.product(admin), 1))
    clerk("sale.order", "write", [kept, lost], {"note": "the newest"})
    mirror()
    assert references(kept) == ["after"]
    switch("restore", snapshot=backup)

    mirror()
    assert "a backup was restored" in Feed.objects.get(model="sale.order").notice
    due.run("default", throttle=0)

    assert Feed.objects.get(model="sale.order").notice == ""
    told = Reconciliation.objects.filter(model="sale.order").latest("started_at")
    assert "a backup was restored" in told.says
    assert references(kept) == ["before"]
    assert SaleOrder.objects.get(odoo_id=lost).gone_at is not None


def test_the_newest_record_deleted_is_found_by_the_next_pass(mirror, admin, clerk):
    mirror()
    order_id = make.order(clerk, make.customer(admin), (make.product(admin), 1))
    mirror()
    admin("sale.order", "unlink", [order_id])

    mirror()

    assert SaleOrder.objects.get(odoo_id=order_id).gone_at is not None
    assert Feed.objects.get(model="sale.order").notice == ""


def test_many_records_of_one_second_are_all_read_however_small_the_pages(
    mirror, admin, clerk, monkeypatch
):
    customers = [make.customer(admin) for _ in range(3)]
    orders = [make.order(clerk, c, (make.product(admin), 1)) for c in customers for _ in range(3)]
    mirror()
    monkeypatch.setattr(following, "LIST", 2)
    clerk("sale.order", "write", orders[:7], {"client_order_ref": "together"})
    clerk("sale.order", "write", orders[7:], {"client_order_ref": "alone"})

    mirror()

    assert references(*orders) == ["together"] * 7 + ["alone"] * 2


def test_a_second_change_within_the_second_of_the_first_is_seen(mirror, admin, clerk):
    order_id = make.confirmed(admin, clerk)
    for number in range(5):
        clerk("sale.order", "write", [order_id], {"client_order_ref": f"change {number}"})
        mirror()
        assert references(order_id) == [f"change {number}"]


@pytest.mark.parametrize(
    ("age_s", "elapsed_s", "again"),
    [(0, 15, True), (3, 2, True), (9, 5, False), (9, 8, True), (1000, 15, False), (1020, 15, True), (1500, 900, False)],
)  # fmt: skip
def test_a_young_record_is_read_again_ever_more_rarely(settings, age_s, elapsed_s, again):
    settings.ODOO = {**settings.ODOO, "overlap_s": 600}
    now = timezone.now()
    row = Feed(cursor_at=now, quiet_s=age_s)

    assert cursor.comes_of_age(row, now, elapsed_s) is again


def test_ten_no_op_writes_or_a_hundred_bring_no_journal_entry(mirror, admin, clerk, settle):
    from apps.journal.models import Entry

    order_id = make.confirmed(admin, clerk)
    clerk("sale.order", "write", [order_id], {"client_order_ref": "same"})
    mirror()
    settle()
    before = Entry.objects.count()
    for number in range(100):
        clerk("sale.order", "write", [order_id], {"client_order_ref": "same"})
        if number % 25 == 0:
            mirror()

    mirror()
    settle()

    assert Entry.objects.count() == before


def test_a_pass_reads_nothing_twice_that_it_has(mirror, admin, clerk, asked):
    order_id = make.confirmed(admin, clerk)
    mirror()
    Feed.objects.update(quiet_s=40)
    asked()

    row = Feed.objects.get(model="sale.order")
    follow(Reader("default"), BY_MODEL["sale.order"], row)

    assert asked("sale.order.search_read") == {"sale.order.search_read": 1}
    assert SaleOrder.objects.filter(odoo_id=order_id).exists()
    assert feed.lag_s() is not None
