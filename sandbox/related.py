"""Fields that only repeat a field of another record, as paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .store import Row

if TYPE_CHECKING:
    from .env import Env

_PATHS: dict[str, dict[str, str]] = {
    "stock.move": {
        "location_usage": "location_id.usage",
        "location_dest_usage": "location_dest_id.usage",
        "is_storable": "product_id.is_storable",
        "has_tracking": "product_id.tracking",
        "is_locked": "picking_id.is_locked",
    },
    "stock.move.line": {
        "state": "move_id.state",
        "picking_code": "picking_id.picking_type_code",
        "picking_type_id": "picking_id.picking_type_id",
        "picking_partner_id": "picking_id.partner_id",
        "picking_location_id": "picking_id.location_id",
        "picking_location_dest_id": "picking_id.location_dest_id",
        "scheduled_date": "picking_id.scheduled_date",
        "reference": "picking_id.name",
        "origin": "picking_id.origin",
        "carrier_id": "picking_id.carrier_id",
        "location_usage": "location_id.usage",
        "location_dest_usage": "location_dest_id.usage",
        "tracking": "product_id.tracking",
        "destination_country_code": "picking_id.destination_country_code",
    },
    "stock.picking": {
        "country_code": "company_id.country_id.code",
        "weight": "shipping_weight",
        "weight_bulk": "shipping_weight",
    },
    "stock.quant": {"tracking": "product_id.tracking", "product_categ_id": "product_id.categ_id"},
    "sale.order": {"country_code": "company_id.country_id.code"},
    "sale.order.line": {
        "product_type": "product_id.type",
        "is_storable": "product_id.is_storable",
        "warehouse_id": "order_id.warehouse_id",
        "product_qty": "product_uom_qty",
        "scheduled_date": "order_id.expected_date",
        "qty_available_today": "product_id.qty_available",
        "free_qty_today": "product_id.free_qty",
        "virtual_available_at_date": "product_id.virtual_available",
        "amount_to_invoice": "untaxed_amount_to_invoice",
        "price_reduce_taxexcl": "price_unit",
        "price_reduce_taxinc": "price_unit",
        "technical_price_unit": "price_unit",
    },
    "account.move": {"user_id": "invoice_user_id", "country_code": "company_id.country_id.code"},
    "account.move.line": {
        "move_type": "move_id.move_type",
        "company_currency_id": "currency_id",
        "product_uom_id": "product_id.uom_id",
        "ref": "move_id.ref",
    },
    "product.product": {"code": "default_code", "partner_ref": "display_name"},
    "product.template": {
        "weight": "product_variant_id.weight",
        "volume": "product_variant_id.volume",
        "virtual_available": "product_variant_id.virtual_available",
        "uom_name": "uom_id.name",
    },
    "res.company": {
        "street": "partner_id.street",
        "city": "partner_id.city",
        "zip": "partner_id.zip",
        "phone": "partner_id.phone",
        "country_code": "country_id.code",
    },
}


def reader(model: str, field: str) -> Callable[[Env, int, Row], Any] | None:
    """The function that follows the path of a repeating field; None for all others."""
    path = _PATHS.get(model, {}).get(field)
    if path is None:
        return None
    names = path.split(".")

    def follow(env: Env, row_id: int, row: Row) -> Any:
        at, here = row_id, model
        for name in names[:-1]:
            link = env.value(here, at, name)
            if not link:
                return env.field(model, field).empty
            here, at = env.field(here, name).relation, link
        if names[-1] == "display_name":
            return env.display_name(here, at)
        return env.value(here, at, names[-1])

    return follow
