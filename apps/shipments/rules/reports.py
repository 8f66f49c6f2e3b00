"""Business events that are about something else than where a parcel is: the one list of them (PRODUCT.md R64 to R96).

Who may say which stands in the ownership matrix (ownership.csv, object `report`), what follows in docs/events.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

RULE: Final = "reports.1"
UNLISTED: Final = "unlisted"
SUBJECTS: Final[Mapping[str, str]] = {
    "order": "Order", "shipment": "Shipment", "purchase": "Purchase order", "production": "Production",
    "invoice": "Invoice", "return": "Return", "product": "Product", "dock": "Dock", "asn": "Ship notice",
    "package": "Parcel", "supplier": "Supplier",
}  # fmt: skip
# What sources call a record of ours, and what we look for under that name. "any": a shipment, else an order.
LOOKED_FOR: Final[Mapping[str, str]] = {
    "order": "order", "sales_order": "order", "client_ref": "any", "order_ref": "order",
    "shipment": "shipment", "shipment_ref": "shipment", "picking": "shipment", "return": "shipment",
    "receipt": "shipment", "purchase": "purchase", "po": "purchase", "purchase_order": "purchase",
    "production": "production", "invoice": "invoice",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportKind:
    """One business event. `line` is the field of the matrix that says who may say it; `subjects` what it may be about.

    `follows` is the sentence of docs/events.md; `wants` the kinds of records that it is linked to when they are there.
    """

    name: str
    title: str
    line: str
    subjects: tuple[str, ...]
    follows: str = "It stands on the timeline."
    row: str = ""

    @property
    def journal(self) -> str:
        """The journal kind that a subscription names."""
        return f"reported.{self.name}"


_GOODS: Final = ("shipment", "order")
_IN: Final = ("purchase", "shipment")
_ALL: Final = (
    ReportKind("quote.accepted", "Quote accepted", "order", ("order",), row="R64"),
    ReportKind("order.created", "Order created", "order", ("order",), row="R64"),
    ReportKind("order.confirmed", "Order confirmed", "order", ("order",), row="R65"),
    ReportKind("order.released", "Order released", "order", ("order",), "Its checks (details.checks) are listed on the order, beside those of the tower.", "R66"),
    ReportKind("allocation.made", "Stock reserved", "warehouse", _GOODS, "Closes the case of a failed allocation.", "R67"),
    ReportKind("allocation.failed", "Allocation failed", "warehouse", _GOODS, "Opens a shortage that names the lines and what is missing, until stock is reserved.", "R67"),
    ReportKind("picking.ready", "Ready to pick", "warehouse", _GOODS, row="R68"),
    ReportKind("picking.completed", "Picking completed", "warehouse", _GOODS, "Picked is compared with ordered; what is missing opens a shortage.", "R69"),
    ReportKind("picking.short", "Picked short", "warehouse", _GOODS, "Opens a shortage that names the lines, until picking completes in full.", "R69"),
    ReportKind("packing.completed", "Packing completed", "warehouse", _GOODS, "Numbers in it are linked to the shipment.", "R70"),
    ReportKind("shipment.created", "Shipment created by the warehouse", "warehouse", _GOODS, "Numbers in it are linked to the shipment; once per id of the warehouse.", "R70"),
    ReportKind("booking.requested", "Booking requested", "carrier", _GOODS, "A step of handing over.", "R32"),
    ReportKind("carrier.booked", "Carrier booked", "carrier", _GOODS, "A step of handing over, with whose word it is.", "R71"),
    ReportKind("carrier.accepted", "Accepted by the carrier", "carrier", _GOODS, "Is compared with the dispatch.", "R71"),
    ReportKind("carrier.rejected", "Refused by the carrier", "carrier", _GOODS, "Dispatched all the same opens a case.", "R71"),
    ReportKind("label.issued", "Label issued", "carrier", _GOODS, "Closes the case of a failed label; its number is linked to the shipment.", "R72"),
    ReportKind("label.failed", "Label failed", "carrier", _GOODS, "Opens a case until a label is issued.", "R72"),
    ReportKind("tracking.assigned", "Tracking number assigned", "carrier", _GOODS, "The number is linked to the shipment; one that two customers' shipments carry opens a case.", "R73"),
    ReportKind("pickup.confirmed", "Pickup confirmed", "carrier", _GOODS, "Counts as the carrier's word that it has the goods, and since when.", "R74"),
    ReportKind("shipment.dispatched", "Dispatched", "warehouse", _GOODS, "Without a word of the carrier within UNCONFIRMED_DISPATCH_H hours, or before the carrier accepted, a case.", "R75"),
    ReportKind("supplier.confirmed", "Confirmed by the supplier", "supplier", ("purchase",), "A date in it moves what is expected, and who waits for it is looked at again.", "R82"),
    ReportKind("supplier.dispatched", "Dispatched by the supplier", "supplier", _IN, "A date in it moves what is expected.", "R82"),
    ReportKind("supplier.delayed", "Delayed by the supplier", "supplier", ("purchase",), "The new date moves what is expected; beyond the tolerance the purchase comes late.", "R82"),
    ReportKind("asn.received", "Ship notice received", "supplier", ("asn", "purchase"), "Once per supplier and number; compared with the purchase, a difference beyond the tolerance opens a case.", "R83"),
    ReportKind("dock.appointment_set", "Dock slot set", "dock", ("dock", *_IN), "Two receipts in one slot open a case.", "R84"),
    ReportKind("dock.appointment_changed", "Dock slot moved", "dock", ("dock", *_IN), "Replaces the slot of the same appointment.", "R84"),
    ReportKind("dock.appointment_cancelled", "Dock slot cancelled", "dock", ("dock", *_IN), "Frees the slot.", "R84"),
    ReportKind("dock.appointment_missed", "Dock slot missed", "dock", ("dock", *_IN), "Opens a case until a new slot is set.", "R84"),
    ReportKind("customs.held", "Held by customs", "customs", ("purchase", *_GOODS), "Beyond CUSTOMS_HOLD_H hours a case, until cleared.", "R85"),
    ReportKind("customs.cleared", "Cleared by customs", "customs", ("purchase", *_GOODS), "Closes the customs case.", "R85"),
    ReportKind("receipt.validated", "Goods received", "warehouse", _IN, "Received is compared with the purchase and the ship notice.", "R86"),
    ReportKind("quality.hold_placed", "Quality hold placed", "quality", (*_GOODS, "purchase", "production", "product"), "Opens a case until it is released, and keeps the order on hold until then.", "R87"),
    ReportKind("quality.hold_released", "Quality hold released", "quality", (*_GOODS, "purchase", "production", "product"), "Closes the case of the hold; the order goes on.", "R87"),
    ReportKind("inspection.passed", "Inspection passed", "quality", (*_IN, "production", "product"), "Closes the case of a failed inspection.", "R87"),
    ReportKind("inspection.failed", "Inspection failed", "quality", (*_IN, "production", "product"), "Opens a case until it passes.", "R87"),
    ReportKind("production.completed", "Production completed", "production", ("production",), row="R88"),
    ReportKind("stock.adjusted", "Stock adjusted", "stock", ("product",), "Beyond STOCK_TOLERANCE_PERCENT a case that asks for finance's approval; below it is only kept.", "R89"),
    ReportKind("stock.below_threshold", "Stock below its threshold", "stock", ("product",), "Opens one case per product and warehouse until it is replenished.", "R90"),
    ReportKind("stock.replenished", "Stock replenished", "stock", ("product",), "Closes the case of low stock.", "R90"),
    ReportKind("return.initiated", "Return initiated", "returns", ("return", "order"), "A step of its return, with the time since the first.", "R91"),
    ReportKind("return.label_issued", "Return label issued", "returns", ("return", "order"), "A step of its return, with the time since the first.", "R91"),
    ReportKind("return.received", "Return received", "returns", ("return", "order"), "A step of its return, with the time since the first.", "R91"),
    ReportKind("return.inspected", "Return inspected", "returns", ("return", "order"), "A step of its return, with the time since the first.", "R91"),
    ReportKind("return.credited", "Return credited", "returns", ("return", "order"), "Ends its return: the cycle time is known.", "R91"),
    ReportKind("carrier.cost_quoted", "Freight cost quoted", "money", _GOODS, "The first quote counts as approved where nothing names details.approved.", "R92"),
    ReportKind("freight.charge_changed", "Freight charge changed", "money", _GOODS, "The newest charge less what was approved, in one currency, stands on shipment and order.", "R92"),
    ReportKind("freight.invoice_received", "Freight invoice received", "money", ("invoice", *_GOODS), "It stands on the timeline and under /api/v1/freight-invoices/; its number is the carrier's and looked for among none of ours.", "R93"),
    ReportKind("settlement.completed", "Settlement completed", "money", ("invoice", *_GOODS), row="R94"),
    ReportKind("invoice.released", "Invoice released", "money", ("invoice", "order"), row="R95"),
    ReportKind("invoice.posted", "Invoice posted", "money", ("invoice", "order"), row="R95"),
    ReportKind("shipment.cancelled", "Shipment cancelled", "order", _GOODS, "After its invoice was posted it opens a case for finance.", "R96"),
    ReportKind(UNLISTED, "An event of a kind nobody listed", "", (), "Kept and shown; nothing is guessed from it."),
)  # fmt: skip
REPORTS: Final[Mapping[str, ReportKind]] = {one.name: one for one in _ALL}

# Parcel events that say one of these as well, by format and code: they stay parcel events too.
_ALSO: Final[Mapping[tuple[str, str], str]] = {
    ("wms_generic", "order.allocated"): "allocation.made",
    ("wms_generic", "order.backordered"): "allocation.failed",
    ("wms_generic", "pick.completed"): "picking.completed",
    ("wms_generic", "pick.short"): "picking.short",
    ("wms_generic", "pack.completed"): "packing.completed",
    ("wms_generic", "label.printed"): "label.issued",
    ("wms_generic", "shipment.shipped"): "shipment.dispatched",
    ("wms_generic", "shipment.cancelled"): "shipment.cancelled",
    ("wms_generic", "receipt.completed"): "receipt.validated",
    ("wms_generic", "receipt.discrepancy"): "receipt.validated",
    ("wms_generic", "inventory.adjusted"): "stock.adjusted",
}

# Documents that are matched, not movements: each is a report, whatever format brings it.
_DOCUMENTS: Final[Mapping[str, str]] = {
    "asn_received": "asn.received",
    "invoice_received": "freight.invoice_received",
}
# Of these the invoice is the carrier's: its number is looked for among nobody's, least of all among ours.
_CARRIERS_BILLS: Final = frozenset({"freight.invoice_received", "settlement.completed"})


class Telling(Protocol):
    """What of an event decides whether it is a report."""

    @property
    def milestone(self) -> str: ...
    @property
    def tracking_number(self) -> str: ...
    @property
    def source_code(self) -> str: ...
    @property
    def references(self) -> Mapping[str, str]: ...
    @property
    def details(self) -> Mapping[str, Any]: ...
    @property
    def subject(self) -> tuple[str, str] | None: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class About:
    """What a report is: its kind, what it is about, and whether the same event is a parcel's too."""

    kind: str
    subject: tuple[str, str]
    parcel: bool


