"""Orders and their deliveries: sold, changed, shipped in parts, cancelled, returned, deleted."""

from __future__ import annotations

from typing import Any

from tests.day.office import Office


def sell(office: Office) -> list[int]:
    """Quotations by the dozen, each dozen one transaction with one write_date; most are confirmed.

    Answers the confirmed orders.
    """
    quotations: list[int] = []
    while len(quotations) < office.size:
        many = min(office.dice.randrange(1, 40), office.size - len(quotations))
        quotations += office("sale.order", "create", [_quotation(office) for _ in range(many)])
    office.note("quotation", len(quotations))
    sent = office.some(quotations, 0.1)
    for one in sent:
        office.attempt("quotation sent", office, "sale.order", "action_quotation_sent", [one])
    # Odoo deletes quotations only before they were sent: those that stay here are dropped later.
    drafts = office.some([one for one in quotations if one not in sent], 0.1, 2)
    confirmed = [i for i in quotations if i not in drafts]
    for batch in office.batches(confirmed):
        office("sale.order", "action_confirm", batch)
        office.note("order confirmed", len(batch))
    office.stock["draft"] = drafts
    return confirmed


def _quotation(office: Office) -> dict[str, Any]:
    lines = office.dice.choice((1, 1, 2, 3))
    chosen = [
        office.pick("scarce" if office.dice.random() < 0.08 else "product") for _ in range(lines)
    ]
    return {
        "partner_id": office.pick("customer"),
        "client_order_ref": office.name("PO"),
        "commitment_date": office.moment(office.dice.randrange(-3, 20)),
        "picking_policy": office.dice.choice(("direct", "direct", "one")),
        "order_line": [
            [0, 0, {"product_id": p, "product_uom_qty": float(office.dice.randrange(2, 9))}]
            for p in chosen
        ],
    }


def drop_drafts(office: Office) -> None:
    """Half of the drafts are deleted, some after a cancellation; the rest stays a quotation."""
    for order in office.stock["draft"][::2]:
        if office.dice.random() < 0.5:
            office("sale.order", "action_cancel", [order])
        office.attempt("quotation deleted", office, "sale.order", "unlink", [order])


def change_orders(office: Office, orders: list[int]) -> None:
    """Changes of orders and of their children alone, and events that change nothing."""
    steps: list[tuple[str, float, Any]] = [
        ("promise moved", 0.06, _move_promise),
        ("quantity raised", 0.05, _raise_quantity),
        ("line priced", 0.04, _price_line),
        ("reference changed", 0.05, _reference),
        ("written without a change", 0.05, _no_change),
        ("note only", 0.05, _note),
        ("activity", 0.03, _activity),
        ("order cancelled", 0.05, _cancel),
    ]
    for kind, part, work in steps:
        for order in office.some(orders, part):
            office.attempt(kind, work, office, order)


def _move_promise(office: Office, order: int) -> None:
    office("sale.order", "write", [order], {"commitment_date": office.moment(30)})


def _lines(office: Office, order: int) -> list[int]:
    return office.ids("sale.order.line", ["order_id", "=", order], ["display_type", "=", False])


def _raise_quantity(office: Office, order: int) -> None:
    line = _lines(office, order)[0]
    now = office.values("sale.order.line", [line], "product_uom_qty")[line]["product_uom_qty"]
    office("sale.order.line", "write", [line], {"product_uom_qty": now + 3})


def _price_line(office: Office, order: int) -> None:
    office("sale.order.line", "write", _lines(office, order)[:1], {"discount": 10.0})


def _reference(office: Office, order: int) -> None:
    office("sale.order", "write", [order], {"client_order_ref": office.name("CHANGED")})


def _no_change(office: Office, order: int) -> None:
    row = office.values("sale.order", [order], "client_order_ref")[order]
    office("sale.order", "write", [order], {"client_order_ref": row["client_order_ref"]})


def _note(office: Office, order: int) -> None:
    office("sale.order", "message_post", [order], body=office.name("Note"))


def _activity(office: Office, order: int) -> None:
    office(
        "sale.order",
        "activity_schedule",
        [order],
        act_type_xmlid="mail.mail_activity_data_todo",
        date_deadline=office.day(3),
        summary=office.name("Call"),
    )


def _cancel(office: Office, order: int) -> None:
    office("sale.order", "action_cancel", [order], context={"disable_cancel_warning": True})
