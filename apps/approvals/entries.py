"""The journal kinds of the approvals room. Names of people and their words stay on the rows, not in the journal."""

from apps.journal.kinds import Kind

_COMMON = {
    "version": "version of the row after this change",
    "order": "public id of the order, or null",
    "shipment": "public id of the shipment, or null",
    "also": "public ids of rows that this changes on screen",
}
_HOLD = {
    **_COMMON,
    "kind": "invoice",
    "connection": "slug of the Odoo",
    "model": "Odoo's model of the held record",
    "record": "Odoo's id of the held record",
    "reason": "why, as a code: missing_proof",
    "case": "public id of the case that placed it, or empty",
    "state": "placed, released, bypassed, moot",
    "effect": "what became of it in Odoo: none, waiting, sending, applied, refused, parked",
}
_REQUEST = {
    **_COMMON,
    "kind": "invoice_release, command",
    "subject": "public id of the command that waits, or null",
    "hold": "public id of the hold, or null",
    "policy": "slug and version, e.g. invoice_release.1",
    "case": "public id of the case it came from, or empty",
    "state": "pending, granted, rejected, withdrawn, moot",
    "effect": "what became of it in Odoo: none, waiting, sending, applied, refused, parked",
    "digest": "SHA-256 of the facts it stands on",
}

HOLD_PLACED = Kind("hold.placed", 1, "Something is held back; Odoo must be told.", _HOLD)
HOLD_CHANGED = Kind(
    "hold.changed",
    1,
    "A hold's sentence, conditions or effect in Odoo changed.",
    {**_HOLD, "became": "what changed: says, conditions, state, effect"},
)
HOLD_RELEASED = Kind(
    "hold.released",
    1,
    "A hold was lifted; Odoo must be told. Name and words stand on the hold (ended_by, ended_why).",
    {
        **_HOLD,
        "hold": "public id of the hold",
        "request": "public id of the granted request, or null when the tower lifted it",
        "by": "public id of the person who decided, or system",
        "why": "proof_arrived, granted, …: the reason as a code",
        "documents": "public ids of the evidence to attach",
    },
)
HOLD_BYPASSED = Kind("hold.bypassed", 1, "Somebody lifted the hold in Odoo by hand.", _HOLD)
HOLD_ENDED = Kind(
    "hold.ended", 1, "A hold is no longer needed and Odoo has nothing to undo.", _HOLD
)

APPROVAL_REQUESTED = Kind(
    "approval.requested",
    1,
    "Somebody asked for a decision.",
    {**_REQUEST, "by": "public id of who asked"},
)
APPROVAL_GRANTED = Kind(
    "approval.granted",
    1,
    "The last step was granted.",
    {**_REQUEST, "by": "public id of the decider", "decision": "public id of the decision"},
)
APPROVAL_REJECTED = Kind(
    "approval.rejected",
    1,
    "A step was rejected; nothing happens.",
    {**_REQUEST, "by": "public id of the decider", "decision": "public id of the decision"},
)
APPROVAL_CHANGED = Kind(
    "approval.changed",
    1,
    "A request's state, step, facts or effect changed, or it is overdue.",
    {**_REQUEST, "became": "what changed: step, facts, withdrawn, moot, overdue, effect"},
)
