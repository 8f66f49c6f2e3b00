"""The tower's own knowledge of goods on the move: packages, their events, shipments, orders, documents."""

from apps.shipments.models.base import Carrier, CarrierLink, ScopedRow
from apps.shipments.models.documents import DOCUMENT_KINDS, Document, DocumentBody
from apps.shipments.models.events import Event
from apps.shipments.models.goods import SHIPMENT_KINDS, Package, PackageLink, Shipment
from apps.shipments.models.orders import Order, Stage

__all__ = [
    "DOCUMENT_KINDS", "SHIPMENT_KINDS", "Carrier", "CarrierLink", "Document", "DocumentBody", "Event", "Order",
    "Package", "PackageLink", "ScopedRow", "Shipment", "Stage",
]  # fmt: skip