def report_of(event: Telling, format_name: str) -> About | None:
    """Whether an event is a report, and of what; None for what is only a parcel's.

    A kind that nobody listed is kept as one, for nothing is dropped. Every ship notice and every freight invoice
    is a report beside the parcel event that its format makes of it.
    """
    if event.kind:
        kind = event.kind if event.kind in REPORTS else UNLISTED
        return About(kind, event.subject or subject_of(kind, event), False)
    if event.milestone in _DOCUMENTS:
        kind = _DOCUMENTS[event.milestone]
        return About(kind, subject_of(kind, event), True)
    also = _ALSO.get((format_name, event.source_code))
    if also is None:
        return None
    return About(also, subject_of(also, event), True)


def subject_of(kind: str, event: Telling) -> tuple[str, str]:
    """What an event is about that does not say so itself: the first of the kind's subjects that it names."""
    named = mentions(event)
    if kind == "asn.received" and asn_number(event.details, event.references):
        return "asn", asn_number(event.details, event.references)
    if kind in _CARRIERS_BILLS and bill_number(event.details, event.references):
        return "invoice", bill_number(event.details, event.references)
    if kind.startswith("stock."):
        product = str(event.details.get("sku") or event.details.get("product") or "")
        lines = event.details.get("lines")
        if (
            not product
            and isinstance(lines, list)
            and len(lines) == 1
            and isinstance(lines[0], dict)
        ):
            product = item_of(lines[0])
        if product:
            return "product", product[:120]
    for wanted in REPORTS[kind].subjects:
        for looked, ref in named:
            if looked == wanted:
                return wanted, ref
    if named:
        return named[0]
    return "package", event.tracking_number[:120]


