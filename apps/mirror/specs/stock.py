"""Transfers, their moves, what is packed and what lies where."""

from __future__ import annotations

from typing import Final

from apps.mirror import models as tables
from apps.mirror.specs.shape import Spec
from apps.mirror.specs.shape import column as c
from apps.mirror.specs.values import amount, ids, moment, ref

PICKINGS: Final = Spec(
    "stock.picking",
    tables.Picking,
    (
        c("name"),
        c("state"),
        c("kind", "picking_type_code"),
        c("origin"),
        c("order_odoo_id", "sale_id", convert=ref),
        c("contact_odoo_id", "partner_id", convert=ref),
        c("picking_type_odoo_id", "picking_type_id", convert=ref),
        c("carrier_odoo_id", "carrier_id", convert=ref),
        c("tracking_ref", "carrier_tracking_ref"),
        c("scheduled_at", "scheduled_date", convert=moment),
        c("deadline_at", "date_deadline", convert=moment),
        c("done_at", "date_done", convert=moment),
        c("backorder_odoo_id", "backorder_id", convert=ref),
        c("return_of_odoo_id", "return_id", convert=ref),
        c("availability", "products_availability_state", volatile=True),
        c("move_type"),
        c("priority"),
        c("user_odoo_id", "user_id", convert=ref),
        c("user", "user_id", names="res.users:name"),
    ),
    pace="open",
    unsettled=("draft", "waiting", "confirmed", "assigned", "cancel"),
    watched=("state", "tracking_ref", "carrier_odoo_id", "scheduled_at", "deadline_at", "done_at"),
    points={
        "company_id": "res.company",
        "picking_type_id": "stock.picking.type",
        "partner_id": "res.partner",
        "carrier_id": "delivery.carrier",
        "sale_id": "sale.order",  # tells for whom it is
    },
)
MOVES: Final = Spec(
    "stock.move",
    tables.Move,
    (
        c("picking_odoo_id", "picking_id", convert=ref),
        c("product_odoo_id", "product_id", convert=ref),
        c("order_line_odoo_id", "sale_line_id", convert=ref),
        c("purchase_line_odoo_id", "purchase_line_id", convert=ref),
        c("production_odoo_id", "production_id", convert=ref),
        c("raw_production_odoo_id", "raw_material_production_id", convert=ref),
        c("dest_odoo_ids", "move_dest_ids", convert=ids),
        c("orig_odoo_ids", "move_orig_ids", convert=ids),
        c("state"),
        c("demanded_qty", "product_uom_qty", convert=amount),
        c("quantity", "quantity", "quantity_done", convert=amount),  # 16: not tested
        c("unit", "product_uom", names="uom.uom:name"),
        c("scheduled_at", "date", convert=moment),
    ),
    pace="open",
    domain=(
        "|",
        ("picking_id", "!=", False),
        "|",
        ("production_id", "!=", False),
        ("raw_material_production_id", "!=", False),
    ),
    watched=("state", "demanded_qty", "quantity", "scheduled_at"),
    points={"product_id": "product.product"},
    # A return writes move_orig_ids of the new move; the delivery it takes back gets a destination, but its
    # write_date stays (seen on 18 and 19).
    echoes=("dest_odoo_ids", "orig_odoo_ids"),
)
# 18 and 19 compute a quant's warehouse and unit, but store the warehouse of its location. They keep quants of
# customers, suppliers and losses, too, with negative quantities: those are not stock.
QUANTS: Final = Spec(
    "stock.quant",
    tables.Quant,
    (
        c("product_odoo_id", "product_id", convert=ref),
        c("location_odoo_id", "location_id", convert=ref),
        c("package_odoo_id", "package_id", convert=ref),
        c("quantity", convert=amount),
        c("reserved_qty", "reserved_quantity", convert=amount),
    ),
    pace="other",
    domain=(("location_id.usage", "in", ["internal", "transit"]),),
    points={
        "company_id": "res.company",
        "product_id": "product.product",
        "location_id": "stock.location",
    },
)
PACKAGES: Final = Spec(
    "stock.quant.package",
    tables.GoodsPackage,
    (c("name"), c("location_odoo_id", "location_id", convert=ref)),
    pace="other",
    points={"location_id": "stock.location"},
    alternatives=("stock.package",),  # since 19
)
# Two steps of one delivery (pick, ship) have each a line for the same box. A line that is unpacked leaves the
# domain, and with it the mirror.
PACKED_LINES: Final = Spec(
    "stock.move.line",
    tables.PackedLine,
    (
        c("picking_odoo_id", "picking_id", convert=ref),
        c("product_odoo_id", "product_id", convert=ref),
        c("package_odoo_id", "result_package_id", convert=ref),
        c("quantity", "quantity", "qty_done", convert=amount),  # 16: not tested
        c("unit", "product_uom_id", names="uom.uom:name"),
    ),
    pace="other",
    domain=(("result_package_id", "!=", False),),
    points={"product_id": "product.product"},
)
