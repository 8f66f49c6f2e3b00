"""Roles and what each may do: the permission table. Tests walk every URL against it."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A role is a group of the same name."""

    OPERATIONS = "operations"
    CUSTOMER_SERVICE = "customer_service"
    FINANCE = "finance"
    INTEGRATION = "integration"
    CUSTOMER = "customer"


_DESK = frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE, Role.FINANCE, Role.INTEGRATION})

MAY: Final[dict[str, frozenset[Role]]] = {
    "tower.see": frozenset(
        {Role.OPERATIONS, Role.FINANCE, Role.CUSTOMER_SERVICE, Role.INTEGRATION}
    ),
    "queue.see": _DESK,
    "shipments.see": _DESK,
    "orders.see": _DESK,
    "orders.own": frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE, Role.FINANCE}),
    "supplies.see": _DESK,
    "ownership.see": _DESK,
    "ownership.edit": frozenset({Role.INTEGRATION}),
    "case.work": frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE}),
    "case.note": _DESK,
    "evidence.add": frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE, Role.FINANCE}),
    "approvals.see": frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE, Role.FINANCE}),
    "release.request": frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE, Role.FINANCE}),
    "release.decide": frozenset({Role.FINANCE}),
    "proof.accept": frozenset({Role.FINANCE}),
    "messages.see": frozenset(
        {Role.OPERATIONS, Role.CUSTOMER_SERVICE, Role.FINANCE, Role.INTEGRATION}
    ),
    "messages.replay": frozenset({Role.INTEGRATION}),
    "integrations.see": frozenset({Role.INTEGRATION, Role.OPERATIONS}),
    "integrations.manage": frozenset({Role.INTEGRATION}),
    # Settings, secrets and switch of partners, and trying messages out.
    "partners.change": frozenset({Role.INTEGRATION}),
    "jobs.see": frozenset({Role.INTEGRATION, Role.OPERATIONS}),
    "jobs.steer": frozenset({Role.INTEGRATION}),
    # Who wrote a mapping does not put it into force: a second person does.
    "mappings.change": frozenset({Role.INTEGRATION}),
    "mappings.review": frozenset({Role.INTEGRATION, Role.OPERATIONS}),
    "imports.run": frozenset({Role.INTEGRATION}),
    # What a carrier's portal says, typed in by a person: low trust, with its source (R31).
    "events.record": frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE, Role.INTEGRATION}),
    # Events for other systems: the screens, and the API's own door, through which customers' systems subscribe too.
    "subscriptions.see": frozenset({Role.INTEGRATION, Role.OPERATIONS}),
    "subscriptions.change": frozenset({Role.INTEGRATION}),
    "subscriptions.own": frozenset({Role.INTEGRATION, Role.CUSTOMER}),
    # Facts for analytics platforms, from the read model (R45).
    "facts.export": frozenset({Role.OPERATIONS, Role.FINANCE, Role.INTEGRATION}),
    "commands.see": _DESK,
    "commands.steer": frozenset({Role.INTEGRATION, Role.FINANCE}),
    # Commands for Odoo: the door, then the right of each kind (apps/integrations/odoo/kinds).
    "commands.give": _DESK,
    "command.transfer": frozenset({Role.OPERATIONS}),
    "command.delivery": frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE}),
    "command.proof": frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE, Role.FINANCE}),
    "command.return": frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE}),
    "command.order": frozenset({Role.OPERATIONS, Role.CUSTOMER_SERVICE}),
    "command.credit": frozenset({Role.FINANCE}),
    "command.invoice": frozenset({Role.FINANCE}),
    "command.stock": frozenset({Role.OPERATIONS}),
    "command.supply": frozenset({Role.OPERATIONS}),
    "command.work": _DESK,
    "command.decide": frozenset({Role.OPERATIONS, Role.FINANCE}),
    "portal.own": frozenset({Role.CUSTOMER}),
}
