"""Transfers: changed below and beside, shipped in parts or by the dozen, cancelled, returned, deleted."""

from __future__ import annotations

from typing import Any

from tests.contract import make
from tests.day.office import Office

QUIET = {"skip_sms": True, "skip_backorder": True}


def deliveries(office: Office, orders: list[int]) -> list[int]:
    """Open outgoing transfers of these orders."""
    return office.ids(
        "stock.picking",
        ["sale_id", "in", orders],
        ["state", "not in", ["done", "cancel"]],
        ["picking_type_id.code", "=", "outgoing"],
    )


def change_transfers(office: Office, pickings: list[int]) -> None:
    """Changes below the transfer or beside it, before anything is shipped."""
    steps: list[tuple[str, float, Any]] = [
        ("only a move counted", 0.06, _count_a_move),
        ("only a line of a move counted", 0.04, _count_a_line),
        ("packed", 0.08, _pack),
        ("move date", 0.03, _move_date),
        ("rescheduled", 0.05, _reschedule),
        ("reservation given back", 0.05, _unreserve),
        ("priority and note", 0.04, _urgent),
        ("carrier set", 0.1, _carrier),
        ("proof attached", 0.02, _attach),
        ("transfer cancelled", 0.03, _cancel_transfer),
        ("transfer deleted", 0.02, _delete_transfer),
    ]
    for kind, part, work in steps:
        for picking in office.some(pickings, part):
            office.attempt(kind, work, office, picking)


def _moves(office: Office, picking: int) -> list[int]:
    open_states = ["confirmed", "partially_available", "assigned"]
    return office.ids("stock.move", ["picking_id", "=", picking], ["state", "in", open_states])


def _count_a_move(office: Office, picking: int) -> None:
    for move in _moves(office, picking)[:1]:
        office("stock.move", "write", [move], {"quantity": 1.0})


def _count_a_line(office: Office, picking: int) -> None:
    lines = office.ids("stock.move.line", ["move_id", "in", _moves(office, picking)])
    for line in lines[:1]:
        office("stock.move.line", "write", [line], {"quantity": 1.0})


def _pack(office: Office, picking: int) -> None:
    """What is reserved goes into one parcel."""
    if _ready(office, [picking]):
        office("stock.picking", "action_put_in_pack", [picking])


def _move_date(office: Office, picking: int) -> None:
    for move in _moves(office, picking)[:1]:
        office("stock.move", "write", [move], {"date": office.moment(5)})


def _reschedule(office: Office, picking: int) -> None:
    state = office.values("stock.picking", [picking], "state")[picking]["state"]
    if state not in ("done", "cancel"):
        office("stock.picking", "write", [picking], {"scheduled_date": office.moment(9)})


def _unreserve(office: Office, picking: int) -> None:
    office("stock.picking", "do_unreserve", [picking])
    if office.dice.random() < 0.5 and _moves(office, picking):
        office("stock.picking", "action_assign", [picking])


def _urgent(office: Office, picking: int) -> None:
    values = {"priority": "1", "note": f"<p>{office.name('Handle with care')}</p>"}
    office("stock.picking", "write", [picking], values)


def _carrier(office: Office, picking: int) -> None:
    office("stock.picking", "write", [picking], {"carrier_id": office.pick("carrier")})


def _attach(office: Office, picking: int) -> None:
    office(
        "ir.attachment",
        "create",
        {
            "name": "proof.txt",
            "res_model": "stock.picking",
            "res_id": picking,
            "datas": "c2lnbmVk",
            "mimetype": "text/plain",
        },
    )


def _cancel_transfer(office: Office, picking: int) -> None:
    office("stock.picking", "action_cancel", [picking])


def _delete_transfer(office: Office, picking: int) -> None:
    _cancel_transfer(office, picking)
    office("stock.picking", "unlink", [picking])


