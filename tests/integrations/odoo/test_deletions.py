"""What Odoo deletes leaves no trace: documents that may be deleted are looked at on a timer, with what belonged to them."""

import pytest
from django.db.models import Q

from apps.mirror.models import (
    Feed,
    Invoice,
    Move,
    Picking,
    Production,
    SaleOrder,
    SaleOrderLine,
)
from apps.shipments.models import Order, Shipment
from tests.contract import make
from tests.integrations.odoo.conftest import SANDBOX_ONLY

pytestmark = SANDBOX_ONLY


@pytest.fixture
def later(mirror):
    """The next pass after the timer ran out."""

    def run() -> None:
        Feed.objects.update(refreshed_at=None)
        mirror()

    return run


def gone(table) -> set[int]:
    return set(table.objects.exclude(gone_at=None).values_list("odoo_id", flat=True))


def test_a_deleted_quotation_goes_with_its_lines_though_newer_ones_stand(
    mirror, later, admin, clerk
):
    customer, product = make.customer(admin), make.product(admin)
    lost = make.order(clerk, customer, (product, 1))
    make.order(clerk, customer, (product, 2))
    mirror()
    admin("sale.order", "unlink", [lost])

    later()

    assert gone(SaleOrder) == {lost}
    lines = SaleOrderLine.objects.exclude(gone_at=None)
    assert set(lines.values_list("order_odoo_id", flat=True)) == {lost}
    assert Order.objects.get(odoo_id=lost).gone


def test_a_deleted_transfer_goes_with_its_moves(mirror, later, admin, clerk):
    order = make.order(clerk, make.customer(admin), (make.product(admin), 1))
    clerk("sale.order", "action_confirm", [order])
    other = make.order(clerk, make.customer(admin), (make.product(admin), 1))
    clerk("sale.order", "action_confirm", [other])
    mirror()
    [picking] = Picking.objects.filter(order_odoo_id=order).values_list("odoo_id", flat=True)
    clerk("stock.picking", "action_cancel", [picking])
    admin("stock.picking", "unlink", [picking])

    later()

    assert gone(Picking) == {picking}
    assert set(Move.objects.exclude(gone_at=None).values_list("picking_odoo_id", flat=True)) == {
        picking
    }
    assert Shipment.objects.get(picking_odoo_id=picking).gone


def test_a_deleted_production_goes_with_its_moves(mirror, later, admin, clerk):
    made, bom = make.recipe(admin, (make.product(admin), 2))
    lost = make.production(clerk, made, bom, 3)
    mirror()
    clerk("mrp.production", "action_cancel", [lost])
    admin("mrp.production", "unlink", [lost])

    later()

    assert gone(Production) == {lost}
    moves = Move.objects.filter(Q(raw_production_odoo_id=lost) | Q(production_odoo_id=lost))
    assert moves.exists()
    assert not moves.filter(gone_at=None).exists()


def test_a_deleted_draft_invoice_is_no_longer_there(mirror, later, admin, clerk):
    lost = make.drafted(clerk, make.shipped(admin, clerk))
    make.drafted(clerk, make.shipped(admin, clerk))
    mirror()
    assert Invoice.objects.get(odoo_id=lost).state == "draft"
    clerk("account.move", "unlink", [lost])

    later()

    assert gone(Invoice) == {lost}
