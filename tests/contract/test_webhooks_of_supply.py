"""Automation rules for what is bought and made, and for what is deleted: the same bursts as for what is sold."""

from tests.contract import make
from tests.contract.test_webhooks import listener, rules, settled

__all__ = ["listener", "rules"]


def heard(listener, model, record, *fields):
    return [tuple(body[name] for name in fields) for body in listener.bodies(model, record)]


def test_a_purchase_tells_of_its_state_its_receipt_and_its_dates(tower, admin, rules, listener):
    rules("purchase.order", ["state", "receipt_status"], ["name", "state", "receipt_status"])
    rules("stock.picking", ["state"], ["state", "move_ids"])
    order = make.purchase(tower, make.vendor(admin), (make.product(admin, stock=0), 5))
    tower("purchase.order", "button_confirm", [order])
    settled(listener, 5)

    told = heard(listener, "purchase.order", order, "state", "receipt_status")
    assert told == [("draft", False), ("purchase", False), ("purchase", "pending")]
    receipt = tower.value("purchase.order", order, "picking_ids")[0]
    moves = tower.value("stock.picking", receipt, "move_ids")
    assert heard(listener, "stock.picking", receipt, "state", "move_ids") == [
        ("draft", []),
        ("assigned", moves),
    ]


def test_a_rescheduled_line_makes_the_purchase_speak(tower, admin, rules, listener):
    order = make.purchase(tower, make.vendor(admin), (make.product(admin, stock=0), 5))
    tower("purchase.order", "button_confirm", [order])
    rules("purchase.order", ["date_planned"], ["date_planned"])
    line = tower.value("purchase.order", order, "order_line")[0]
    tower("purchase.order.line", "write", [line], {"date_planned": "2031-02-03 08:00:00"})
    settled(listener, 1)

    assert heard(listener, "purchase.order", order, "date_planned") == [("2031-02-03 08:00:00",)]


def test_a_production_speaks_twice_when_made_and_before_it_is_done(tower, admin, rules, listener):
    product, bom = make.recipe(admin, (make.product(admin, stock=50), 2))
    rules("mrp.production", ["state"], ["state"])
    order = make.production(tower, product, bom, 3)
    tower("mrp.production", "action_confirm", [order])
    assert tower("mrp.production", "button_mark_done", [order]) is True
    settled(listener, 5)

    told = [state for (state,) in heard(listener, "mrp.production", order, "state")]
    assert told == ["draft", "draft", "confirmed", "to_close", "done"]


def test_a_deleted_transfer_speaks_as_a_draft_before_it_is_gone(tower, admin, rules, listener):
    picking = make.picking_of(tower, make.confirmed(admin, tower))
    tower("stock.picking", "action_cancel", [picking])
    rules("stock.picking", ["state"], ["state", "move_ids"])
    tower("stock.picking", "unlink", [picking])
    settled(listener, 1)

    assert heard(listener, "stock.picking", picking, "state", "move_ids") == [("draft", [])]
    assert tower("stock.picking", "read", [picking], ["state"]) == []


def test_a_rule_for_deletions_speaks_while_the_record_is_there(tower, admin, rules, listener):
    order = make.order(tower, make.customer(admin))
    rule = rules("sale.order", [], ["name", "state"])
    admin("base.automation", "write", [rule], {"trigger": "on_unlink"})
    name = tower.value("sale.order", order, "name")
    tower("sale.order", "write", [order], {"client_order_ref": "quiet"})
    admin("sale.order", "unlink", [order])
    settled(listener, 1)

    assert heard(listener, "sale.order", order, "name", "state") == [(name, "draft")]
