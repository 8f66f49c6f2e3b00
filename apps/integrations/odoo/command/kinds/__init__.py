"""Everything the tower may do in Odoo: the allow-list. What is not here is refused with 403 and written down (R21)."""

from __future__ import annotations

from typing import Final

from apps.accounts.models import User
from apps.accounts.roles import MAY
from apps.integrations.odoo.command.kinds import (
    invoices,
    linked,
    orders,
    stock,
    supply,
    transfers,
    work,
)
from apps.integrations.odoo.command.kinds.base import Ask, Choice, CommandKind, Plan
from apps.integrations.odoo.command.targets import Target

_ALL: Final = (
    *transfers.KINDS,
    *orders.KINDS,
    *stock.KINDS,
    *supply.KINDS,
    *invoices.KINDS,
    *work.KINDS,
    *linked.KINDS,
)
KINDS: Final[dict[str, CommandKind]] = {kind.key: kind for kind in _ALL}

for _kind in _ALL:
    MAY[_kind.needs]  # a right that nobody defined is a mistake at import, not at midnight


def covered(kind: CommandKind, target: Target, user: User) -> bool:
    """Whether all that the kind touches lies within the person's scope; an order is seen for one of its shipments."""
    scope = user.scope
    if kind.across and scope.customers is not None:
        return False
    return scope.covers(target.company_id, target.warehouse_id, target.customer_id)


def offered(target: Target, user: User) -> list[tuple[CommandKind, str]]:
    """The kinds a person may use on a record, each with why it does not apply now (empty: it does)."""
    return [
        (kind, kind.applies(target))
        for kind in _ALL
        if target.model in kind.models
        and not kind.decided
        and user.may(kind.needs)
        and covered(kind, target, user)
    ]


__all__ = ["KINDS", "Ask", "Choice", "CommandKind", "Plan", "covered", "offered"]
