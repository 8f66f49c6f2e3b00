"""Holds that somebody lifted in Odoo by hand. The mirror finds them; they are shown, never put back by themselves."""

from __future__ import annotations

from django.utils import timezone

from apps.approvals.models import Effect, Hold
from apps.approvals.services import mark_bypassed
from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState
from apps.integrations.odoo.command.commands import UNPAID
from apps.integrations.odoo.line.client import DEFAULT
from apps.mirror.models import Feed, Invoice

_UNFINISHED = (CommandState.WAITING, CommandState.SENDING, CommandState.UNSURE)


def sweep(connection: str = DEFAULT) -> int:
    """Mark every hold that reached Odoo and whose invoice is posted, unpaid and no longer blocked; returns how many.

    Only on what the mirror read after the hold was applied, and while no command of ours is on its way to it.
    """
    holds = _in_odoo(connection)
    if not holds:
        return 0
    invoices = {
        row.odoo_id: row
        for row in Invoice.objects.filter(
            connection=connection, odoo_id__in=[hold.record_odoo_id for hold in holds]
        )
    }
    read_at = (
        Feed.objects.filter(connection=connection, model="account.move")
        .values_list("ok_at", flat=True)
        .first()
    )
    found = 0
    for hold in holds:
        invoice = invoices.get(hold.record_odoo_id)
        if invoice is None or invoice.state != "posted" or invoice.payment_state not in UNPAID:
            continue
        known_at = max(invoice.read_started_at, read_at or invoice.read_started_at)
        if hold.effect_at is None or known_at <= hold.effect_at or _on_its_way(hold):
            continue
        payment = invoice.payment_state.replace("_", " ")
        mark_bypassed(
            hold,
            says=f"{invoice.name} is {payment} in Odoo; nobody lifted the hold here.",
            now=timezone.now(),
        )
        found += 1
    return found


def _in_odoo(connection: str) -> list[Hold]:
    """Standing holds whose own command was applied. The hold's effect may be that of a release that was refused."""
    placed = Hold.objects.filter(connection=connection, model="account.move", state="placed")
    by_id = {hold.public_id: hold for hold in placed.exclude(effect=Effect.WAITING)}
    applied = Command.objects.filter(
        kind="hold_invoice", cause__in=by_id, state=CommandState.APPLIED
    )
    return [by_id[cause] for cause in applied.values_list("cause", flat=True).distinct()]


def _on_its_way(hold: Hold) -> bool:
    return Command.objects.filter(
        connection=hold.connection,
        model=hold.model,
        record_odoo_id=hold.record_odoo_id,
        state__in=_UNFINISHED,
    ).exists()
