"""Somebody who works in Odoo, over Odoo's own wire protocol."""

from typing import Any

import odoorpc


class OdooUser:
    """Somebody who works in Odoo: sells, delivers, invoices."""

    def __init__(
        self, host: str, port: int, database: str, password: str, product: str = ""
    ) -> None:
        self.rpc = odoorpc.ODOO(host, port=port, timeout=60)
        self.rpc.login(database, "admin", password)
        self.goods = (
            [["name", "=", product]]
            if product
            else [["is_storable", "=", True], ["qty_available", ">", 20]]
        )

    def call(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        """execute_kw."""
        return self.rpc.execute_kw(model, method, list(arguments), named)

    def one(self, model: str, domain: list[Any], *fields: str) -> dict[str, Any]:
        """The first record of a search."""
        return self.call(model, "search_read", domain, list(fields), limit=1)[0]

    def ensure(self, model: str, key: dict[str, Any], values: dict[str, Any]) -> int:
        """The id of a record with this key; made with these values where there is none."""
        found = self.call(
            model, "search", [[name, "=", value] for name, value in key.items()], limit=1
        )
        return int(found[0] if found else self.call(model, "create", {**key, **values}))

    def confirm_order(self, customer: str, quantity: int = 2, promised: str = "") -> dict[str, Any]:
        """A sale order for a product in stock, confirmed; returns id and name."""
        partner = self.one("res.partner", [["name", "=", customer]], "id")
        product = self.one("product.product", self.goods, "id")
        values: dict[str, Any] = {
            "partner_id": partner["id"],
            "order_line": [
                [
                    0,
                    0,
                    {"product_id": product["id"], "product_uom_qty": quantity, "price_unit": 1045},
                ]
            ],
        }
        if promised:
            values["commitment_date"] = promised
        number = self.call("sale.order", "create", values)
        self.call("sale.order", "action_confirm", [number])
        return self.one("sale.order", [["id", "=", number]], "name", "amount_total", "picking_ids")

    def ship(self, order: dict[str, Any], carrier: str, *numbers: str) -> dict[str, Any]:
        """Validate the order's transfer and write its tracking numbers."""
        picking = order["picking_ids"][0]
        method = self.one("delivery.carrier", [["name", "=", carrier]], "id")
        self.call("stock.picking", "write", [picking], {"carrier_id": method["id"]})
        self.call("stock.picking", "button_validate", [picking], context={"skip_sms": True})
        self.call("stock.picking", "write", [picking], {"carrier_tracking_ref": ", ".join(numbers)})
        return self.one("stock.picking", [["id", "=", picking]], "name", "state")

    def invoice(self, order: dict[str, Any]) -> int:
        """Invoice what was delivered and post it; returns the invoice's id."""
        wizard = self.call(
            "sale.advance.payment.inv",
            "create",
            {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order["id"]]]]},
        )
        self.call("sale.advance.payment.inv", "create_invoices", [wizard])
        number = self.one("sale.order", [["id", "=", order["id"]]], "invoice_ids")["invoice_ids"][0]
        self.call("account.move", "action_post", [number])
        return int(number)

    def payment_state(self, invoice: int) -> str:
        """What Odoo says of an invoice's payment."""
        return str(
            self.one("account.move", [["id", "=", invoice]], "payment_state")["payment_state"]
        )

    def notes_with_key(self, invoice: int) -> list[dict[str, Any]]:
        """The tower's notes on an invoice: each carries the key of one command."""
        return self.call(
            "mail.message",
            "search_read",
            [
                ["model", "=", "account.move"],
                ["res_id", "=", invoice],
                ["body", "ilike", "controltower:"],
            ],
            ["body", "attachment_ids"],
            order="id",
        )
