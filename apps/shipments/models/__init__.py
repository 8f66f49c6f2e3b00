"""The tower's own knowledge of goods on the move: packages, their events, shipments, orders, documents."""

from apps.shipments.models.base import Carrier, CarrierLink, ScopedRow
from apps.shipments.models.documents import DOCUMENT_KINDS, Document, DocumentBody
from apps.shipments.models.events import CLAIMED, Event
from apps.shipments.models.goods import SHIPMENT_KINDS, Package, PackageLink, Shipment
from apps.shipments.models.orders import OWNER_BASES, Order, Stage
from apps.shipments.models.ownership import DIRECTIONS, SYSTEMS, FieldOwner, Source
from apps.shipments.models.reports import Mention, Report
from apps.shipments.models.supplies import SUPPLY_KINDS, Supply, SupplyStage
from apps.shipments.models.usual import Usual

__all__ = [
    "CLAIMED", "DIRECTIONS", "DOCUMENT_KINDS", "OWNER_BASES", "SHIPMENT_KINDS", "SUPPLY_KINDS", "SYSTEMS", "Carrier",
    "CarrierLink", "Document", "DocumentBody", "Event", "FieldOwner", "Mention", "Order", "Package", "PackageLink",
    "Report", "ScopedRow", "Shipment", "Source", "Stage", "Supply", "SupplyStage", "Usual",
]  # fmt: skip
