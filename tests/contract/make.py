"""Records a test needs, made through the wire by an admin or the service user."""

from __future__ import annotations

import uuid
from typing import Any

from tests.contract.client import Server, User


def key() -> str:
    """A text no other test has."""
    return uuid.uuid4().hex[:12]


def customer(admin: User, **values: Any) -> int:
    """A customer without a phone, so that no text message question is asked."""
    return admin(
        "res.partner",
        "create",
        {"name": f"Customer {key()}", "email": "customer@example.com", **values},
    )


def product(admin: User, *, stock: float = 20, **values: Any) -> int:
    """A storable, untaxed product at 100.0 with stock in the first warehouse."""
    made = admin(
        "product.product",
        "create",
        {
            "name": f"Product {key()}",
            "type": "consu",
            "is_storable": True,
            "list_price": 100.0,
            "taxes_id": [[5]],
            "supplier_taxes_id": [[5]],
            "invoice_policy": "delivery",
            **values,
        },
    )
    if stock:
        receive(admin, made, stock)
    return made


def stock_location(admin: User) -> int:
    house = admin(
        "stock.warehouse",
        "search_read",
        [["company_id", "=", 1]],
        ["lot_stock_id"],
        order="id",
        limit=1,
    )
    return house[0]["lot_stock_id"][0]


def receive(admin: User, product_id: int, quantity: float) -> int:
    """Count this much on the shelf. Answers the quant."""
    quant = admin(
        "stock.quant",
        "create",
        {
            "product_id": product_id,
            "location_id": stock_location(admin),
            "inventory_quantity": quantity,
        },
    )
    admin("stock.quant", "action_apply_inventory", [quant])
    return quant


def order(user: User, partner: int, *lines: tuple[int, float], **values: Any) -> int:
    """A quotation with (product, quantity) lines."""
    return user(
        "sale.order",
        "create",
        {
            "partner_id": partner,
            "order_line": [[0, 0, {"product_id": p, "product_uom_qty": q}] for p, q in lines],
            **values,
        },
    )


def confirmed(admin: User, user: User, quantity: float = 2, **product_values: Any) -> int:
    """A confirmed order of one fresh product for a fresh customer."""
    made = order(user, customer(admin), (product(admin, **product_values), quantity))
    user("sale.order", "action_confirm", [made])
    return made


def picking_of(user: User, order_id: int) -> int:
    return user("stock.picking", "search", [["sale_id", "=", order_id]], order="id")[0]


def move_of(user: User, picking: int) -> int:
    return user("stock.move", "search", [["picking_id", "=", picking]], order="id")[0]


def shipped(admin: User, user: User, quantity: float = 2, **product_values: Any) -> int:
    """A confirmed order whose delivery is done."""
    made = confirmed(admin, user, quantity, **product_values)
    assert (
        user(
            "stock.picking", "button_validate", [picking_of(user, made)], context={"skip_sms": True}
        )
        is True
    )
    return made


def drafted(user: User, order_id: int) -> int:
    """The draft invoice of an order."""
    wizard = user(
        "sale.advance.payment.inv",
        "create",
        {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order_id]]]},
    )
    user("sale.advance.payment.inv", "create_invoices", [wizard])
    return user.value("sale.order", order_id, "invoice_ids")[-1]


def invoice(admin: User, user: User) -> int:
    """A posted, unpaid invoice of 200.0."""
    move = drafted(user, confirmed(admin, user, invoice_policy="order"))
    user("account.move", "action_post", [move])
    return move


def pay(user: User, move: int, amount: float | None = None) -> Any:
    context = {"active_model": "account.move", "active_ids": [move]}
    wizard = user(
        "account.payment.register",
        "create",
        {} if amount is None else {"amount": amount},
        context=context,
    )
    return user("account.payment.register", "action_create_payments", [wizard])


def note(user: User, model: str, record_id: int, text: str, **values: Any) -> list[Any]:
    """The message_ids command that puts a note beside another change of the same record."""
    subtype = user("ir.model.data", "check_object_reference", "mail", "mt_note")[1]
    return [
        [
            0,
            0,
            {
                "model": model,
                "res_id": record_id,
                "body": text,
                "message_type": "comment",
                "subtype_id": subtype,
                **values,
            },
        ]
    ]


def notes_with(user: User, model: str, record_id: int, text: str) -> int:
    return user(
        "mail.message",
        "search_count",
        [["model", "=", model], ["res_id", "=", record_id], ["body", "ilike", text]],
    )


