"""Kinds of cases that follow from what sources report, and from their silence: the fields of kinds.CaseKind."""

from __future__ import annotations

from typing import Final

_Row = tuple[str, str, str, int, int, str, tuple[str, ...], str]
REPORTED: Final[tuple[_Row, ...]] = (
    (
        "stock_shortage", "Stock is missing for an order", "operations", 2, 240,
        "Find stock or tell the customer", ("contact_customer",),
        "The lines and what is missing are named. Look for stock in another warehouse or a purchase on its way, "
        "ship in parts, or promise another date. It closes when the warehouse reserves or picks in full.",
    ),
    (
        "label_failed", "A label could not be made", "operations", 1, 60,
        "Correct what the carrier refused, then try again", ("retry_label", "ask_carrier"),
        "The reason is the carrier's. Correct address, weight or service where the label is made, then have it made "
        "again from here; it closes when a label is issued.",
    ),
    (
        "dispatched_too_early", "Dispatched before the carrier accepted", "operations", 2, 240,
        "Ask the carrier whether it has the goods", ("ask_carrier",),
        "Goods left without the carrier's yes. Find out who has them and whether the booking stands; nothing sensitive "
        "follows from the dispatch meanwhile.",
    ),
    (
        "unconfirmed_dispatch", "Dispatched, and no word from the carrier", "operations", 2, 240,
        "Ask the carrier whether it has the goods", ("ask_carrier", "contact_customer"),
        "The goods left, and the carrier has not scanned them in the time it usually takes. Ask whether they are "
        "on its floor; look at your own dock too. It closes with the first scan.",
    ),
    (
        "silent_shipment", "No news for longer than usual", "customer-service", 2, 480,
        "Ask the carrier where it is", ("ask_carrier", "contact_customer"),
        "Nothing says that it is late or lost: only that a scan is overdue by what this carrier usually takes. "
        "The case names the last known place. It closes with the next scan.",
    ),
    (
        "duplicate_number", "One tracking number on two customers' shipments", "operations", 2, 240,
        "Say whose parcel it is", (),
        "One of the two was given a wrong number. Compare weight, place and date with the label, then correct the "
        "number where it was entered (in Odoo, or in the warehouse).",
    ),
    (
        "asn_mismatch", "A ship notice or a receipt differs from the purchase", "operations", 2, 480,
        "Ask the supplier", (),
        "Each difference is named. Ask the supplier for the rest or a corrected notice; change the purchase in Odoo "
        "if that is what was agreed. It closes when the quantities fit.",
    ),
    (
        "dock_conflict", "A dock slot was missed, or taken twice", "operations", 2, 120,
        "Set a new slot", (),
        "Give one of the receipts another slot or another dock; it closes when the new slot is reported.",
    ),
    (
        "customs_delay", "Customs holds it too long", "operations", 2, 240,
        "Ask the broker what is missing", ("ask_carrier", "contact_customer"),
        "Read the reason. Send the papers or pay the duties, and tell whoever waits. It closes when it is cleared.",
    ),
    (
        "quality_hold", "Quality holds goods back", "quality", 2, 240,
        "Inspect and decide", (),
        "Nothing of it should leave before quality releases it. The reason is named; who waits for it stands on "
        "the order. It closes when the release is reported.",
    ),
    (
        "inspection_failed", "An inspection failed", "quality", 2, 480,
        "Decide what becomes of the goods", (),
        "Return, rework or accept them, and say so where the inspection is kept. It closes when it passes.",
    ),
    (
        "stock_adjustment", "Stock changed by more than is routine", "operations", 2, 480,
        "Have it approved, or counted again", ("request_adjustment",),
        "A correction beyond the tolerance needs somebody's agreement. Count again or have it approved, then close this.",
    ),
    (
        "stock_low", "Stock is running out", "operations", 3, 960,
        "Order more", (),
        "One case for a product and warehouse until it is replenished. See what is on order already before you order.",
    ),
    (
        "cancelled_after_invoice", "Cancelled after its invoice", "finance", 1, 240,
        "Credit it, or reverse the cancellation", (),
        "Finance and operations decide together. Credit the invoice in Odoo, or have the shipment go out after all; it "
        "closes when the invoice is credited.",
    ),
)  # fmt: skip
