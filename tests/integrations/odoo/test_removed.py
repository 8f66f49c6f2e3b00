"""A line that is removed from a document which lives on is gone with the pass that sees the document changed."""

from __future__ import annotations

import pytest

from apps.integrations.odoo.follow import following, removed
from apps.integrations.odoo.follow.following import slice_of
from apps.integrations.odoo.line.client import Client
from apps.mirror.models import Feed, Move, SaleOrder, SaleOrderLine
from apps.mirror.specs.sales import ORDERS
from tests.contract import make
from tests.integrations.odoo.conftest import SANDBOX_ONLY


def live(table) -> set[int]:
    return set(table.objects.filter(gone_at=None).values_list("odoo_id", flat=True))


@pytest.fixture
def two_lines(admin, clerk, mirror):
    """(order, its two lines), mirrored."""
    order = make.order(
        clerk, make.customer(admin), (make.product(admin), 1), (make.product(admin), 2)
    )
    mirror()
    lines = clerk("sale.order", "read", [order], ["order_line"])[0]["order_line"]
    return order, *lines


def test_a_line_removed_from_a_quotation_is_gone_and_the_others_stay(mirror, clerk, two_lines):
    order, lost, kept = two_lines
    clerk("sale.order", "write", [order], {"order_line": [[2, lost]]})

    mirror()

    assert lost not in live(SaleOrderLine)
    assert kept in live(SaleOrderLine)
    assert order in live(SaleOrder)


def test_a_move_removed_from_a_transfer_is_gone(mirror, admin, clerk):
    order = make.order(
        clerk, make.customer(admin), (make.product(admin), 1), (make.product(admin), 2)
    )
    clerk("sale.order", "action_confirm", [order])
    mirror()
    picking = make.picking_of(clerk, order)
    lost, kept = clerk("stock.picking", "read", [picking], ["move_ids"])[0]["move_ids"]
    admin("stock.move", "unlink", [lost])
    clerk("stock.picking", "write", [picking], {"note": "one less"})

    mirror()

    assert lost not in live(Move)
    assert kept in live(Move)


def test_a_line_that_is_hidden_from_us_stays(mirror, clerk, two_lines, monkeypatch):
    order, hidden, _ = two_lines
    search = Client.search

    def fewer(self, model, domain, **kwargs):
        found = search(self, model, domain, **kwargs)
        return [i for i in found if i != hidden] if model == "sale.order.line" else found

    monkeypatch.setattr(Client, "search", fewer)
    monkeypatch.setattr(removed, "hidden_of", lambda reader, spec, ids: {hidden})
    clerk("sale.order", "write", [order], {"note": "changed"})

    mirror()

    assert hidden in live(SaleOrderLine)


@pytest.mark.parametrize(
    ("unsettled", "every_s", "size"),
    [(0, 60, 500), (5_000, 60, 500), (20_000, 60, 2_000), (50_000, 60, 5_000), (200_000, 60, 5_000),
     (5_000, 300, 2_500), (9_000, 900, 5_000)],
)  # fmt: skip
def test_a_round_over_unsettled_documents_ends_within_ten_minutes(unsettled, every_s, size):
    assert slice_of(unsettled, every_s) == size


def test_the_slice_follows_from_how_many_documents_are_unsettled(
    mirror, admin, clerk, monkeypatch, settings
):
    customer, product = make.customer(admin), make.product(admin)
    for _ in range(5):
        make.order(clerk, customer, (product, 1))
    mirror()
    monkeypatch.setattr(following, "_SLICE", 1)
    settings.ODOO = {**settings.ODOO, "interval_s": 300}
    Feed.objects.update(refreshed_at=None, refreshed_to_id=0)
    waiting = SaleOrder.objects.filter(state__in=ORDERS.unsettled, gone_at=None).order_by("odoo_id")

    mirror()

    row = Feed.objects.get(model="sale.order")
    assert row.refresh_size == -(-waiting.count() // 2)
    assert row.refreshed_to_id == waiting[row.refresh_size - 1].odoo_id


@SANDBOX_ONLY
def test_all_quotations_deleted_at_once_wait_for_a_persons_word(mirror, admin, clerk, monkeypatch):
    orders = [make.order(clerk, make.customer(admin), (make.product(admin), 1)) for _ in range(6)]
    mirror()
    SaleOrder.objects.exclude(odoo_id__in=orders).delete()
    admin("sale.order", "unlink", orders)
    Feed.objects.update(refreshed_at=None, refreshed_to_id=0, edge=[], quiet_s=10_000)

    mirror()

    assert live(SaleOrder) >= set(orders)
