"""Productions: components, work orders, dates, partial production, cancelling."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError

START, LATER = "2030-02-01 06:00:00", "2030-02-05 06:00:00"


def raw(user, production):
    rows = user(
        "stock.move",
        "search_read",
        [["raw_material_production_id", "=", production]],
        ["state", "product_uom_qty", "quantity", "picked"],
        order="id",
    )
    return [(r["state"], r["product_uom_qty"], r["quantity"], r["picked"]) for r in rows]


def state(user, production):
    row = user.one(
        "mrp.production", production, "state", "reservation_state", "components_availability_state"
    )
    return row["state"], row["reservation_state"], row["components_availability_state"]


@pytest.fixture
def component(admin):
    return make.product(admin, stock=20)


@pytest.fixture
def recipe(admin, component):
    return make.recipe(admin, (component, 2))


@pytest.fixture
def production(tower, recipe):
    made = make.production(tower, *recipe, 5)
    assert tower("mrp.production", "action_confirm", [made]) is True
    return made


def test_a_draft_has_its_moves_and_dates(tower, recipe):
    made = make.production(tower, *recipe, 3, date_start=START, origin="S1")

    assert state(tower, made) == ("draft", False, False)
    assert raw(tower, made) == [("draft", 6.0, 0.0, False)]
    row = tower.one(
        "mrp.production",
        made,
        "name",
        "date_start",
        "date_finished",
        "date_deadline",
        "origin",
        "product_qty",
        "move_finished_ids",
        "picking_type_id",
    )
    assert "/MO/" in row["name"]
    assert (row["date_start"], row["date_finished"]) == (START, "2030-02-01 07:00:00")
    assert (row["date_deadline"], row["origin"], row["product_qty"]) == (False, "S1", 3.0)
    move = tower.one("stock.move", row["move_finished_ids"][0], "production_id", "product_uom_qty")
    assert (move["production_id"][0], move["product_uom_qty"]) == (made, 3.0)


def test_confirming_reserves_the_components(tower, production):
    assert state(tower, production) == ("confirmed", "assigned", "available")
    assert raw(tower, production) == [("assigned", 10.0, 10.0, False)]
    assert tower("mrp.production", "action_confirm", [production]) is True


def test_missing_components_are_expected_by_the_date_of_their_receipt(tower, admin):
    part = make.product(admin, stock=0)
    made = make.production(
        tower, *make.recipe(admin, (part, 1)), 4, date_start="2029-12-01 06:00:00"
    )
    tower("mrp.production", "action_confirm", [made])
    assert state(tower, made) == ("confirmed", "confirmed", "unavailable")

    order = make.purchase(tower, make.vendor(admin), (part, 4))
    tower("purchase.order", "button_confirm", [order])
    assert state(tower, made)[2] == "late"
    assert tower.value("mrp.production", made, "components_availability") == "Exp 01/05/2030"
    tower("mrp.production", "write", [made], {"date_start": START})
    assert state(tower, made)[2] == "expected"

    receipt = tower.value("purchase.order", order, "picking_ids")[0]
    tower("stock.picking", "button_validate", [receipt])
    tower("mrp.production", "action_assign", [made])
    assert state(tower, made) == ("confirmed", "assigned", "available")


def test_a_later_start_moves_the_end_and_the_moves(tower, production):
    assert tower("mrp.production", "write", [production], {"date_start": START}) is True

    row = tower.one(
        "mrp.production", production, "date_start", "date_finished", "move_finished_ids"
    )
    assert (row["date_start"], row["date_finished"]) == (START, "2030-02-01 07:00:00")
    moves = tower(
        "stock.move", "search_read", [["raw_material_production_id", "=", production]], ["date"]
    )
    assert [m["date"] for m in moves] == [START]
    assert tower.value("stock.move", row["move_finished_ids"][0], "date") == "2030-02-01 07:00:00"


def test_an_end_and_a_deadline_are_kept_as_written_but_a_start_wins_over_an_end(tower, production):
    tower("mrp.production", "write", [production], {"date_start": START, "date_finished": LATER})
    assert tower.value("mrp.production", production, "date_finished") == "2030-02-01 07:00:00"
    tower("mrp.production", "write", [production], {"date_finished": LATER})
    tower("mrp.production", "write", [production], {"date_deadline": "2030-02-02 00:00:00"})

    row = tower.one(
        "mrp.production", production, "date_start", "date_finished", "date_deadline", "is_delayed"
    )
    assert (row["date_start"], row["date_finished"]) == (START, LATER)
    assert (row["date_deadline"], row["is_delayed"]) == ("2030-02-02 00:00:00", True)


def test_done_with_nothing_begun_makes_and_consumes_all(tower, production, recipe, component):
    assert tower("mrp.production", "button_mark_done", [production]) is True

    assert state(tower, production) == ("done", False, False)
    assert raw(tower, production) == [("done", 10.0, 10.0, True)]
    row = tower.one("mrp.production", production, "qty_producing", "qty_produced")
    assert (row["qty_producing"], row["qty_produced"]) == (5.0, 5.0)
    assert tower.value("product.product", recipe[0], "qty_available") == 5.0
    assert tower.value("product.product", component, "qty_available") == 10.0
    assert tower("mrp.production", "button_mark_done", [production]) is True
    assert tower.value("product.product", recipe[0], "qty_available") == 5.0


def test_begun_through_the_api_asks_about_the_components(tower, production):
    tower("mrp.production", "write", [production], {"qty_producing": 2})
    assert state(tower, production)[0] == "progress"

    asked = tower("mrp.production", "button_mark_done", [production])

    assert asked["res_model"] == "mrp.consumption.warning"
    line = asked["context"]["default_mrp_consumption_warning_line_ids"][0][2]
    assert (line["product_consumed_qty_uom"], line["product_expected_qty_uom"]) == (0.0, 4.0)
    assert state(tower, production)[0] == "progress"
    wizard = tower("mrp.consumption.warning", "create", {}, context=asked["context"])
    next_one = tower(
        "mrp.consumption.warning", "action_confirm", [wizard], context=asked["context"]
    )
    assert next_one["res_model"] == "mrp.production.backorder"
    assert state(tower, production)[0] == "progress"


def test_a_partial_production_leaves_a_backorder_and_changes_its_name(tower, production):
    name = tower.value("mrp.production", production, "name")
    move = tower("stock.move", "search", [["raw_material_production_id", "=", production]])
    tower("mrp.production", "write", [production], {"qty_producing": 2})
    tower("stock.move", "write", move, {"quantity": 4, "picked": True})
    context = tower("mrp.production", "button_mark_done", [production])["context"]
    wizard = tower("mrp.production.backorder", "create", {}, context=context)

    answer = tower("mrp.production.backorder", "action_backorder", [wizard], context=context)

    assert answer["res_model"] == "mrp.production"
    rest = answer["res_id"]
    fields = ("name", "state", "product_qty", "qty_produced", "backorder_sequence")
    first = tower.one("mrp.production", production, *fields)
    second = tower.one("mrp.production", rest, *fields, "reservation_state")
    assert (first["name"], first["state"]) == (f"{name}-001", "done")
    assert (first["product_qty"], first["qty_produced"]) == (2.0, 2.0)
    assert (second["name"], second["state"]) == (f"{name}-002", "confirmed")
    assert (second["product_qty"], second["qty_produced"]) == (3.0, 0.0)
    assert (first["backorder_sequence"], second["backorder_sequence"]) == (1, 2)
    assert second["reservation_state"] == "assigned"
    assert raw(tower, production) == [("done", 4.0, 4.0, True)]
    assert raw(tower, rest) == [("assigned", 6.0, 6.0, False)]


def test_the_context_answers_both_questions_and_what_was_not_picked_is_not_consumed(
    tower, production
):
    tower("mrp.production", "write", [production], {"qty_producing": 2})
    quiet = {"skip_consumption": True, "skip_backorder": True}

    assert tower("mrp.production", "button_mark_done", [production], context=quiet) is True
    row = tower.one("mrp.production", production, "state", "product_qty", "qty_produced")
    assert (row["state"], row["product_qty"], row["qty_produced"]) == ("done", 5.0, 2.0)
    assert raw(tower, production) == [("cancel", 10.0, 0.0, False)]


def test_cancelling_frees_the_components(tower, production, component):
    assert tower("mrp.production", "action_cancel", [production]) is True
    assert tower("mrp.production", "action_cancel", [production]) is True

    assert state(tower, production) == ("cancel", False, False)
    assert raw(tower, production) == [("cancel", 10.0, 0.0, False)]
    assert tower.value("product.product", component, "free_qty") == 20.0
    with pytest.raises(OdooError) as told:
        tower("mrp.production", "write", [production], {"date_start": START})
    assert told.value.name == "odoo.exceptions.UserError"
    assert told.value.message == (
        "You cannot move a manufacturing order once it is cancelled or done."
    )
    assert tower("mrp.production", "unlink", [production]) is True


def test_a_done_production_is_neither_cancelled_nor_deleted(tower, production, server):
    tower("mrp.production", "button_mark_done", [production])

    if server.is_19:
        with pytest.raises(OdooError) as told:
            tower("mrp.production", "action_cancel", [production])
        assert told.value.message == (
            "You cannot cancel a manufacturing order that is already done."
        )
    else:
        assert tower("mrp.production", "action_cancel", [production]) is True
    assert state(tower, production)[0] == "done"
    with pytest.raises(OdooError) as told:
        tower("mrp.production", "unlink", [production])
    assert told.value.name == "odoo.exceptions.UserError"


def test_work_orders_are_done_one_after_the_other(tower, admin, component, server):
    made = make.production(tower, *make.recipe(admin, (component, 2), operations=2), 3)
    tower("mrp.production", "action_confirm", [made])
    orders = tower("mrp.workorder", "search", [["production_id", "=", made]], order="id")

    def states():
        return [r["state"] for r in tower("mrp.workorder", "read", orders, ["state"])]

    after = "blocked" if server.is_19 else "pending"
    assert states() == ["ready", after]
    row = tower.one("mrp.workorder", orders[0], "duration_expected", "workcenter_id", "date_start")
    assert (row["duration_expected"], row["date_start"]) == (90.0, False)

    tower("mrp.workorder", "button_start", [orders[0]])
    assert states() == ["progress", after]
    assert state(tower, made)[0] == "progress"
    assert tower.value("mrp.production", made, "qty_producing") == 3.0
    tower("mrp.workorder", "button_finish", [orders[0]])
    assert states() == ["done", "ready"]
    tower("mrp.workorder", "button_start", [orders[1]])
    tower("mrp.workorder", "button_finish", [orders[1]])
    assert states() == ["done", "done"]
    assert state(tower, made)[0] == "to_close"
    assert tower("mrp.production", "button_mark_done", [made]) is True
    assert raw(tower, made) == [("done", 6.0, 6.0, True)]


def test_a_work_order_that_waits_for_components_is_not_ready(tower, admin, server):
    part = make.product(admin, stock=0)
    made = make.production(tower, *make.recipe(admin, (part, 1), operations=1), 1)
    tower("mrp.production", "action_confirm", [made])
    order = tower("mrp.workorder", "search", [["production_id", "=", made]])[0]
    waiting = tower.value("mrp.workorder", order, "state")
    assert waiting == ("ready" if server.is_19 else "waiting")

    tower("mrp.workorder", "write", [order], {"date_start": START})
    row = tower.one("mrp.production", made, "date_start", "date_finished")
    assert (row["date_start"], row["date_finished"]) == (START, "2030-02-01 06:30:00")
    tower("mrp.production", "action_cancel", [made])
    assert tower.value("mrp.workorder", order, "state") == "cancel"
