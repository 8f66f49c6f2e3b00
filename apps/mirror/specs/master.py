"""Master data (R16)."""

from __future__ import annotations

from typing import Final

from apps.mirror import models as tables
from apps.mirror.specs.shape import CURRENCY, Spec
from apps.mirror.specs.shape import column as c
from apps.mirror.specs.values import ref, stocked

_UNIT = c("unit", "uom_id", names="uom.uom:name")

COMPANIES: Final = Spec(
    "res.company",
    tables.CompanyRow,
    (c("name"), CURRENCY, c("contact_odoo_id", "partner_id", convert=ref)),
    points={"partner_id": "res.partner"},
)
WAREHOUSES: Final = Spec(
    "stock.warehouse",
    tables.WarehouseRow,
    (c("name"), c("code"), c("company_odoo_id", "company_id", convert=ref)),
    points={"company_id": "res.company"},
)
PICKING_TYPES: Final = Spec(
    "stock.picking.type",
    tables.PickingType,
    (c("name"), c("code"), c("warehouse_odoo_id", "warehouse_id", convert=ref)),
    points={"warehouse_id": "stock.warehouse"},
)
CONTACTS: Final = Spec(
    "res.partner",
    tables.Contact,
    (
        c("name", "complete_name", "display_name"),
        c("commercial_odoo_id", "commercial_partner_id", convert=ref),
        c("parent_odoo_id", "parent_id", convert=ref),
        c("email"),
        c("phone"),
        c("street"),
        c("zip"),
        c("city"),
        c("country", "country_id", names="res.country:code"),
        c("timezone", "tz"),
    ),
    points={"commercial_partner_id": "res.partner", "parent_id": "res.partner"},
)
PRODUCTS: Final = Spec(
    "product.product",
    tables.Product,
    (
        c("name"),
        c("code", "default_code"),
        c("barcode"),
        _UNIT,
        c("storable", "is_storable", "detailed_type", convert=stocked),  # 16, 17: not tested
    ),
)
UNITS: Final = Spec("uom.uom", tables.Unit, (c("name"),))
CARRIERS: Final = Spec("delivery.carrier", tables.DeliveryCarrier, (c("name"), c("delivery_type")))
ROUTES: Final = Spec(
    "stock.route",
    tables.Route,
    (c("name"), c("company_odoo_id", "company_id", convert=ref)),
    points={"company_id": "res.company"},
)
LOCATIONS: Final = Spec(
    "stock.location",
    tables.Location,
    (
        c("name", "complete_name", "display_name"),
        c("usage"),
        c("warehouse_odoo_id", "warehouse_id", convert=ref),
        c("company_odoo_id", "company_id", convert=ref),
    ),
    points={"company_id": "res.company", "warehouse_id": "stock.warehouse"},
)
