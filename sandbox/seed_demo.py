"""The demo company: customers, stock, and orders in every stage of their life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from . import orm, rights
from .env import Env
from .registry import Registry
from .schema import read_data
from .seed_supply import act, plant_supply

# (stage, days ago); a stage includes the ones before it
STORIES = (
    ("quotation", 1),
    ("quotation", 2),
    ("sent", 3),
    ("waiting", 1),
    ("waiting", 4),
    ("ready", 0),
    ("ready", 0),
    ("ready", 1),
    ("ready", 1),
    ("ready", 2),
    ("ready", 3),
    ("partial", 3),
    ("shipped", 1),
    ("shipped", 2),
    ("shipped", 2),
    ("shipped", 4),
    ("shipped", 6),
    ("invoiced", 3),
    ("invoiced", 5),
    ("invoiced", 7),
    ("invoiced", 9),
    ("paid", 8),
    ("paid", 12),
    ("paid", 15),
    ("cancelled", 5),
    ("cancelled", 10),
)
PREFIXES = {"UPS": "1Z999AA1", "USPS": "9400111899", "Acme Logistics": "ACME", "": "NDC"}


def plant_demo(registry: Registry) -> None:
    """Customers and stock in one transaction, then one transaction per step of each order."""
    partners, products = _masters(registry)
    companies = [p for p in partners if p]
    for number, (stage, days) in enumerate(STORIES):
        _Story(registry, number, stage, days).tell(companies, products)
    plant_supply(registry, companies[0], products)


def _masters(registry: Registry) -> tuple[list[int], dict[str, int]]:
    data = read_data("demo.json")
    env = Env(registry, rights.ROOT, {"allowed_company_ids": [1, 2]})
    env.quiet = True
    by_name: dict[str, int] = {}
    for name, parent, email, phone, street, city, zip_code, country, company in data["partners"]:
        by_name[name] = orm.create_one(
            env,
            "res.partner",
            {
                "name": name,
                "parent_id": by_name.get(parent, False),
                "email": email,
                "phone": phone or False,
                "street": street,
                "city": city,
                "zip": zip_code,
                "country_id": country,
                "is_company": company,
            },
        )
    products: dict[str, int] = {}
    for code, name, price, weight, policy, stock in data["products"]:
        products[code] = orm.create_one(
            env,
            "product.product",
            {
                "name": name,
                "default_code": code,
                "list_price": price,
                "weight": weight,
                "invoice_policy": policy,
                "is_storable": True,
                "type": "consu",
            },
        )
        if stock:
            env.insert(
                "stock.quant",
                {
                    "product_id": products[code],
                    "location_id": 8,
                    "company_id": 1,
                    "quantity": float(stock),
                    "reserved_quantity": 0.0,
                    "in_date": env.now,
                },
            )
    registry.store.commit(env.changes)
    return list(by_name.values()), products


class _Story:
    """One order brought to its stage through the same methods the wire calls."""

    def __init__(self, registry: Registry, number: int, stage: str, days: int) -> None:
        self.registry, self.number, self.stage = registry, number, stage
        self.at = datetime.now(UTC) - timedelta(days=days, hours=6, minutes=7 * number)

    def _do(self, model: str, method: str, *args: Any, **context: Any) -> Any:
        self.at += timedelta(minutes=11 + self.number)
        return act(self.registry, self.at, model, method, *args, **context)

    def tell(self, partners: list[int], products: dict[str, int]) -> None:
        codes = [c for c in products if c not in ("FURN_7777", "FURN_8888")]
        n = self.number
        chosen = [codes[n % len(codes)], codes[(n * 3 + 1) % len(codes)]][: 1 + n % 2]
        if self.stage == "waiting":
            chosen = ["FURN_7777"] if n % 2 else ["FURN_8888"]
        lines = [
            [0, 0, {"product_id": products[c], "product_uom_qty": float(2 + n % 4)}]
            for c in dict.fromkeys(chosen)
        ]
        carriers = self._do("delivery.carrier", "search_read", [], ["name"])
        carrier = carriers[n % len(carriers)]
        order = self._do(
            "sale.order",
            "create",
            {
                "partner_id": partners[n % len(partners)],
                "order_line": lines,
                "carrier_id": carrier["id"],
                "client_order_ref": f"PO-{4100 + n * 7}",
            },
        )
        if self.stage == "quotation":
            return
        if self.stage == "sent":
            self._do("sale.order", "action_quotation_sent", [order])
            return
        self._promise(order)
        self._do("sale.order", "action_confirm", [order])
        if self.stage == "cancelled":
            self._do("sale.order", "action_cancel", [order], disable_cancel_warning=True)
        elif self.stage not in ("waiting", "ready"):
            self._ship(order, carrier["name"])

    def _promise(self, order: int) -> None:
        due = (self.at + timedelta(days=3)).strftime("%Y-%m-%d 16:00:00")
        self._do("sale.order", "write", [order], {"commitment_date": due})

    def _ship(self, order: int, carrier: str) -> None:
        picking = self._do("stock.picking", "search", [["sale_id", "=", order]])[0]
        prefix = PREFIXES.get(carrier, PREFIXES[""])
        self._do(
            "stock.picking",
            "write",
            [picking],
            {"carrier_tracking_ref": f"{prefix}{1012345678 + self.number * 97}"},
        )
        if self.stage == "partial":
            move = self._do("stock.move", "search", [["picking_id", "=", picking]])[0]
            self._do("stock.move", "write", [move], {"quantity": 1.0, "picked": True})
        self._do("stock.picking", "button_validate", [picking], skip_sms=True, skip_backorder=True)
        if self.stage in ("invoiced", "paid"):
            self._invoice(order)

    def _invoice(self, order: int) -> None:
        wizard = self._do(
            "sale.advance.payment.inv",
            "create",
            {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order]]]},
        )
        move = self._do("sale.advance.payment.inv", "create_invoices", [wizard])["res_id"]
        self._do("account.move", "action_post", [move])
        if self.stage == "paid":
            context = {"active_model": "account.move", "active_ids": [move]}
            paying = self._do("account.payment.register", "create", {}, **context)
            self._do(
                "account.payment.register",
                "action_create_payments",
                [paying],
                dont_redirect_to_payments=True,
            )
