"""Whom a late supply concerns: what Odoo says itself, else who is short of its products."""

from decimal import Decimal

import pytest

from apps.mirror.models import (
    Move,
    Picking,
    Product,
    Production,
    PurchaseOrder,
    PurchaseOrderLine,
    SaleOrder,
    SaleOrderLine,
)
from apps.shipments.models import Order, Supply
from apps.shipments.projection import project
from apps.shipments.queries import dependents, supplies_of
from tests.factories import make_company, make_person
from tests.shipments.factories import at, change, mirrored

pytestmark = pytest.mark.django_db
TEN = Decimal(10)


@pytest.fixture
def desk(db):
    return mirrored(Product, name="Desk")


def sell(company, desk, name, scheduled="2026-03-09 08:00", quantity=TEN, **move):
    """A confirmed order of desks whose transfer waits for them."""
    order = mirrored(SaleOrder, name=name, state="sale", company=company)
    line = mirrored(
        SaleOrderLine,
        order_odoo_id=order.odoo_id,
        product_odoo_id=desk.odoo_id,
        ordered_qty=quantity,
    )
    picking = mirrored(
        Picking, name=f"WH/OUT/{name}", state="confirmed", kind="outgoing", company=company,
        order_odoo_id=order.odoo_id, scheduled_at=at(scheduled),
    )  # fmt: skip
    moved = mirrored(
        Move, picking_odoo_id=picking.odoo_id, product_odoo_id=desk.odoo_id, state="confirmed",
        order_line_odoo_id=line.odoo_id, demanded_qty=quantity, **move,
    )  # fmt: skip
    project("default", orders=[order.odoo_id])
    return Order.objects.get(name=name), line, moved


def buy(company, desk, name="P00001", when="2026-03-08 12:00", quantity=TEN, **line):
    order = mirrored(
        PurchaseOrder, name=name, state="purchase", company=company, origin=line.pop("origin", "")
    )
    made = mirrored(
        PurchaseOrderLine, order_odoo_id=order.odoo_id, product_odoo_id=desk.odoo_id, ordered_qty=quantity,
        planned_at=at(when), **line,
    )  # fmt: skip
    project("default", purchases=[order.odoo_id])
    return Supply.objects.get(reference=name), made


def produce(company, desk, name="WH/MO/1", quantity=TEN, finish="2026-03-08 12:00", **fields):
    row = mirrored(
        Production, name=name, state="confirmed", company=company, product_odoo_id=desk.odoo_id, quantity=quantity,
        finish_at=at(finish), **fields,
    )  # fmt: skip
    project("default", productions=[row.odoo_id])
    return Supply.objects.get(reference=name), row


def names(found):
    return [(one.order.name, one.how) for one in found]


def test_a_purchase_line_bought_to_order_names_its_order(company, desk):
    order, line, _ = sell(company, desk, "S1")
    supply, _ = buy(company, desk, sale_line_odoo_id=line.odoo_id)
    assert names(dependents(supply)) == [("S1", "to_order")]
    assert [one.supply for one in supplies_of(order)] == [supply]


def test_an_origin_names_its_orders_even_when_the_order_comes_later(company, desk):
    supply, _ = buy(company, desk, origin="S1, S2")
    assert dependents(supply) == []
    sell(company, desk, "S1")
    order, _, _ = sell(company, desk, "S2", "2026-03-12 08:00")
    assert names(dependents(supply)) == [("S1", "origin"), ("S2", "origin")]
    assert [one.supply for one in supplies_of(order)] == [supply]


def test_an_origin_names_no_order_of_another_company_that_is_numbered_alike(company, desk):
    supply, _ = buy(company, desk, origin="S1", quantity=Decimal(0))
    sell(make_company("Elsewhere Inc"), desk, "S1")
    assert dependents(supply) == []


