"""What this room says in the journal. Only what changed meaning, never every scan."""

from apps.journal.kinds import Kind
from apps.shipments.rules.reports import REPORTS

_VERSION = "the row's version after the change"

ORDER_CONFIRMED = Kind(
    "order.confirmed",
    1,
    "An order is confirmed in Odoo, or was when the tower first saw it.",
    {"version": _VERSION, "stage": "its stage"},
)
ORDER_CHANGED = Kind(
    "order.changed",
    1,
    "An order's stage, promise, owner, amount, hold or customer changed.",
    {
        "version": _VERSION,
        "stage": "its stage now",
        "was": "the stage before",
        "changed": "names of changed fields",
    },
)
ORDER_RELEASED = Kind(
    "order.released",
    1,
    "Every release check of an order had passed for the first time, or had when the tower first saw it; once per order.",
    {
        "version": _VERSION,
        "released_at": "when, UTC",
        "checks": "name and result of each: confirmed, credit and holds, quality, stock, shipping",
        "rule": "the rule and its version",
    },
)
ORDER_OWNER = Kind(
    "order.owner_changed",
    1,
    "Somebody else answers for an order now: a person, or the team of its stage.",
    {
        "version": _VERSION,
        "owner": "public id of the person, or null: the team",
        "team": "slug of the team",
        "basis": "taken, salesperson or team",
        "was": "owner and team before (owner null too when that person is no longer active)",
    },
)
SUPPLY_CHANGED = Kind(
    "supply.changed",
    1,
    "A purchase order or a production came to be, or its stage, dates, lines or steps changed.",
    {
        "version": _VERSION,
        "kind": "purchase or production",
        "stage": "its stage now",
        "expected_at": "when what is still to come is expected, UTC, or null",
        "became": "names of the fields that changed; created for a new one",
        "was": "the changed fields' values before (not of lines and steps)",
    },
)
SHIPMENT_CREATED = Kind(
    "shipment.created",
    1,
    "A shipment came to be.",
    {
        "version": _VERSION,
        "kind": "outgoing, incoming, return or dropship",
        "order": "public id of its order, or null",
    },
)
SHIPMENT_CHANGED = Kind(
    "shipment.changed",
    1,
    "One of a shipment's three truths, or a fact people act on, changed.",
    {
        "version": _VERSION,
        "became": "names of the fields that changed (execution_status, customer_status, financial_status, "
        "exception_reason, eta, promise_at, late, attempts, has_proof, partial, delivered_packages, packages, "
        "scheduled_at, gone, reference, carrier_name, customer_name, order_id, value, ship_to_city)",
        "execution": "execution status now",
        "customer": "customer status now",
        "financial": "financial status now",
        "was": "the changed fields' values before",
    },
)
SHIPMENT_DISPATCHED = Kind(
    "shipment.dispatched",
    1,
    "The goods of a shipment left: by Odoo's word or their first scan.",
    {"version": _VERSION, "execution": "execution status now"},
)
SHIPMENT_DELIVERED = Kind(
    "shipment.delivered",
    1,
    "All packages of a shipment are delivered.",
    {
        "version": _VERSION,
        "delivered_at": "when, UTC",
        "has_proof": "whether a valid proof is there",
    },
)
SHIPMENT_ATTEMPTED = Kind(
    "shipment.delivery_attempted",
    1,
    "A delivery was tried and did not succeed.",
    {"version": _VERSION, "attempts": "how many so far", "reason": "exception reason, or empty"},
)
SHIPMENT_DELAYED = Kind(
    "shipment.delayed",
    1,
    "A shipment will come, or came, later than promised.",
    {
        "version": _VERSION,
        "eta": "as the source gave it",
        "promise_at": "promised instant, UTC, or null",
    },
)
SHIPMENT_PROOF = Kind(
    "shipment.proof_received",
    1,
    "A shipment has a valid proof of delivery now.",
    {"version": _VERSION, "by": "carrier or document"},
)
PACKAGE_CHANGED = Kind(
    "package.changed",
    1,
    "A package's status, reason, ETA, attempts, proof or anomalies changed.",
    {
        "version": _VERSION,
        "status": "its status now",
        "milestone": "its milestone now",
        "shipments": "public ids of its shipments (empty: unlinked)",
        "became": "names of the changed fields",
        "was": "the status before",
    },
)
PACKAGE_AMBIGUOUS = Kind(
    "package.ambiguous",
    1,
    "Events name no carrier, and several packages have their number.",
    {"number": "the normalised number", "candidates": "public ids of the packages it could be"},
)
PACKAGE_NAMED = Kind(
    "package.named",
    1,
    "An event of a parcel names an order, a shipment or a purchase: it is looked for, now and when it comes.",
)
EVENT_UNMAPPED = Kind(
    "event.unmapped",
    1,
    "A source's code is not in its mapping; the event is kept as information.",
    {
        "source": "partner",
        "format": "format",
        "code": "the code",
        "message": "public id of the message",
        "package": "public id of the package",
    },
)
OWNERSHIP_CHANGED = Kind(
    "ownership.changed",
    1,
    "From now on other systems own a field: what others say of it is a claim.",
    {
        "object": "package, order, …",
        "field": "name of the field or group of milestones",
        "version": "of the matrix line",
        "owners": "kinds of systems that own it now",
        "was": "those before",
    },
)
SOURCE_KIND = Kind(
    "source.kind_changed",
    1,
    "A person said what kind of system a partner is.",
    {
        "source": "slug of the partner",
        "kind": "carrier, 3pl, wms, …",
        "was": "kind before, or null",
    },
)
STATE_UNMAPPED = Kind(
    "state.unmapped",
    1,
    "Odoo says a state that is in no table; nothing is guessed from it.",
    {
        "connection": "which Odoo",
        "model": "Odoo's model, e.g. sale.order",
        "field": "state or payment_state",
        "state": "what it says",
        "record": "name of the record",
    },
)
INVOICE_CHANGED = Kind(
    "invoice.changed",
    1,
    "An invoice of one of our orders came to be or changed in Odoo.",
    {
        "invoice": "public id",
        "state": "draft, posted or cancel; gone: no longer in Odoo, or no longer of this order",
        "payment_state": "as Odoo says it",
        "was": "the state and payment_state before (empty for a new one)",
    },
)
DOCUMENT_ADDED = Kind(
    "document.added",
    1,
    "A person or a program added a file to a shipment or an order.",
    {
        "kind": "pod or evidence",
        "shipment": "public id or null",
        "order": "public id or null",
        "sha256": "digest of its bytes",
    },
)
DOCUMENT_ACCEPTED = Kind(
    "document.accepted",
    1,
    "A person with that right accepted a document as proof.",
    {
        "shipment": "public id or null",
        "order": "public id or null",
        "by": "public id of the person",
    },
)
REPORT_LINKED = Kind(
    "report.linked",
    1,
    "What a report is about came to be: it is linked now.",
    {"report": "its kind", "about": "order, shipment, purchase, …"},
)
_REPORTED = {
    "about": "order, shipment, purchase, production, product, dock, asn, invoice, return or package",
    "reference": "what the source calls it",
    "order": "public id, or null while nothing of that name is known",
    "shipment": "public id or null",
    "supply": "public id or null",
    "occurred_at": "when, UTC",
    "expected_at": "the date it brings, UTC, or null",
    "source": "partner",
    "message": "public id of the message",
    "claim": "whether its source does not own it: nothing follows from it then",
}
REPORTED = [
    Kind(one.journal, 1, f"A source reported: {one.title[0].lower()}{one.title[1:]}.", _REPORTED)
    for one in REPORTS.values()
]
