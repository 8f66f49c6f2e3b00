"""What is made: planned, rescheduled, split, finished, cancelled."""

from __future__ import annotations

from typing import Any

from tests.contract import make
from tests.day.office import Office


def plan(office: Office) -> list[int]:
    """Productions of two recipes, one with operations where the server has them. Answers the confirmed ones."""
    parts = [(p, 2.0) for p in office.stock["part"][:2]]
    recipes = [make.recipe(office.user, *parts), make.recipe(office.user, parts[0], operations=2)]
    made = [
        make.production(
            office.user,
            *office.dice.choice(recipes),
            float(office.dice.randrange(2, 7)),
            date_start=office.moment(office.dice.randrange(-2, 12)),
            origin=office.name("Plan"),
        )
        for _ in range(office.share(0.12, 6))
    ]
    office.note("production planned", len(made))
    office.stock["planned"], orders = made[:2], made[2:]
    office("mrp.production", "action_confirm", orders)
    office.note("production confirmed", len(orders))
    return orders


def drop_plans(office: Office) -> None:
    """One is deleted, the other stays a draft."""
    plans = office.stock["planned"][:1]
    office.attempt("production deleted", lambda: office("mrp.production", "unlink", plans))


def make_goods(office: Office, orders: list[int]) -> None:
    steps: list[tuple[str, float, Any]] = [
        ("components reserved", 0.5, lambda i: office("mrp.production", "action_assign", [i])),
        ("production rescheduled", 0.3, lambda i: _reschedule(office, i)),
        ("production's quantity changed", 0.1, lambda i: _change(office, i)),
        ("work order started", 0.2, lambda i: _start(office, i)),
        ("production done", 0.3, lambda i: _finish(office, i)),
        ("production split", 0.2, lambda i: _split(office, i)),
        ("production cancelled", 0.1, lambda i: _cancel(office, i)),
        ("note on a production", 0.1, lambda i: _note(office, i)),
    ]
    for kind, part, work in steps:
        for order in office.some(_open(office, orders), part):
            office.attempt(kind, work, order)


def _open(office: Office, orders: list[int]) -> list[int]:
    return office.ids(
        "mrp.production", ["id", "in", orders], ["state", "not in", ["done", "cancel"]]
    )


def _reschedule(office: Office, order: int) -> None:
    office("mrp.production", "write", [order], {"date_start": office.moment(15)})


def _change(office: Office, order: int) -> None:
    office("mrp.production", "write", [order], {"origin": office.name("Replanned")})


def _start(office: Office, order: int) -> None:
    steps = office.ids("mrp.workorder", ["production_id", "=", order], ["state", "=", "ready"])
    if steps:
        office("mrp.workorder", "button_start", steps[:1])
        office("mrp.workorder", "button_finish", steps[:1])


def _finish(office: Office, order: int) -> None:
    """All of it; a question of Odoo's (components, backorder) is answered by going on (FACTS 7)."""
    _answered(office, office("mrp.production", "button_mark_done", [order]))


def _split(office: Office, order: int) -> None:
    """A part is finished, with what it consumes; the rest becomes an order of its own with another name."""
    row = office.values("mrp.production", [order], "product_qty", "move_raw_ids")[order]
    done = row["product_qty"] - 1
    if done < 1:
        return
    office("mrp.production", "write", [order], {"qty_producing": done})
    for move, raw in office.values("stock.move", row["move_raw_ids"], "product_uom_qty").items():
        used = raw["product_uom_qty"] * done / row["product_qty"]
        office("stock.move", "write", [move], {"quantity": used, "picked": True})
    _answered(office, office("mrp.production", "button_mark_done", [order]))


_GO_ON = {
    "mrp.production.backorder": "action_backorder",
    "mrp.consumption.warning": "action_confirm",
}


def _answered(office: Office, answer: Any) -> None:
    while isinstance(answer, dict) and answer.get("res_model") in _GO_ON:
        model, context = answer["res_model"], answer.get("context") or {}
        wizard = answer.get("res_id") or office(model, "create", {}, context=context)
        answer = office(model, _GO_ON[model], [wizard], context=context)
        office.note(f"question {model}")


def _cancel(office: Office, order: int) -> None:
    office("mrp.production", "action_cancel", [order])


def _note(office: Office, order: int) -> None:
    office("mrp.production", "message_post", [order], body=office.name("Machine cleaned"))