def mentions(event: Telling) -> list[tuple[str, str]]:
    """The records of ours that an event names, as (what to look for, reference), each once."""
    found: dict[tuple[str, str], None] = {}
    bill = event.milestone == "invoice_received" or event.kind in _CARRIERS_BILLS
    if event.subject and event.subject[0] in LOOKED_FOR:
        found[LOOKED_FOR[event.subject[0]], event.subject[1][:120]] = None
    for name, ref in event.references.items():
        if name in LOOKED_FOR and ref:
            found[LOOKED_FOR[name], str(ref)[:120]] = None
    po = event.details.get("po") if event.milestone == "asn_received" or event.kind else None
    if isinstance(po, str) and po:
        found["purchase", po[:120]] = None
    return [pair for pair in found if not (bill and pair[0] == "invoice")]


def asn_number(details: Mapping[str, Any], references: Mapping[str, str]) -> str:
    """The number of a ship notice; empty when it gives none."""
    return str(details.get("asn_number") or details.get("asn") or references.get("asn") or "")[:120]


def bill_number(details: Mapping[str, Any], references: Mapping[str, str]) -> str:
    """The number of a carrier's invoice; empty when it gives none."""
    return str(details.get("invoice_number") or references.get("invoice") or "")[:120]


def item_of(line: Mapping[str, Any]) -> str:
    """What a line calls its product."""
    for name in ("item", "sku", "product", "code"):
        if line.get(name):
            return str(line[name])[:120]
    return ""
