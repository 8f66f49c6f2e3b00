"""Reconciling runs each hour, each night and when Odoo's own clock asks: either clock alone is enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.integrations.odoo import hooks
from apps.integrations.odoo.follow import due, feed, loading
from apps.mirror.models import Feed, Reconciliation, SaleOrder
from apps.shipments.models import Order, Shipment
from tests.contract import make

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def compared(model: str, kind: str, ago: timedelta) -> None:
    Reconciliation.objects.create(connection="default", model=model, kind=kind, started_at=AT - ago)


@pytest.fixture
def orders(db):
    return Feed.objects.create(
        connection="default", model="sale.order", load_done_at=AT - timedelta(days=9)
    )


@pytest.mark.parametrize(
    ("full_ago", "quick_ago", "expected"),
    [
        (timedelta(hours=9), timedelta(minutes=50), []),
        (timedelta(hours=9), timedelta(minutes=61), [("sale.order", False)]),
        (timedelta(hours=10), timedelta(minutes=1), [("sale.order", True)]),
    ],
)
def test_quickly_each_hour_and_fully_after_each_half_past_two(
    settings, orders, full_ago, quick_ago, expected
):
    settings.ODOO = {**settings.ODOO, "reconcile_s": 3600, "reconcile_at": "02:30"}
    compared("sale.order", "full", full_ago)
    compared("sale.order", "quick", quick_ago)

    assert due.models_due("default", AT) == expected


def test_a_model_that_is_still_being_loaded_is_not_compared(orders):
    Feed.objects.update(load_done_at=None)

    assert due.models_due("default", AT) == []


def test_odoos_scheduled_action_has_everything_compared_soon(mirror, client, admin, clerk):
    order_id = make.confirmed(admin, clerk)
    mirror()
    SaleOrder.objects.filter(odoo_id=order_id).update(odoo_write_date=AT, customer_reference="x")
    Feed.objects.update(quiet_s=1e6, edge=[], cursor_at="2090-01-01T00:00:00Z")
    path = "/api/v1/odoo/" + hooks.address().rpartition("/")[2]
    hint = {"_model": "res.company", "_id": 1, "_action": "Send Webhook Notification(#7)"}

    answer = client.post(path, hint, content_type="application/json")
    due.run("default", throttle=0)

    assert answer.status_code == 202
    assert set(Reconciliation.objects.values_list("kind", flat=True)) == {"quick"}
    assert SaleOrder.objects.get(odoo_id=order_id).customer_reference == ""
    assert not Feed.objects.exclude(reconcile_asked_at=None).exists()


def test_a_load_that_was_cut_short_while_projecting_goes_on_and_projects_each_order_once(
    mirror, admin, clerk, monkeypatch
):
    made = [make.confirmed(admin, clerk) for _ in range(3)]
    projected: list[int] = []
    project = loading.project

    def counted(connection, **asked):
        projected.extend(asked.get("orders", ()))
        project(connection, **asked)

    monkeypatch.setattr(loading, "project", counted)
    monkeypatch.setattr(loading, "_CHUNK", 1)
    while not loading.is_loaded("default") or not SaleOrder.objects.exists():
        assert feed.run(budget_s=0)
    assert SaleOrder.objects.filter(odoo_id__in=made).count() == 3

    rounds = 0
    while feed.run(budget_s=0):
        rounds += 1

    assert rounds >= 2
    assert len(projected) == len(set(projected)) >= 3
    assert Order.objects.filter(odoo_id__in=made).count() == 3
    assert Shipment.objects.filter(order__odoo_id__in=made).count() == 3
    row = Feed.objects.get(model="sale.order")
    assert row.projected == row.project_total
    assert row.projected_at is not None
