"""What is mirrored of which Odoo model, and how Odoo's values become ours.

Names of Odoo's fields are those of 18 and 19 (FACTS 5, 11); where they differ, the alternatives stand in order.
A model or a field that a server lacks (no MRP, no purchase, an older version) is left out, not an error.
"""

from __future__ import annotations

from typing import Final

from apps.mirror.specs import master, money, production, purchase, sales, stock
from apps.mirror.specs.shape import Column, Spec
from apps.mirror.specs.values import Record, amount, day, flag, ids, moment, ref, text

SPECS: Final[tuple[Spec, ...]] = (
    # What others point to comes first; an order before its transfers, so that these find their customer.
    master.COMPANIES,
    master.WAREHOUSES,
    master.PICKING_TYPES,
    master.CONTACTS,
    master.UNITS,
    master.PRODUCTS,
    master.CARRIERS,
    master.ROUTES,
    master.LOCATIONS,
    sales.ORDERS,
    sales.LINES,
    purchase.PURCHASES,
    purchase.PURCHASE_LINES,
    production.PRODUCTIONS,
    production.WORK_ORDERS,
    stock.PICKINGS,
    stock.MOVES,
    stock.PACKAGES,
    stock.PACKED_LINES,
    stock.QUANTS,
    money.INVOICES,
)

BY_MODEL: Final[dict[str, Spec]] = {spec.model: spec for spec in SPECS}

__all__ = [
    "BY_MODEL",
    "SPECS",
    "Column",
    "Record",
    "Spec",
    "amount",
    "day",
    "flag",
    "ids",
    "moment",
    "ref",
    "text",
]
