"""What Odoo says arrives in the mirror, once, and nothing that happened there is missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.exceptions.models import Case
from apps.integrations.odoo.follow import cursor, feed, reading, store
from apps.mirror.models import (
    Contact,
    Feed,
    FieldChange,
    Invoice,
    Move,
    Picking,
    SaleOrder,
    SaleOrderLine,
    SetAside,
)
from tests.contract import make
from tests.integrations.odoo.conftest import SANDBOX_ONLY


def test_a_confirmed_order_is_mirrored_with_its_lines_transfer_and_moves(mirror, admin, clerk):
    order_id = make.confirmed(admin, clerk, 3)

    mirror()

    order = SaleOrder.objects.get(odoo_id=order_id)
    assert (order.state, order.amount_total, order.currency) == ("sale", 300, "USD")
    assert order.customer.name.startswith("Customer ")
    assert order.warehouse.company_id == order.company_id
    line = SaleOrderLine.objects.get(order_odoo_id=order_id)
    assert (line.ordered_qty, line.delivered_qty) == (3, 0)
    picking = Picking.objects.get(order_odoo_id=order_id)
    assert (picking.kind, picking.warehouse_id, picking.customer_id) == (
        "outgoing",
        order.warehouse_id,
        order.customer_id,
    )
    assert Move.objects.get(picking_odoo_id=picking.odoo_id).demanded_qty == 3


def test_an_invoice_knows_its_order_through_its_lines(mirror, admin, clerk):
    order_id = make.confirmed(admin, clerk, invoice_policy="order")
    invoice_id = make.drafted(clerk, order_id)
    clerk("account.move", "action_post", [invoice_id])

    mirror()

    invoice = Invoice.objects.get(odoo_id=invoice_id)
    assert invoice.order_odoo_ids == [order_id]
    assert (invoice.state, invoice.payment_state, invoice.amount_total) == (
        "posted",
        "not_paid",
        200,
    )
    assert invoice.warehouse_id == SaleOrder.objects.get(odoo_id=order_id).warehouse_id
    assert invoice.public_id.startswith("inv_")


def test_the_change_feed_brings_what_changed_and_keeps_the_history_of_watched_fields(
    mirror, admin, clerk
):
    order_id = make.order(clerk, make.customer(admin), (make.product(admin), 2))
    mirror()
    clerk("sale.order", "action_confirm", [order_id])

    mirror()

    history = FieldChange.objects.filter(
        model="sale.order", odoo_id=order_id, field="state"
    ).order_by("id")
    assert [(row.old, row.new) for row in history] == [("draft", "sale")]


def test_reading_the_same_again_changes_nothing(mirror, invoice, django_assert_max_num_queries):
    before = list(
        Invoice.objects.order_by("id").values("id", "content_hash", "stored_at", "public_id")
    )
    changes = FieldChange.objects.count()

    Feed.objects.update(load_done_at=None, loaded_to_id=0)
    mirror()

    assert (
        list(Invoice.objects.order_by("id").values("id", "content_hash", "stored_at", "public_id"))
        == before
    )
    assert FieldChange.objects.count() == changes


def test_a_record_that_cannot_be_stored_is_set_aside_and_holds_up_no_other(mirror, admin, clerk):
    mirror()
    broken, sound = make.confirmed(admin, clerk), make.confirmed(admin, clerk)
    [line_id] = clerk("sale.order", "read", [broken], ["order_line"])[0]["order_line"][:1]
    clerk("sale.order.line", "write", [line_id], {"price_unit": 1e15})
    try:
        mirror()

        assert SaleOrder.objects.filter(odoo_id=sound).exists()
        assert not SaleOrder.objects.filter(odoo_id=broken).exists()
        aside = SetAside.objects.get(model="sale.order")
        assert (aside.odoo_id, "cannot be stored" in aside.reason) == (broken, True)
        assert str(broken) in Feed.objects.get(model="sale.order").notice
        assert Feed.objects.get(model="sale.order").failures == 0
        [case] = Case.objects.filter(dedupe="odoo:default:sale.order:aside")
        assert case.state != "resolved"
    finally:
        clerk("sale.order.line", "write", [line_id], {"price_unit": 100})

    mirror()

    assert SaleOrder.objects.get(odoo_id=broken).amount_total == 200
    assert not SetAside.objects.exists()
    assert Feed.objects.get(model="sale.order").notice == ""
    case.refresh_from_db()
    assert case.state == "resolved"


def test_a_first_load_goes_on_where_it_stopped(mirror, admin, clerk, monkeypatch):
    for _ in range(5):
        make.customer(admin)
    seen: list[str] = []
    with monkeypatch.context() as small:
        small.setattr(reading, "PAGE", 2)
        assert feed.run(budget_s=0, show=lambda progress: seen.append(progress.model)) is True
    stopped_at = Feed.objects.get(model=seen[-1]).loaded

    mirror()

    assert stopped_at == 2
    contacts = Feed.objects.get(model="res.partner")
    assert contacts.load_done_at is not None
    assert contacts.loaded == contacts.load_total > 4


def test_a_line_that_moves_without_its_order_is_found(mirror, admin, clerk):
    order_id = make.confirmed(admin, clerk, 2)
    mirror()
    move_id = make.move_of(clerk, make.picking_of(clerk, order_id))
    clerk("stock.move", "write", [move_id], {"quantity": 1})

    mirror()

    assert Move.objects.get(odoo_id=move_id).quantity == 1


def test_a_customer_made_with_the_order_is_there_when_the_order_is(mirror, admin, clerk, now):
    mirror()
    order_id = make.confirmed(admin, clerk)

    feed.read_now("default", {"sale.order": [order_id]})

    assert SaleOrder.objects.get(odoo_id=order_id).customer.name.startswith("Customer ")


def test_a_quiet_feed_looks_back_no_further_than_its_cursor(settings):
    settings.ODOO = {**settings.ODOO, "overlap_s": 600}
    quiet = Feed(cursor_at=timezone.now(), quiet_s=1200)
    busy = Feed(cursor_at=timezone.now(), quiet_s=1199)

    assert cursor.since_of(quiet) == quiet.cursor_at + timedelta(seconds=1)
    assert cursor.since_of(busy) == busy.cursor_at - timedelta(seconds=600)


@SANDBOX_ONLY
def test_a_change_that_commits_late_with_an_old_write_date_is_not_missed(
    mirror, admin, clerk, odoo
):
    import httpx

    slow, quick = make.confirmed(admin, clerk), make.confirmed(admin, clerk)
    mirror()
    clerk("sale.order", "write", [quick], {"client_order_ref": "quick"})
    mirror()
    late = {
        "model": "sale.order",
        "ids": [slow],
        "values": {"client_order_ref": "slow"},
        "seconds": 120,
    }
    assert httpx.post(f"{odoo.url}/sandbox/commit_late", json=late, timeout=10).status_code == 200

    mirror()

    assert SaleOrder.objects.get(odoo_id=slow).customer_reference == "slow"


def test_an_older_read_never_overwrites_a_newer_one(mirror, admin, clerk):
    from apps.integrations.odoo.follow.reading import Reader
    from apps.mirror.services import upsert
    from apps.mirror.specs import BY_MODEL

    order_id = make.confirmed(admin, clerk)
    mirror()
    old_start = timezone.now()
    old = Reader("default").by_ids(BY_MODEL["sale.order"], [order_id])
    clerk("sale.order", "write", [order_id], {"client_order_ref": "newer"})
    upsert(
        "default",
        "sale.order",
        Reader("default").by_ids(BY_MODEL["sale.order"], [order_id]),
        timezone.now(),
    )

    changes = upsert("default", "sale.order", old, old_start)

    assert changes.touched == []
    assert SaleOrder.objects.get(odoo_id=order_id).customer_reference == "newer"


@pytest.mark.parametrize("again", [1, 3])
def test_an_archived_record_stays_and_says_so(mirror, admin, again):
    made = make.customer(admin)
    mirror()
    admin("res.partner", "write", [made], {"active": False})

    for _ in range(again):
        mirror()

    assert Contact.objects.get(odoo_id=made).archived is True


@pytest.mark.parametrize(("due_in_s", "is_read"), [(2, True), (10, False)])
def test_what_falls_due_before_the_next_wake_up_is_read_now_and_nothing_else(
    mirror, due_in_s, is_read
):
    mirror()
    before = Feed.objects.get(model="sale.order").ran_at
    Feed.objects.update(due_at=timezone.now() + timedelta(seconds=due_in_s))

    feed.run()

    assert (Feed.objects.get(model="sale.order").ran_at > before) is is_read


def test_a_deadlock_while_storing_is_tried_once_more(mirror, admin, monkeypatch):
    mirror()
    made = make.customer(admin)
    upsert, times = store.upsert, []

    def in_the_way(*given, **more):
        times.append(given[1])
        if times.count("res.partner") == 1:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")
        return upsert(*given, **more)

    monkeypatch.setattr(store, "upsert", in_the_way)
    mirror()

    assert Contact.objects.filter(odoo_id=made).exists()
    assert Feed.objects.get(model="res.partner").error == ""
