"""Products: a template and its one variant; stock figures are computed from quants and moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..behaviour import Behaviour
from ..store import Row

if TYPE_CHECKING:
    from ..env import Env

OPEN = ("confirmed", "waiting", "partially_available", "assigned")


class Template(Behaviour):
    model = "product.template"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        code = row.get("default_code")
        return f"[{code}] {row.get('name')}" if code else str(row.get("name"))

    def defaults(self, env: Env, values: Row) -> Row:
        return {
            "active": True,
            "type": "consu",
            "sale_ok": True,
            "purchase_ok": True,
            "categ_id": 1,
            "uom_id": 1,
            "uom_po_id": 1,
            "list_price": 1.0,
            "tracking": "none",
            "invoice_policy": "order",
            "purchase_method": "receive",
            "base_unit_count": 1.0,
            "service_tracking": "no",
            "sale_line_warn": "no-message",
            "purchase_line_warn": "no-message",
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        if not env.context.get("sandbox_no_variant"):
            env.insert(
                "product.product",
                {
                    "product_tmpl_id": row_id,
                    "active": True,
                    "default_code": given.get("default_code") or False,
                    "barcode": given.get("barcode") or False,
                },
            )

    def compute_product_variant_id(self, env: Env, row_id: int, row: Row) -> Any:
        found = env.where("product.product", "product_tmpl_id", row_id)
        return found[0] if found else False

    def compute_product_variant_count(self, env: Env, row_id: int, row: Row) -> int:
        return len(env.where("product.product", "product_tmpl_id", row_id))

    def compute_qty_available(self, env: Env, row_id: int, row: Row) -> float:
        variants = env.where("product.product", "product_tmpl_id", row_id)
        return sum(float(env.value("product.product", v, "qty_available")) for v in variants)

    def compute_currency_id(self, env: Env, row_id: int, row: Row) -> int:
        return 1


class Product(Behaviour):
    model = "product.product"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        name = env.row("product.template", row["product_tmpl_id"]).get("name")
        return f"[{row['default_code']}] {name}" if row.get("default_code") else str(name)

    def defaults(self, env: Env, values: Row) -> Row:
        found = Template.defaults(Template(), env, values)
        return {k: v for k, v in found.items() if k in env.model(self.model).fields}

    def created(self, env: Env, row_id: int, given: Row) -> None:
        env.context = {k: v for k, v in env.context.items() if k != "sandbox_no_variant"}
        self._mirror(env, row_id)

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        if "default_code" in values:
            for i in ids:
                self._mirror(env, i)

    def _mirror(self, env: Env, row_id: int) -> None:
        row = env.row(self.model, row_id)
        env.touch_silently(
            "product.template", row["product_tmpl_id"], default_code=row.get("default_code", False)
        )

    def compute_lst_price(self, env: Env, row_id: int, row: Row) -> float:
        return float(env.value("product.template", row["product_tmpl_id"], "list_price"))

    def compute_currency_id(self, env: Env, row_id: int, row: Row) -> int:
        return 1

    def _quants(self, env: Env, row_id: int) -> list[Row]:
        inside = []
        for quant in env.where("stock.quant", "product_id", row_id):
            row = env.row("stock.quant", quant)
            if env.row("stock.location", row["location_id"]).get("usage") == "internal":
                inside.append(row)
        return inside

    def compute_qty_available(self, env: Env, row_id: int, row: Row) -> float:
        return sum(float(q.get("quantity", 0.0)) for q in self._quants(env, row_id))

    def compute_free_qty(self, env: Env, row_id: int, row: Row) -> float:
        return sum(
            float(q.get("quantity", 0.0)) - float(q.get("reserved_quantity", 0.0))
            for q in self._quants(env, row_id)
        )

    def _moves(self, env: Env, row_id: int, code: str) -> float:
        total = 0.0
        for move in env.where("stock.move", "product_id", row_id):
            row = env.row("stock.move", move)
            if row.get("state") in OPEN and _code(env, row) == code:
                total += float(row["product_uom_qty"])
        return total

    def compute_outgoing_qty(self, env: Env, row_id: int, row: Row) -> float:
        return self._moves(env, row_id, "outgoing")

    def compute_incoming_qty(self, env: Env, row_id: int, row: Row) -> float:
        return self._moves(env, row_id, "incoming")

    def compute_virtual_available(self, env: Env, row_id: int, row: Row) -> float:
        return (
            self.compute_qty_available(env, row_id, row)
            + self.compute_incoming_qty(env, row_id, row)
            - self.compute_outgoing_qty(env, row_id, row)
        )


def _code(env: Env, move: Row) -> str:
    kind = move.get("picking_type_id")
    return str(env.row("stock.picking.type", kind).get("code")) if kind else ""
