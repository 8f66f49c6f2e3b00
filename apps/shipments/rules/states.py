"""Every state of Odoo's and every milestone, and the one canonical stage it brings an order or a supply to.

The one documented table (R52, R53): docs/stages.md is written from it (`manage.py stages`). A state that is
not here is a customisation of Odoo: nothing is guessed from it and a case opens (`unmapped_state`).
States as in FACTS 5 (18 and 19; `done` of sale.order and purchase.order is that of older series).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Means:
    """What one state means: the stage it brings to, and when that counts, in words."""

    stage: str
    says: str
    status: str = ""  # of a transfer: the shipment's execution status


ORDER: Final[Mapping[str, Means]] = {
    "draft": Means("quoted", "A quotation"),
    "sent": Means("quoted", "A quotation that was sent"),
    "sale": Means("confirmed", "Confirmed; the goods decide from here on"),
    "done": Means("confirmed", "Confirmed and locked (series before 17)"),
    "cancel": Means("cancelled", "Cancelled in Odoo"),
}
PICKING: Final[Mapping[str, Means]] = {
    "draft": Means("awaiting_stock", "A transfer that is not confirmed yet", "awaiting_stock"),
    "waiting": Means("awaiting_stock", "Waits for another transfer", "awaiting_stock"),
    "confirmed": Means("awaiting_stock", "Waits for stock", "awaiting_stock"),
    "assigned": Means("ready_to_ship", "Stock is reserved", "ready_to_ship"),
    "done": Means("in_transit", "Validated: the goods have left", "dispatched"),
    "cancel": Means("cancelled", "Cancelled, if every transfer is", "cancelled"),
}
STEP: Final[Mapping[str, Means]] = {
    "draft": Means("awaiting_stock", "A pick or pack step that is not confirmed yet"),
    "waiting": Means("awaiting_stock", "Waits for the step before"),
    "confirmed": Means("awaiting_stock", "Waits for stock"),
    "assigned": Means("allocated", "Every open step has its stock"),
    "done": Means("picking", "One step is done; packed once all are"),
    "cancel": Means("confirmed", "A cancelled step says nothing of the order"),
}
INVOICE: Final[Mapping[str, Means]] = {
    "draft": Means("invoice_released", "Counts once delivery is proven and nothing is held"),
    "posted": Means("invoiced", "Counts after delivery, while nothing is held"),
    "cancel": Means("delivered", "As if there were no invoice: the goods decide"),
}
PAYMENT: Final[Mapping[str, Means]] = {
    "not_paid": Means("invoiced", "Posted, nothing paid"),
    "partial": Means("invoiced", "Paid in part"),
    "in_payment": Means("paid", "Paid, not yet reconciled with the bank"),
    "paid": Means("paid", "Paid; closed once Odoo locks the order and delivery is proven"),
    "reversed": Means("paid", "Taken back by a credit note: nothing is left to pay"),
    "blocked": Means("delivered", "Held: the order stays delivered, or proof accepted"),
    "invoicing_legacy": Means("invoiced", "From before Odoo's accounting"),
    "": Means("invoiced", "Odoo says nothing of the payment"),
}
PURCHASE: Final[Mapping[str, Means]] = {
    "draft": Means("planned", "A request for quotation"),
    "sent": Means("planned", "A request that was sent"),
    "to approve": Means("planned", "Waits for approval in Odoo"),
    "purchase": Means("ordered", "Ordered; partly received or received by its lines"),
    "done": Means("ordered", "Ordered and locked (18 and before)"),
    "cancel": Means("cancelled", "Cancelled in Odoo"),
}
PRODUCTION: Final[Mapping[str, Means]] = {
    "draft": Means("planned", "Not confirmed yet"),
    "confirmed": Means("ordered", "Confirmed"),
    "progress": Means("in_progress", "Under way"),
    "to_close": Means("in_progress", "All is made, not closed yet"),
    "done": Means("finished", "Finished"),
    "cancel": Means("cancelled", "Cancelled in Odoo"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """One field of one Odoo model and what its values mean."""

    model: str
    field: str
    about: str
    states: Mapping[str, Means]


TABLES: Final = (
    Table("sale.order", "state", "An order", ORDER),
    Table("stock.picking", "state", "An outgoing transfer or drop-ship: the least advanced decides", PICKING),
    Table("stock.picking", "state of a step", "A pick or pack step before the outgoing transfer", STEP),
    Table("account.move", "state", "A customer invoice, once the goods are delivered", INVOICE),
    Table("account.move", "payment_state", "A posted customer invoice", PAYMENT),
    Table("purchase.order", "state", "A purchase order", PURCHASE),
    Table("mrp.production", "state", "A production", PRODUCTION),
)  # fmt: skip


def unmapped(table: Mapping[str, Means], state: str) -> bool:
    """Whether Odoo said a state that this table does not know; no word at all is not one."""
    return bool(state) and state not in table