def ship(office: Office, orders: list[int]) -> list[int]:
    """Most transfers leave: whole, in part with a backorder, in part without, dozens at once.

    Answers the transfers that are done.
    """
    waiting = deliveries(office, orders)
    by_hand = office.some(waiting, 0.5)
    for picking in by_hand:
        office.attempt("shipped", _ship_one, office, picking)
    rest = _ready(office, [p for p in waiting if p not in by_hand])
    for batch in office.batches(rest[: len(rest) * 2 // 3]):
        office.attempt("shipped together", _ship_many, office, batch)
    return office.ids(
        "stock.picking",
        ["sale_id", "in", orders],
        ["state", "=", "done"],
        ["picking_type_id.code", "=", "outgoing"],
    )


def _ready(office: Office, pickings: list[int]) -> list[int]:
    """Those of which something is reserved: only these can be validated."""
    moves = office(
        "stock.move",
        "search_read",
        [["picking_id", "in", pickings], ["state", "not in", ["done", "cancel"]]],
        ["picking_id", "quantity"],
    )
    held = {row["picking_id"][0] for row in moves if row["quantity"]}
    return [p for p in pickings if p in held]


def _ship_many(office: Office, pickings: list[int]) -> None:
    office("stock.picking", "write", pickings[:3], {"carrier_tracking_ref": _tracking(office)})
    office("stock.picking", "button_validate", pickings, context=QUIET)
    office.note("shipped in one transaction", len(pickings))


def _ship_one(office: Office, picking: int) -> None:
    if not _ready(office, [picking]):
        return
    office("stock.picking", "write", [picking], {"carrier_tracking_ref": _tracking(office)})
    context: dict[str, Any] = dict(QUIET)
    if office.dice.random() < 0.25:
        _count_less(office, picking)
        if office.dice.random() < 0.3:
            context["picking_ids_not_to_backorder"] = [picking]
            office.note("rest dropped")
        else:
            office.note("backorder")
    office("stock.picking", "button_validate", [picking], context=context)
    if office.dice.random() < 0.1:
        late = {"carrier_tracking_ref": _tracking(office)}
        office("stock.picking", "write", [picking], late)
        office.note("tracking number of a done transfer")


def _tracking(office: Office) -> str:
    """One number, or several parcels in the one field that Odoo has."""
    count = office.dice.choice((1, 1, 1, 2, 3))
    numbers = [f"1Z{office.dice.randrange(10**14):014d}" for _ in range(count)]
    if count > 1:
        office.note("several tracking numbers")
    return ",".join(numbers)


def _count_less(office: Office, picking: int) -> None:
    moves = _moves(office, picking)
    for move, row in office.values("stock.move", moves, "quantity").items():
        if row["quantity"] > 1:
            office("stock.move", "write", [move], {"quantity": row["quantity"] - 1, "picked": True})


def aftermath(office: Office, orders: list[int], shipped: list[int]) -> None:
    """Backorders that leave, are cancelled or deleted; goods that come back; done work that changes."""
    for n, backorder in enumerate(_backorders(office, orders)):
        work = (_ship_one, _cancel_transfer, _delete_transfer, _urgent)[n % 4]
        office.attempt("backorder treated", work, office, backorder)
    for picking in office.some(shipped, 0.06):
        office.attempt("returned", _return, office, picking)
    for picking in office.some(shipped, 0.04):
        office.attempt("note on a done transfer", _note_on, office, picking)
    for order in office.some(orders, 0.04):
        office.attempt("order locked", office, "sale.order", "action_lock", [order])


def _backorders(office: Office, orders: list[int]) -> list[int]:
    found = office.ids(
        "stock.picking",
        ["sale_id", "in", orders],
        ["backorder_id", "!=", False],
        ["state", "not in", ["done", "cancel"]],
    )
    return office.some(found, 0.8) if found else []


def _return(office: Office, picking: int) -> None:
    receipt = make.returned(office.user, picking, 1.0)
    if office.dice.random() < 0.7:
        office("stock.picking", "button_validate", [receipt], context=QUIET)
        office.note("return received")


def _note_on(office: Office, picking: int) -> None:
    office("stock.picking", "message_post", [picking], body=office.name("Seen"))
