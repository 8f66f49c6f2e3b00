"""Whatever happened to the mirror or behind its back: reconciling finds it, says it field by field and mends it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from apps.integrations.odoo.follow import comparing, cursor, due
from apps.integrations.odoo.follow import reconcile as reconciling
from apps.integrations.odoo.follow.reconcile import Report, reconcile
from apps.integrations.odoo.line.client import Client
from apps.integrations.odoo.line.errors import OdooRefused
from apps.mirror.models import (
    Contact,
    Feed,
    Invoice,
    Move,
    Picking,
    Reconciliation,
    SaleOrder,
    SaleOrderLine,
    SetAside,
)
from apps.shipments.models import Order, Shipment
from tests.contract import make


def compare(*models, full=True, mend=False, **more) -> Report:
    return reconcile("default", full=full, mend=mend, models=models or None, **more)


def blind() -> None:
    """The feed believes that it has seen everything until long after now."""
    Feed.objects.update(
        quiet_s=10_000, cursor_at="2090-01-01T00:00:00Z", edge=[], refreshed_at=timezone.now()
    )


@pytest.mark.parametrize("full", [True, False])
def test_a_mirror_that_is_up_to_date_differs_in_nothing(mirror, admin, clerk, invoice, full):
    make.shipped(admin, clerk)
    mirror()

    report = compare(full=full)

    assert report.wrong == 0
    counted = {one.model: (one.in_odoo, one.in_tower) for one in report.models}
    assert counted["sale.order"][0] == counted["sale.order"][1] > 0
    assert counted["account.move"] == (Invoice.objects.count(), Invoice.objects.count())


def test_a_row_altered_behind_the_mirrors_back_is_named_field_by_field_and_mended(
    mirror, admin, clerk
):
    order_id = make.confirmed(admin, clerk, 3)
    mirror()
    SaleOrder.objects.filter(odoo_id=order_id).update(state="draft", amount_total=1)

    [told] = compare("sale.order").models
    [again] = compare("sale.order", mend=True).models

    assert (told.differing, told.missing, told.extra, told.mended) == (1, 0, 0, 0)
    assert told.differences == [
        {
            "odoo_id": order_id,
            "kind": "differs",
            "fields": {
                "state": {"odoo": "sale", "tower": "draft"},
                "amount_total": {"odoo": "300.0000", "tower": "1.0000"},
            },
        }
    ]
    assert (again.differing, again.mended) == (1, 1)
    assert SaleOrder.objects.get(odoo_id=order_id).state == "sale"
    assert compare("sale.order").wrong == 0


def test_quick_sees_a_change_that_the_feed_never_read(mirror, admin, clerk):
    order_id = make.confirmed(admin, clerk)
    mirror()
    SaleOrder.objects.filter(odoo_id=order_id).update(
        odoo_write_date="2020-01-01T00:00:00Z", customer_reference="old"
    )
    blind()

    [told] = compare("sale.order", full=False, mend=True).models

    assert (told.differing, told.mended) == (1, 1)
    assert SaleOrder.objects.get(odoo_id=order_id).customer_reference == ""


def test_a_record_the_mirror_lost_is_missing_and_comes_back(mirror, admin, clerk):
    order_id = make.confirmed(admin, clerk)
    mirror()
    SaleOrderLine.objects.filter(order_odoo_id=order_id).delete()
    blind()

    [told] = compare("sale.order.line", mend=True).models

    assert (told.missing, told.mended) == (1, 1)
    assert SaleOrderLine.objects.filter(order_odoo_id=order_id).exists()


def test_a_deleted_draft_is_found_and_its_order_is_gone(mirror, admin, clerk):
    keeps = make.confirmed(admin, clerk)
    order_id = make.order(clerk, make.customer(admin), (make.product(admin), 2))
    mirror()
    assert Order.objects.get(odoo_id=order_id).odoo_state == "draft"
    blind()
    admin("sale.order", "unlink", [order_id])

    report = compare("sale.order", "sale.order.line", mend=True)

    assert {one.model: (one.extra, one.mended) for one in report.models} == {
        "sale.order": (1, 1),
        "sale.order.line": (0, 0),  # went along with their order
    }
    assert not SaleOrderLine.objects.filter(order_odoo_id=order_id, gone_at=None).exists()
    assert SaleOrder.objects.get(odoo_id=order_id).gone_at is not None
    assert SaleOrder.objects.get(odoo_id=keeps).gone_at is None
    assert Order.objects.get(odoo_id=order_id).odoo_state == "cancel"


def test_a_deleted_transfer_ends_its_shipment(mirror, admin, clerk):
    order_id = make.confirmed(admin, clerk)
    picking_id = make.picking_of(clerk, order_id)
    mirror()
    assert Shipment.objects.get(picking_odoo_id=picking_id).picking_state == "assigned"
    blind()
    clerk("stock.picking", "action_cancel", [picking_id])
    admin("stock.picking", "unlink", [picking_id])

    report = compare("stock.picking", "stock.move", mend=True)

    assert [one.extra for one in report.models] == [1, 0]  # the moves went along
    assert Picking.objects.get(odoo_id=picking_id).gone_at is not None
    assert Move.objects.filter(picking_odoo_id=picking_id, gone_at=None).count() == 0
    assert Shipment.objects.get(picking_odoo_id=picking_id).picking_state == "cancel"


def test_an_archived_partner_is_still_a_record_and_no_difference(mirror, admin):
    made = make.customer(admin)
    mirror()
    admin("res.partner", "write", [made], {"active": False})

    assert compare("res.partner").wrong == 0
    assert Contact.objects.get(odoo_id=made).archived is True


def test_what_is_written_while_it_compares_is_no_difference(mirror, admin, clerk, monkeypatch):
    order_id = make.confirmed(admin, clerk)
    mirror()
    stretches = reconciling.stretches

    def written_meanwhile(reader, spec, *, full):
        yield from stretches(reader, spec, full=full)
        clerk("sale.order", "write", [order_id], {"client_order_ref": "meanwhile"})

    SaleOrder.objects.filter(odoo_id=order_id).update(customer_reference="drifted")
    monkeypatch.setattr(reconciling, "stretches", written_meanwhile)

    assert compare("sale.order").wrong == 0
    assert SaleOrder.objects.get(odoo_id=order_id).customer_reference == "meanwhile"


def test_a_feed_that_another_worker_is_at_is_waited_for(mirror, admin, clerk, monkeypatch):
    order_id = make.confirmed(admin, clerk)
    mirror()
    clerk("sale.order", "write", [order_id], {"client_order_ref": "just now"})
    busy, advance_one = iter([True, True]), reconciling.feed.advance_one
    monkeypatch.setattr(
        reconciling.feed,
        "advance_one",
        lambda reader, spec: not next(busy, False) and advance_one(reader, spec),
    )

    assert compare("sale.order").wrong == 0
    assert SaleOrder.objects.get(odoo_id=order_id).customer_reference == "just now"


def test_a_large_part_of_a_model_is_not_taken_for_deleted_without_a_persons_word(
    mirror, admin, clerk, monkeypatch
):
    monkeypatch.setattr(reconciling, "_MANY", 0)
    monkeypatch.setattr(reconciling, "_MUCH", 0)
    order_id = make.confirmed(admin, clerk)
    mirror()
    SaleOrder.objects.filter(odoo_id=order_id).update(odoo_id=2_000_000)

    [told] = compare("sale.order", mend=True).models

    assert told.extra == 1
    assert "lost a right" in told.says
    assert SaleOrder.objects.get(odoo_id=2_000_000).gone_at is None

    compare("sale.order", mend=True, all_gone=True)
    assert SaleOrder.objects.get(odoo_id=2_000_000).gone_at is not None


def test_the_command_ends_with_zero_only_where_nothing_differed(
    mirror, admin, clerk, tmp_path, capsys
):
    order_id = make.confirmed(admin, clerk)
    mirror()
    SaleOrder.objects.filter(odoo_id=order_id).update(name="altered")
    file = tmp_path / "report.json"

    with pytest.raises(CommandError, match="1 records differed"):
        call_command("odoo_reconcile", report=str(file))
    [report] = json.loads(file.read_text())
    call_command("odoo_reconcile")

    [orders] = [one for one in report["models"] if one["model"] == "sale.order"]
    assert orders["differences"][0]["fields"]["name"]["tower"] == "altered"
    assert "The mirror is what Odoo says." in capsys.readouterr().out


def test_every_comparison_leaves_a_row_with_its_counts_and_details(mirror, admin, clerk):
    order_id = make.confirmed(admin, clerk)
    mirror()
    SaleOrder.objects.filter(odoo_id=order_id).update(name="altered")

    compare("sale.order", mend=True)

    row = Reconciliation.objects.get(model="sale.order")
    assert (row.kind, row.differing, row.mended) == ("full", 1, 1)
    assert (row.in_odoo, row.in_tower) == (SaleOrder.objects.count(),) * 2
    assert row.details[0]["tower"] == "altered"


@pytest.mark.parametrize("full", [True, False])
def test_the_mirrors_rows_are_looked_at_so_many_at_a_time_though_odoo_shows_none(
    mirror, admin, clerk, monkeypatch, full
):
    monkeypatch.setattr(comparing, "_ROWS", 3)
    for _ in range(4):
        make.customer(admin)
    mirror()
    lost = list(Contact.objects.order_by("-odoo_id").values_list("odoo_id", flat=True)[:4])
    seen = []
    stretches = reconciling.stretches

    def counted(reader, spec, *, full):
        for part in stretches(reader, spec, full=full):
            seen.append(len(part.tower))
            yield part

    monkeypatch.setattr(reconciling, "stretches", counted)
    assert compare("res.partner", full=full).wrong == 0
    Contact.objects.filter(odoo_id__in=lost).update(odoo_id=F("odoo_id") + 1_000_000)
    blind()

    [told] = compare("res.partner", full=full).models

    assert max(seen) == 3
    assert (told.missing, told.extra, told.in_tower) == (4, 4, Contact.objects.count())


def test_a_model_that_odoo_refuses_leaves_a_row_and_is_compared_when_it_may_be(
    mirror, admin, clerk, monkeypatch
):
    make.confirmed(admin, clerk)
    mirror()
    search_read = Client.search_read

    def refused(self, model, *args, **kwargs):
        if model == "delivery.carrier":
            raise OdooRefused("AccessError", "You are not allowed to access 'Shipping Methods'.")
        return search_read(self, model, *args, **kwargs)

    monkeypatch.setattr(Client, "search_read", refused)
    loaded = timezone.now() - timedelta(days=9)
    Feed.objects.update(load_done_at=loaded)

    report = compare("delivery.carrier", mend=True)

    row = Reconciliation.objects.get(model="delivery.carrier")
    assert report.refused == ["delivery.carrier"]
    assert (row.refused, row.says) == (True, "You are not allowed to access 'Shipping Methods'.")
    now = timezone.now()
    assert "delivery.carrier" not in dict(due.models_due("default", now))
    assert ("delivery.carrier", True) in due.models_due("default", now + timedelta(hours=1))


def test_an_amount_that_is_no_number_ends_no_comparison(mirror, admin, clerk, monkeypatch):
    broken, other = make.confirmed(admin, clerk), make.confirmed(admin, clerk)
    mirror()
    SaleOrder.objects.filter(odoo_id=other).update(customer_reference="altered")
    search_read = Client.search_read

    def spoilt(self, model, *args, **kwargs):
        found = search_read(self, model, *args, **kwargs)
        for record in found:
            if model == "sale.order" and record["id"] == broken and "amount_total" in record:
                record["amount_total"] = float("nan")
        return found

    monkeypatch.setattr(Client, "search_read", spoilt)

    [told] = compare("sale.order", mend=True).models

    [one] = [row for row in told.differences if row["odoo_id"] == broken]
    assert "is no amount" in one["fields"]["cannot be stored"]["odoo"]
    assert SaleOrder.objects.get(odoo_id=other).customer_reference == ""
    assert SetAside.objects.get(model="sale.order").odoo_id == broken


def test_a_notice_is_over_when_all_was_compared_and_stands_on_the_row(mirror, admin, clerk):
    make.confirmed(admin, clerk)
    mirror()
    row = Feed.objects.get(model="sale.order")
    cursor.set_back(row, row.cursor_at, "Odoo's clock was set back.")
    assert Feed.objects.get(model="res.partner").notice == "Odoo's clock was set back."

    compare("res.partner")

    assert Feed.objects.get(model="res.partner").notice == ""
    assert Reconciliation.objects.get(model="res.partner").says == "Odoo's clock was set back."
    assert Feed.objects.get(model="sale.order").notice == "Odoo's clock was set back."


def test_all_of_more_than_a_handful_are_not_taken_for_deleted_without_a_persons_word(
    mirror, admin, clerk
):
    for _ in range(6):
        make.order(clerk, make.customer(admin), (make.product(admin), 1))
    mirror()
    SaleOrder.objects.filter(state="sale").delete()
    SaleOrder.objects.update(odoo_id=F("odoo_id") + 2_000_000)
    blind()

    [told] = compare("sale.order", mend=True).models

    assert "lost a right" in told.says
    assert not SaleOrder.objects.exclude(gone_at=None).exists()
