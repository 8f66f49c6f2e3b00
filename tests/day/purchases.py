"""What is bought: ordered, rescheduled, received in parts or late, cancelled, billed, closed."""

from __future__ import annotations

from typing import Any

from tests.day.office import Office
from tests.day.transfers import QUIET


def buy(office: Office) -> list[int]:
    """Requests for quotation, several in one transaction; most become orders. Answers the orders."""
    made: list[int] = office(
        "purchase.order", "create", [_request(office) for _ in range(office.share(0.15, 6))]
    )
    office.note("request for quotation", len(made))
    office.stock["request"], orders = made[:2], made[2:]
    for order in orders[:2]:
        office("purchase.order", "button_confirm", [order])
    office("purchase.order", "button_confirm", orders[2:])
    office.note("purchase confirmed", len(orders))
    return orders


def _request(office: Office) -> dict[str, Any]:
    planned = office.moment(office.dice.randrange(-6, 20))
    parts = ("part", "scarce", "product")
    return {
        "partner_id": office.pick("vendor"),
        "partner_ref": office.name("VENDOR"),
        "date_planned": planned,
        "order_line": [
            [
                0,
                0,
                {
                    "product_id": office.pick(office.dice.choice(parts)),
                    "product_qty": float(office.dice.randrange(4, 20)),
                    "price_unit": float(office.dice.randrange(1, 50)),
                    "date_planned": planned,
                },
            ]
            for _ in range(office.dice.choice((1, 1, 2)))
        ],
    }


def drop_requests(office: Office) -> None:
    """One is deleted, the other stays a request."""
    office.attempt("request deleted", _delete, office, office.stock["request"][0])


def _delete(office: Office, order: int) -> None:
    office("purchase.order", "button_cancel", [order])
    office("purchase.order", "unlink", [order])


def change_purchases(office: Office, orders: list[int]) -> None:
    steps: list[tuple[str, float, Any]] = [
        ("purchase rescheduled by its line", 0.3, _reschedule),
        ("vendor's reference changed", 0.1, _reference),
        ("vendor's note", 0.1, _note),
        ("ordered quantity raised", 0.1, _raise_quantity),
        ("purchase cancelled", 0.1, _cancel),
    ]
    for kind, part, work in steps:
        for order in office.some(orders, part):
            office.attempt(kind, work, office, order)


def _lines(office: Office, order: int) -> list[int]:
    return office.ids("purchase.order.line", ["order_id", "=", order])


def _reschedule(office: Office, order: int) -> None:
    """Only the line is written: that is what a planner does, and what moves the receipt (FACTS 7)."""
    values = {"date_planned": office.moment(25)}
    office("purchase.order.line", "write", _lines(office, order)[:1], values)


def _reference(office: Office, order: int) -> None:
    office("purchase.order", "write", [order], {"partner_ref": office.name("CHANGED")})


def _note(office: Office, order: int) -> None:
    office("purchase.order", "message_post", [order], body=office.name("Called"))


def _raise_quantity(office: Office, order: int) -> None:
    line = _lines(office, order)[0]
    now = office.values("purchase.order.line", [line], "product_qty")[line]["product_qty"]
    office("purchase.order.line", "write", [line], {"product_qty": now + 2})


def _cancel(office: Office, order: int) -> None:
    office("purchase.order", "button_cancel", [order])


def receipts(office: Office, orders: list[int]) -> list[int]:
    """Open receipts of these orders."""
    rows = office.values("purchase.order", orders, "picking_ids")
    ids = [p for row in rows.values() for p in row["picking_ids"]]
    return office.ids("stock.picking", ["id", "in", ids], ["state", "not in", ["done", "cancel"]])


def receive(office: Office, orders: list[int]) -> None:
    """Half of the goods arrive, a third of them in part; then some orders are billed and closed."""
    for n, picking in enumerate(office.some(receipts(office, orders), 0.6)):
        office.attempt("received", _receive, office, picking, n % 3 == 0)
    live = office.ids("purchase.order", ["id", "in", orders], ["state", "=", "purchase"])
    ready = office.ids(
        "purchase.order", ["id", "in", orders], ["invoice_status", "=", "to invoice"]
    )
    for order in ready[: office.share(0.05, 2)]:
        office.attempt("billed", _bill, office, order)
    button = "button_lock" if office.is_19 else "button_done"
    for order in office.some(live, 0.2):
        office.attempt("purchase closed", office, "purchase.order", button, [order])


def _receive(office: Office, picking: int, in_part: bool) -> None:
    moves = office.ids(
        "stock.move", ["picking_id", "=", picking], ["state", "not in", ["done", "cancel"]]
    )
    for move, row in office.values("stock.move", moves, "product_uom_qty").items():
        quantity = row["product_uom_qty"] - (1 if in_part else 0)
        office("stock.move", "write", [move], {"quantity": quantity, "picked": True})
    office("stock.picking", "button_validate", [picking], context=QUIET)


def _bill(office: Office, order: int) -> None:
    office("purchase.order", "action_create_invoice", [order])
    bills = office.values("purchase.order", [order], "invoice_ids")[order]["invoice_ids"]
    office("account.move", "write", bills, {"invoice_date": office.day(0)})
    office("account.move", "action_post", bills)
