"""What Odoo says. Only the mirror writes these tables, nothing else changes them (R47)."""

from apps.mirror.feeds import Feed, Reconciliation, SetAside
from apps.mirror.models.base import Mirrored, Scoped
from apps.mirror.models.history import FieldChange
from apps.mirror.models.linked import LinkedFeed, LinkedRecord
from apps.mirror.models.master import (
    CompanyRow,
    Contact,
    DeliveryCarrier,
    Location,
    PickingType,
    Product,
    Route,
    Unit,
    WarehouseRow,
)
from apps.mirror.models.money import Invoice
from apps.mirror.models.production import Production, WorkOrder
from apps.mirror.models.purchase import PurchaseOrder, PurchaseOrderLine
from apps.mirror.models.sales import SaleOrder, SaleOrderLine
from apps.mirror.models.stock import GoodsPackage, Move, PackedLine, Picking, Quant

__all__ = [
    "CompanyRow",
    "Contact",
    "DeliveryCarrier",
    "Feed",
    "FieldChange",
    "GoodsPackage",
    "Invoice",
    "LinkedFeed",
    "LinkedRecord",
    "Location",
    "Mirrored",
    "Move",
    "PackedLine",
    "Picking",
    "PickingType",
    "Product",
    "Production",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "Quant",
    "Reconciliation",
    "Route",
    "SaleOrder",
    "SaleOrderLine",
    "Scoped",
    "SetAside",
    "Unit",
    "WarehouseRow",
    "WorkOrder",
]