# --- supply -------------------------------------------------------------------------------------
def vendor(admin: User) -> int:
    return admin("res.partner", "create", {"name": f"Vendor {key()}", "email": "v@example.com"})


def purchase(user: User, partner: int, *lines: tuple[int, float], **values: Any) -> int:
    """A request for quotation at 3.0 each, planned for 2030-01-05, with a vendor's reference."""
    return user(
        "purchase.order",
        "create",
        {
            "partner_id": partner,
            "partner_ref": "V-1",
            "order_line": [
                [
                    0,
                    0,
                    {
                        "product_id": p,
                        "product_qty": q,
                        "price_unit": 3.0,
                        "date_planned": "2030-01-05 08:00:00",
                    },
                ]
                for p, q in lines
            ],
            **values,
        },
    )


def returned(user: User, picking: int, quantity: float) -> int:
    """The transfer that takes this much of a done one back."""
    wizard = user(
        "stock.return.picking",
        "create",
        {"picking_id": picking},
        context={"active_id": picking, "active_model": "stock.picking"},
    )
    line = user("stock.return.picking.line", "search", [["wizard_id", "=", wizard]])
    user("stock.return.picking.line", "write", line, {"quantity": quantity})
    return user("stock.return.picking", "action_create_returns", [wizard])["res_id"]


def recipe(admin: User, *parts: tuple[int, float], operations: int = 0) -> tuple[int, int]:
    """A product and the bill of materials it is made by; operations of 30 minutes each."""
    made = product(admin, stock=0)
    template = admin.value("product.product", made, "product_tmpl_id")[0]
    steps = []
    if operations:
        centre = admin("mrp.workcenter", "create", {"name": f"Centre {key()}"})
        steps = [
            [0, 0, {"name": f"Step {n}", "workcenter_id": centre, "time_cycle_manual": 30}]
            for n in range(operations)
        ]
    bom = admin(
        "mrp.bom",
        "create",
        {
            "product_tmpl_id": template,
            "product_qty": 1,
            "bom_line_ids": [[0, 0, {"product_id": p, "product_qty": q}] for p, q in parts],
            "operation_ids": steps,
        },
    )
    return made, bom


def production(user: User, product_id: int, bom: int, quantity: float, **values: Any) -> int:
    return user(
        "mrp.production",
        "create",
        {"product_id": product_id, "bom_id": bom, "product_qty": quantity, **values},
    )


def dated(admin: User, user: User, kind: str, day: str, *, post: bool = True) -> int:
    """An invoice or bill of 50.0 with this invoice and accounting date."""
    line = {
        "product_id": product(admin, stock=0),
        "quantity": 1,
        "price_unit": 50.0,
        "tax_ids": [[5]],
    }
    made = user(
        "account.move",
        "create",
        {
            "move_type": kind,
            "partner_id": customer(admin),
            "invoice_date": day,
            "date": day,
            "invoice_line_ids": [[0, 0, line]],
        },
    )
    if post:
        user("account.move", "action_post", [made])
    return made


def bill(admin: User, user: User) -> int:
    """A posted vendor bill of 50.0."""
    return dated(admin, user, "in_invoice", "2026-11-20")


def two_step_warehouse(admin: User) -> int:
    """A warehouse of its own that picks before it ships, so that nobody else is disturbed."""
    short = key()[:5].upper()
    return admin(
        "stock.warehouse",
        "create",
        {"name": f"Two steps {short}", "code": short, "delivery_steps": "pick_ship"},
    )


def put_away(admin: User, location: int, product_id: int, quantity: float) -> int:
    """Count this much at a place. Answers the quant."""
    quant = admin(
        "stock.quant",
        "create",
        {"product_id": product_id, "location_id": location, "inventory_quantity": quantity},
    )
    admin("stock.quant", "action_apply_inventory", [quant])
    return quant


def package(user: User, is_19: bool) -> int:
    model = "stock.package" if is_19 else "stock.quant.package"
    return user(model, "create", {"name": f"BOX-{key()}"})


def colleague(server: Server, admin: User, *groups: str) -> User:
    """Another user with these groups and base.group_user, logged in."""
    login, secret = f"user-{key()}", "colleague-secret"
    ids = [
        admin("ir.model.data", "check_object_reference", *name.split("."))[1]
        for name in ("base.group_user", *groups)
    ]
    admin(
        "res.users",
        "create",
        {
            "name": "Colleague",
            "login": login,
            "password": secret,
            "email": f"{login}@example.com",
            "group_ids" if server.is_19 else "groups_id": [[6, 0, ids]],
        },
        context={"no_reset_password": True},
    )
    return User(server, login, secret)