def test_the_parts_of_a_production_that_only_names_its_order_are_waited_for_too(company, desk):
    board = mirrored(Product, name="Board")
    order, _, _ = sell(company, desk, "S1")
    made, row = produce(company, desk, origin="S1")
    raw = mirrored(
        Move, product_odoo_id=board.odoo_id, raw_production_odoo_id=row.odoo_id, state="waiting",
        demanded_qty=TEN,
    )  # fmt: skip
    supply, line = buy(company, board)
    receipt = mirrored(
        Move, product_odoo_id=board.odoo_id, purchase_line_odoo_id=line.odoo_id, state="assigned",
        dest_odoo_ids=[raw.odoo_id],
    )  # fmt: skip
    change(raw, orig_odoo_ids=[receipt.odoo_id])
    assert names(dependents(supply)) == [("S1", "chain")]
    assert {one.supply for one in supplies_of(order)} == {made, supply}


def test_moves_lead_from_a_receipt_through_a_production_to_the_delivery(company, desk):
    board = mirrored(Product, name="Board")
    made, row = produce(company, desk)
    order, _, out = sell(company, desk, "S1")
    finished = mirrored(
        Move, product_odoo_id=desk.odoo_id, production_odoo_id=row.odoo_id, state="confirmed",
        dest_odoo_ids=[out.odoo_id],
    )  # fmt: skip
    change(out, orig_odoo_ids=[finished.odoo_id], state="waiting")
    raw = mirrored(
        Move, product_odoo_id=board.odoo_id, raw_production_odoo_id=row.odoo_id, state="waiting"
    )
    supply, line = buy(company, board)
    receipt = mirrored(
        Move, product_odoo_id=board.odoo_id, purchase_line_odoo_id=line.odoo_id, state="assigned",
        dest_odoo_ids=[raw.odoo_id],
    )  # fmt: skip
    change(raw, orig_odoo_ids=[receipt.odoo_id])

    assert names(dependents(made)) == names(dependents(supply)) == [("S1", "chain")]
    assert dependents(supply)[0].shipment.reference == "WH/OUT/S1"
    assert {one.supply for one in supplies_of(order)} == {made, supply}


def test_what_odoo_ties_to_nothing_covers_the_earliest_shortage_of_its_product(company, desk):
    early, late = (
        buy(company, desk, "P1", quantity=Decimal(6))[0],
        buy(company, desk, "P2", "2026-03-20 12:00")[0],
    )
    first, _, _ = sell(company, desk, "S1", "2026-03-09 08:00", Decimal(5))
    second, _, _ = sell(company, desk, "S2", "2026-03-10 08:00", Decimal(5))

    assert names(dependents(early)) == [("S1", "shortage"), ("S2", "shortage")]
    assert names(dependents(late)) == [("S2", "shortage")]
    assert [one.says for one in supplies_of(second)] == [
        "Covers 1 that are missing", "Covers 4 that are missing",
    ]  # fmt: skip
    assert [one.supply for one in supplies_of(first)] == [early]


def test_a_part_of_a_production_that_is_short_concerns_whom_the_production_concerns(company, desk):
    board = mirrored(Product, name="Board")
    _, row = produce(company, desk, origin="S1")
    sell(company, desk, "S1")
    mirrored(
        Move, product_odoo_id=board.odoo_id, raw_production_odoo_id=row.odoo_id, state="confirmed",
        demanded_qty=TEN,
    )  # fmt: skip
    supply, _ = buy(company, board)
    assert names(dependents(supply)) == [("S1", "chain")]
    assert dependents(supply)[0].says == "Goes into WH/MO/1, which this order waits for"


def test_goods_that_have_left_wait_for_nothing(company, desk):
    order, line, _ = sell(company, desk, "S1")
    supply, _ = buy(company, desk, sale_line_odoo_id=line.odoo_id)
    change(Picking.objects.get(), state="done")
    project("default", orders=[order.odoo_id])
    assert dependents(supply) == []


def test_a_stranger_sees_neither_the_order_nor_the_supply(company, desk, stranger):
    order, line, _ = sell(company, desk, "S1")
    supply, _ = buy(company, desk, sale_line_odoo_id=line.odoo_id)
    olga = make_person("Olga", "operations", company)
    assert names(dependents(supply, olga)) == [("S1", "to_order")]
    assert (dependents(supply, stranger), supplies_of(order, stranger)) == ([], [])
