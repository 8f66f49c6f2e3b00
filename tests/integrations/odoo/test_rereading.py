"""An upgrade of ours or an app installed in Odoo: what is asked for grows, and untouched records are read again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.integrations.odoo.follow import feed, rereading
from apps.integrations.odoo.follow.reading import Reader
from apps.integrations.odoo.line.client import Client
from apps.mirror.models import Contact, DeliveryCarrier, Feed, SaleOrder
from tests.contract import make

FORMER = "what a former version asked for"


@pytest.fixture
def without(monkeypatch):
    """Let Odoo have no such field, until it is taken back."""

    def hide(field: str):
        call = Client.call

        def fewer(self, model, method, args, **kwargs):
            answer = call(self, model, method, args, **kwargs)
            if method == "fields_get":
                answer = {name: told for name, told in answer.items() if name != field}
            return answer

        monkeypatch.setattr(Client, "call", fewer)
        Reader("default").forget()

        def show() -> None:
            monkeypatch.setattr(Client, "call", call)
            Reader("default").forget()

        return show

    yield hide
    monkeypatch.undo()


def settled() -> None:
    """As after a long time in which nothing was written."""
    Feed.objects.update(quiet_s=10_000, edge=[], refreshed_at=timezone.now())


def upgraded(model: str) -> None:
    settled()
    Feed.objects.filter(model=model).update(columns_read=FORMER)


def test_a_field_that_an_app_brings_is_read_of_records_nobody_touches(
    mirror, admin, clerk, without
):
    show = without("client_order_ref")
    order_id = make.order(
        clerk, make.customer(admin), (make.product(admin), 1), client_order_ref="PO 7"
    )
    mirror()
    assert SaleOrder.objects.get(odoo_id=order_id).customer_reference == ""
    settled()
    show()

    mirror()

    assert SaleOrder.objects.get(odoo_id=order_id).customer_reference == "PO 7"


def test_a_column_that_an_upgrade_adds_is_filled_in_chunks_that_go_on_where_they_stopped(
    mirror, admin, clerk, monkeypatch
):
    customer, product = make.customer(admin), make.product(admin)
    ids = [make.order(clerk, customer, (product, 1), client_order_ref=f"PO {n}") for n in range(3)]
    mirror()
    SaleOrder.objects.update(customer_reference="", content_hash="")
    upgraded("sale.order")
    monkeypatch.setattr(rereading, "_CHUNK", 1)
    first = SaleOrder.objects.earliest("odoo_id").odoo_id

    Feed.objects.update(due_at=None)
    assert feed.run(budget_s=0)
    assert Feed.objects.get(model="sale.order").reread_to_id == first

    while feed.run(budget_s=0):
        continue
    rows = SaleOrder.objects.filter(odoo_id__in=ids).order_by("odoo_id")
    assert [row.customer_reference for row in rows] == ["PO 0", "PO 1", "PO 2"]
    assert Feed.objects.get(model="sale.order").reread_to_id is None


def test_the_feed_goes_on_while_a_model_is_read_again(mirror, admin, clerk, monkeypatch):
    make.confirmed(admin, clerk)
    mirror()
    upgraded("res.partner")
    monkeypatch.setattr(rereading, "_CHUNK", 1)
    order_id = make.confirmed(admin, clerk)

    Feed.objects.update(due_at=None)
    assert feed.run(budget_s=0)

    assert SaleOrder.objects.filter(odoo_id=order_id).exists()
    assert Feed.objects.get(model="res.partner").reread_to_id is not None
    assert Contact.objects.exists()


def test_documents_are_projected_once_after_master_data_was_read_again(mirror, admin, clerk):
    make.confirmed(admin, clerk)
    mirror()
    as_read = dict(DeliveryCarrier.objects.values_list("odoo_id", "delivery_type"))
    DeliveryCarrier.objects.update(delivery_type="lost", content_hash="")
    upgraded("delivery.carrier")

    Feed.objects.update(due_at=None)
    assert not feed.run()
    assert Feed.objects.get(model="stock.picking").projected_at is None

    assert not feed.run()
    assert Feed.objects.get(model="stock.picking").projected_at is not None
    assert dict(DeliveryCarrier.objects.values_list("odoo_id", "delivery_type")) == as_read


def test_a_feed_whose_columns_are_the_same_reads_nothing_again(mirror, admin, clerk):
    make.confirmed(admin, clerk)
    mirror()
    settled()

    mirror()

    assert not Feed.objects.exclude(reread_to_id=None).exists()
    assert not Feed.objects.filter(absent=False, columns_read="").exists()
