"""The case of a command that did not go through: one per command, in the queue of who can mend it."""

from __future__ import annotations

from typing import Final

from django.utils import timezone

from apps.approvals.models import Hold
from apps.exceptions.services import Evidence, open_case
from apps.integrations.models import Command
from apps.integrations.models.commands import Reason
from apps.integrations.odoo.command import targets
from apps.integrations.odoo.command.kinds import KINDS
from apps.shipments.models import Order, Shipment

_FOR_THE_PIPES: Final = (
    Reason.RIGHT,
    Reason.GUARD_MISSING,
    Reason.CANNOT_LOOK,
    Reason.FLOW_OFF,
    Reason.STUMBLED,
)
"""What only the integration owner can mend; the rest is for the team whose decision it was."""


def case_key(command: Command) -> str:
    """The deviation that a command's case stands for."""
    return f"command:{command.public_id}"


def open_for(command: Command, title: str, says: str) -> None:
    """Open the case of a command, or see it again with this news."""
    now = timezone.now()
    order, shipment = _about(command)
    open_case(
        _kind(command),
        case_key(command),
        title=title[:200],
        says=says[:400],
        reason=command.reason,
        subject=command.public_id,
        order=order,
        shipment=shipment,
        company_id=command.company_id,
        evidence=[Evidence("command", f"{command.public_id}.{command.version}", says[:300], now)],
        now=now,
    )


def _kind(command: Command) -> str:
    if command.reason in _FOR_THE_PIPES:
        return "command_blocked"
    kind = KINDS.get(command.kind)
    return "write_back_refused" if kind is None or kind.team == "finance" else "command_waits"


def _about(command: Command) -> tuple[Order | None, Shipment | None]:
    hold = (
        Hold.objects.select_related("order", "shipment")
        .filter(record_odoo_id=command.record_odoo_id, model=command.model)
        .filter(connection=command.connection)
        .order_by("-id")
        .first()
    )
    if hold is not None:
        return hold.order, hold.shipment
    found = targets.find(command.record_ref, None) if command.record_ref else None
    return (found.order, found.shipment) if found else (None, None)
