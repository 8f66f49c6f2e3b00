"""Supply of the demo company: purchases on their way, late and received, and productions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from . import dispatch, rights
from .env import Env, utc_text
from .registry import Registry

VENDORS = ("Oak & Steel Works", "Northern Timber", "Panel Supply Co")
# (product, quantity, days until planned, what became of it)
PURCHASES = (
    ("FURN_7777", 25.0, 4, "moved"),
    ("FURN_8888", 40.0, -1, "open"),
    ("FURN_8888", 10.0, 9, "open"),
    ("FURN_7777", 12.0, -3, "partial"),
    ("FURN_8888", 15.0, -6, "billed"),
    ("FURN_7777", 30.0, 14, "quotation"),
)


def act(
    registry: Registry, at: datetime, model: str, method: str, *args: Any, **context: Any
) -> Any:
    """One call of the administrator at this moment, as a transaction that wakes nobody."""
    with registry.store.write_lock:
        env = Env(registry, rights.ADMIN, context, utc_text(at))
        env.quiet = True
        result = dispatch.call(env, model, method, list(args), {})
        registry.store.commit(env.changes)
    return result


def plant_supply(registry: Registry, customer: int, products: dict[str, int]) -> None:
    """Purchases and productions of the last week; customer waits for one of the productions."""
    supply = _Supply(registry, datetime.now(UTC) - timedelta(days=7))
    vendors = [
        supply(
            "res.partner",
            "create",
            {
                "name": name,
                "is_company": True,
                "supplier_rank": 1,
                "email": f"orders@{name.split()[0].lower()}.example.com",
            },
        )
        for name in VENDORS
    ]
    for number, (code, quantity, days, fate) in enumerate(PURCHASES):
        vendor = vendors[number % len(vendors)]
        supply.buy(vendor, products[code], quantity, days, fate, f"SO-{77120 + number * 13}")
    supply.at = datetime.now(UTC) - timedelta(hours=6)
    supply.make(vendors[1], customer)


class _Supply:
    """Tells what happened, a few minutes apart."""

    def __init__(self, registry: Registry, at: datetime) -> None:
        self.registry, self.at = registry, at

    def __call__(self, model: str, method: str, *args: Any, **context: Any) -> Any:
        self.at += timedelta(minutes=4)
        return act(self.registry, self.at, model, method, *args, **context)

    def buy(
        self, vendor: int, product: int, quantity: float, days: int, fate: str, told: str
    ) -> int:
        line = {
            "product_id": product,
            "product_qty": quantity,
            "price_unit": 38.5,
            "date_planned": _on(days - 5 if fate == "moved" else days),
        }
        order = self(
            "purchase.order",
            "create",
            {"partner_id": vendor, "partner_ref": told, "order_line": [[0, 0, line]]},
        )
        if fate == "quotation":
            return int(order)
        self("purchase.order", "button_confirm", [order])
        row = self("purchase.order", "read", [order], ["picking_ids", "order_line"])[0]
        if fate == "moved":
            self("purchase.order.line", "write", row["order_line"], {"date_planned": _on(days)})
        if fate in ("partial", "billed"):
            self._receive(row["picking_ids"][0], fate == "partial")
        if fate == "billed":
            bill = self("purchase.order", "action_create_invoice", [order])["res_id"]
            day = self.at.strftime("%Y-%m-%d")
            self("account.move", "write", [bill], {"invoice_date": day})
            self("account.move", "action_post", [bill])
        return int(order)

    def _receive(self, receipt: int, part: bool) -> None:
        if part:
            move = self("stock.move", "search", [["picking_id", "=", receipt]])
            self("stock.move", "write", move, {"quantity": 5.0, "picked": True})
        self("stock.picking", "button_validate", [receipt], skip_backorder=True)

    def make(self, vendor: int, customer: int) -> None:
        """A desk of two parts: one production under way, one done, one that waits for a part."""
        goods = {"type": "consu", "is_storable": True}
        desk, panel, frame = (
            self("product.product", "create", {"name": name, "sale_ok": sale, **goods})
            for name, sale in (("Standing Desk", True), ("Desk Panel", False), ("Frame", False))
        )
        for part, counted in ((panel, 40.0), (frame, 14.0)):
            shelf = {"product_id": part, "location_id": 8, "inventory_quantity": counted}
            quant = self("stock.quant", "create", shelf, inventory_mode=True)
            self("stock.quant", "action_apply_inventory", [quant])
        bom = self._recipe(desk, panel, frame)
        done = self._produce(desk, bom, 2.0, -1)
        self("mrp.production", "button_mark_done", [done])
        begun = self._produce(desk, bom, 4.0, 0)
        first = self("mrp.workorder", "search", [["production_id", "=", begun]], 0, 1)
        self("mrp.workorder", "button_start", first)
        self.buy(vendor, frame, 20.0, 5, "open", "SO-77999")
        order = self(
            "sale.order",
            "create",
            {
                "partner_id": customer,
                "carrier_id": self("delivery.carrier", "search", [], 0, 1)[0],
                "order_line": [[0, 0, {"product_id": desk, "product_uom_qty": 12.0}]],
                "commitment_date": _on(7),
                "client_order_ref": "PO-4999",
            },
        )
        self("sale.order", "action_confirm", [order])
        name = self("sale.order", "read", [order], ["name"])[0]["name"]
        waiting = self._produce(desk, bom, 10.0, 3, origin=name)
        self("mrp.production", "write", [waiting], {"date_deadline": _on(6)})

    def _recipe(self, desk: int, panel: int, frame: int) -> int:
        centre = self("mrp.workcenter", "create", {"name": "Assembly Line 1"})
        template = self("product.product", "read", [desk], ["product_tmpl_id"])[0]
        return int(
            self(
                "mrp.bom",
                "create",
                {
                    "product_tmpl_id": template["product_tmpl_id"][0],
                    "bom_line_ids": [
                        [0, 0, {"product_id": panel, "product_qty": 1.0}],
                        [0, 0, {"product_id": frame, "product_qty": 1.0}],
                    ],
                    "operation_ids": [
                        [0, 0, {"name": name, "workcenter_id": centre, "time_cycle_manual": 20.0}]
                        for name in ("Cutting", "Assembly")
                    ],
                },
            )
        )

    def _produce(self, product: int, bom: int, quantity: float, days: int, **values: Any) -> int:
        made = self(
            "mrp.production",
            "create",
            {
                "product_id": product,
                "bom_id": bom,
                "product_qty": quantity,
                "date_start": _on(days),
                **values,
            },
        )
        self("mrp.production", "action_confirm", [made])
        self("mrp.production", "button_plan", [made])
        return int(made)


def _on(days: int) -> str:
    """A moment of the working day so many days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d 08:00:00")
