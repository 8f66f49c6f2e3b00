"""Incremental sync: write_date keeps microseconds, and moves for some events only."""

import time

import pytest

from tests.contract import make
from tests.contract.client import OdooError


def found(user, order, operator, moment):
    return bool(
        user("sale.order", "search_count", [["id", "=", order], ["write_date", operator, moment]])
    )


def test_write_date_is_compared_with_its_microseconds_on_18_and_by_seconds_on_19(
    tower, admin, server
):
    order = make.order(tower, make.customer(admin))
    seen = tower.value("sale.order", order, "write_date")

    assert found(tower, order, ">=", seen)
    assert found(tower, order, ">", seen) is (not server.is_19)
    assert found(tower, order, "=", seen) is server.is_19


def test_an_iso_time_with_a_zone_is_understood_on_18_and_refused_on_19(tower, server):
    domain = [["write_date", ">", "2020-01-01T00:00:00Z"]]
    if not server.is_19:
        assert tower("res.partner", "search", domain, limit=1)
        return
    with pytest.raises(OdooError) as told:
        tower("res.partner", "search", domain, limit=1)
    assert told.value.name == "builtins.ValueError"


def test_a_date_alone_means_its_midnight(tower, admin):
    order = make.order(tower, make.customer(admin))

    assert found(tower, order, ">=", "2020-01-01")
    assert not found(tower, order, ">=", "2120-01-01")


def test_all_rows_of_one_call_share_one_write_date(tower, admin):
    partner = make.customer(admin)
    orders = tower("sale.order", "create", [{"partner_id": partner} for _ in range(3)])
    rows = tower("sale.order", "read", orders, ["write_date", "create_date"])

    assert len({r["write_date"] for r in rows} | {r["create_date"] for r in rows}) == 1


@pytest.fixture
def stage(tower, admin):
    """A delivery ready to go, and a function that tells which models an action moved."""
    order = make.confirmed(admin, tower)
    picking = make.picking_of(tower, order)
    move = make.move_of(tower, picking)
    line = tower.value("sale.order", order, "order_line")[0]
    watched = {
        "sale.order": order,
        "sale.order.line": line,
        "stock.picking": picking,
        "stock.move": move,
    }

    def stamps():
        return {m: tower.value(m, i, "write_date") for m, i in watched.items()}

    def moved(call, *args, **kwargs):
        before = stamps()
        time.sleep(1.05)
        call(*args, **kwargs)
        after = stamps()
        return {m for m in watched if before[m] != after[m]}

    return watched, moved


def test_a_message_an_activity_and_a_file_move_no_document(stage, tower):
    ids, moved = stage
    picking = ids["stock.picking"]

    def talk():
        tower("stock.picking", "message_post", [picking], body="hello")
        tower(
            "stock.picking",
            "activity_schedule",
            [picking],
            "mail.mail_activity_data_todo",
            summary="call",
            user_id=tower.uid,
        )
        tower(
            "ir.attachment",
            "create",
            {"name": "a", "datas": "YQ==", "res_id": picking, "res_model": "stock.picking"},
        )

    assert moved(talk) == set()


def test_a_quantity_moves_the_move_only(stage, tower):
    ids, moved = stage

    assert moved(tower, "stock.move", "write", [ids["stock.move"]], {"quantity": 1}) == {
        "stock.move"
    }


def test_giving_back_a_reservation_moves_transfer_and_move(stage, tower):
    ids, moved = stage

    assert moved(tower, "stock.picking", "do_unreserve", [ids["stock.picking"]]) == {
        "stock.picking",
        "stock.move",
    }


def test_a_promised_date_moves_order_transfer_and_move(stage, tower):
    ids, moved = stage
    changed = moved(
        tower,
        "sale.order",
        "write",
        [ids["sale.order"]],
        {"commitment_date": "2030-05-05 12:00:00"},
    )

    assert changed == {"sale.order", "stock.picking", "stock.move"}


def test_a_scheduled_date_moves_transfer_and_move(stage, tower):
    ids, moved = stage
    changed = moved(
        tower,
        "stock.picking",
        "write",
        [ids["stock.picking"]],
        {"scheduled_date": "2030-05-05 12:00:00"},
    )

    assert changed == {"stock.picking", "stock.move"}


def test_a_carrier_reference_moves_the_transfer(stage, tower):
    ids, moved = stage

    assert moved(
        tower, "stock.picking", "write", [ids["stock.picking"]], {"carrier_tracking_ref": "1Z"}
    ) == {"stock.picking"}


def test_a_validation_moves_all_of_them(stage, tower):
    ids, moved = stage

    assert moved(
        tower,
        "stock.picking",
        "button_validate",
        [ids["stock.picking"]],
        context={"skip_sms": True},
    ) == set(ids)


def test_posting_an_invoice_moves_the_order_lines_but_not_the_order(tower, admin):
    order = make.shipped(admin, tower)
    move = make.drafted(tower, order)
    line = tower.value("sale.order", order, "order_line")[0]
    before = (
        tower.value("sale.order", order, "write_date"),
        tower.value("sale.order.line", line, "write_date"),
    )
    time.sleep(1.05)
    tower("account.move", "action_post", [move])

    assert tower.value("sale.order", order, "write_date") == before[0]
    assert tower.value("sale.order.line", line, "write_date") != before[1]
