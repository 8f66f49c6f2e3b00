"""The journal kinds of the queue. Notes and names stay on the rows."""

from apps.journal.kinds import Kind

_CASE = {
    "version": "version of the case after this change",
    "kind": "key of the kind, e.g. delivery_attempted",
    "state": "open, waiting, resolved",
    "team": "slug of the owner team",
    "owner": "public id of the owner, or null",
    "priority": "1 act now, 2 at risk, 3 watch",
    "shipment": "public id of the shipment, or null",
    "package": "public id of the package, or null",
    "order": "public id of the order, or null",
    "also": "public ids of rows that this changes on screen",
}
CASE_OPENED = Kind("case.opened", 1, "A deviation has an owner team and a clock.", _CASE)
CASE_CHANGED = Kind(
    "case.changed",
    1,
    "Something about an open case changed.",
    {
        **_CASE,
        "became": "what changed: seen_again, taken, assigned, noted, acted, waiting, resumed, breached, raised, "
        "reopened, action, text",
    },
)
CASE_RESOLVED = Kind(
    "case.resolved",
    1,
    "The condition cleared, or a person closed it.",
    {**_CASE, "by": "public id of the person, or system"},
)
ACTION_REQUESTED = Kind(
    "action.requested",
    1,
    "A person asked for something outside the tower; the edge carries it there.",
    {
        "action": "key of the action, e.g. request_redelivery",
        "case": "public id of the case",
        "run": "public id of the action run; report back with exceptions.services.record_run",
        "shipment": "public id of the shipment, or null",
        "package": "public id of the package, or null",
        "order": "public id of the order, or null",
        "data": "what was asked, e.g. date, from, to",
    },
)
