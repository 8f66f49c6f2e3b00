"""Decisions become commands: what to write, on which facts, with which key. `sending` carries them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals.models import Decision, Hold
from apps.approvals.services import record_effect
from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState
from apps.journal.models import Entry
from apps.journal.services import NewEntry, append
from apps.journal.wake import wake
from apps.mirror.models import Invoice
from apps.shipments.models import Document, Shipment

UNPAID = ("not_paid", "partial")
"""Payment states of an invoice that a hold may block (DESIGN "Invoice hold": posted and unpaid)."""


def hold_invoice(entry: Entry) -> Command | None:
    """The command of a placed hold: block the invoice's payment. None where the hold is no longer placed."""
    hold = Hold.objects.filter(public_id=entry.subject).first()
    if hold is None or hold.state != "placed" or hold.model != "account.move":
        return None
    return _make(
        entry,
        hold,
        kind="hold_invoice",
        cause=hold.public_id,
        intent=f"Hold invoice {hold.record_name}: {hold.says}",
        values={"payment_state": "blocked"},
        expected={"state": "posted", "payment_state": [*UNPAID, "blocked"]},
        note=f"Held by the control tower: {hold.says}",
    )


def release_invoice(entry: Entry) -> Command | None:
    """The command of a lifted hold, on the invoice's facts as they were decided on.

    None where the hold itself never got to Odoo: lifted in the meantime, or refused there.
    """
    hold = Hold.objects.select_related("order").filter(public_id=entry.payload["hold"]).first()
    if hold is None or hold.model != "account.move":
        return None
    by = User.objects.filter(public_id=entry.payload.get("by") or "").first()
    cause = entry.payload.get("request") or hold.public_id
    if not _reached_odoo(hold):
        record_effect(
            cause, "none", "The hold had not reached Odoo; nothing to lift there.", timezone.now()
        )
        return None
    expected = {"state": "posted", "payment_state": "blocked", **_decided_on(entry, hold)}
    documents = list(entry.payload.get("documents") or [])
    names = list(
        Document.objects.filter(public_id__in=documents)
        .order_by("id")
        .values_list("name", flat=True)
    )
    return _make(
        entry,
        hold,
        kind="release_invoice",
        cause=cause,
        by=by,
        intent=f"Release invoice {hold.record_name}",
        values={"payment_state": _payment_state_before(hold)},
        expected=expected,
        documents=documents,
        note=_release_note(hold, by, names),
    )


def _decided_on(entry: Entry, hold: Hold) -> dict[str, str]:
    """The amounts a person saw when they decided (DESIGN, promise 4), else, without a person, the mirror's."""
    seen: dict[str, Any] | None = (
        Decision.objects.filter(request__public_id=entry.payload.get("request") or "")
        .order_by("-step")
        .values_list("facts", flat=True)
        .first()
    )
    names = ("amount_total", "amount_residual")
    if seen is None:
        invoices = Invoice.objects.filter(connection=hold.connection, odoo_id=hold.record_odoo_id)
        seen = next((dict(row) for row in invoices.values(*names)), {})
    return {name: str(seen[name]) for name in names if name in seen}


def _reached_odoo(hold: Hold) -> bool:
    """Whether a command to block the invoice got, or may still get, to Odoo.

    One that waits for a person is cancelled: sent again later, it would block an invoice that nobody holds.
    """
    held = Command.objects.filter(kind="hold_invoice", cause=hold.public_id)
    for parked in held.filter(state=CommandState.PARKED).select_for_update():
        parked.state, parked.says = (
            CommandState.CANCELLED,
            "The hold was lifted before it got there.",
        )
        parked.version += 1
        parked.save(update_fields=["state", "says", "version"])
        tell(parked)
    never = [CommandState.REFUSED, CommandState.CANCELLED, CommandState.SHADOWED]
    return held.exclude(state__in=never).exists()


def _release_note(hold: Hold, by: User | None, names: list[str]) -> str:
    lines = [f"Released by {by or 'the control tower'}."]
    if hold.ended_why:
        lines.append(f"Why: {hold.ended_why}")
    lines.append(f"It was held because: {hold.says}")
    if names:
        lines.append(f"Evidence attached: {', '.join(names)}")
    return "\n".join(lines)


def _payment_state_before(hold: Hold) -> str:
    """What the invoice was before we blocked it, as the hold's own command found it."""
    held = (
        Command.objects.filter(
            kind="hold_invoice", cause=hold.public_id, state=CommandState.APPLIED
        )
        .order_by("-id")
        .first()
    )
    before = (held.read_back.get("before") or {}).get("payment_state") if held else None
    return before if before in UNPAID else UNPAID[0]


def redelivery_note(entry: Entry) -> Command | None:
    """A note on the transfer in Odoo about a redelivery asked of the carrier; None without a transfer."""
    shipment = Shipment.objects.filter(public_id=entry.payload.get("shipment") or "").first()
    if shipment is None or shipment.picking_odoo_id is None:
        return None
    by = User.objects.filter(public_id=entry.actor).first()
    data = entry.payload.get("data") or {}
    asked = "; ".join(f"{name}: {value}" for name, value in data.items() if value)
    return _make(
        entry,
        shipment,
        kind="note",
        cause=entry.payload["run"],
        by=by,
        model="stock.picking",
        record=(shipment.connection, shipment.picking_odoo_id, shipment.reference),
        intent=f"Note on {shipment.reference}: redelivery requested",
        values={},
        expected={},
        note=f"Redelivery requested from the carrier by {by or 'the control tower'}.{f' {asked}' if asked else ''}",
    )


def _make(
    entry: Entry,
    scoped: Hold | Shipment,
    *,
    kind: str,
    cause: str,
    intent: str,
    values: dict[str, Any],
    expected: dict[str, Any],
    note: str,
    by: User | None = None,
    documents: list[str] | None = None,
    model: str = "account.move",
    record: tuple[str, int, str] | None = None,
) -> Command:
    """Store a command once per journal entry; its key is the entry's public id, so that a repeat is the first.

    A person's decision waits for the undo window before it goes out; the tower's own goes at once.
    """
    if record is None:
        assert isinstance(scoped, Hold)  # only holds name their record themselves
        record = (scoped.connection, scoped.record_odoo_id, scoped.record_name)
    now = timezone.now()
    command, made = Command.objects.get_or_create(
        key=entry.public_id,
        defaults={
            "connection": record[0],
            "record_odoo_id": record[1],
            "record_name": record[2],
            "model": model,
            "kind": kind,
            "intent": intent[:300],
            "values": values,
            "expected": expected,
            "note": note,
            "documents": documents or [],
            "cause": cause,
            "actor": str(by) if by else "the control tower",
            "decided_by": by,
            "correlation_id": entry.correlation_id,
            "not_before": now + timedelta(seconds=settings.UNDO_WINDOW_S) if by else now,
            "company_id": scoped.company_id,
            "warehouse_id": scoped.warehouse_id,
            "customer_id": scoped.customer_id,
        },
    )
    if made:
        tell(command)
        transaction.on_commit(lambda: wake("odoo.commands"))
    return command


def tell(command: Command) -> None:
    """Append what became of a command to the journal, in the caller's transaction."""
    append(
        NewEntry(
            "command.changed",
            command.public_id,
            {
                "version": command.version,
                "kind": command.kind,
                "state": str(command.state),
                "record": f"{command.model},{command.record_odoo_id}",
                "cause": command.cause,
                "changed": [one["field"] for one in command.changed],
                "also": [command.cause],
            },
            company_id=command.company_id,
            warehouse_id=command.warehouse_id,
            customer_id=command.customer_id,
            correlation_id=command.correlation_id,
        )
    )


class TooLate(Exception):
    """The command is already on its way or done."""


@transaction.atomic
def take_back(command: Command, *, by: User, now: datetime) -> Command:
    """Take a decision back within its undo window; the hold stands again. Raises TooLate."""
    locked = Command.objects.select_for_update().get(pk=command.pk)
    if locked.state != CommandState.WAITING or locked.attempts:
        raise TooLate(f"{locked.intent}: {locked.get_state_display()}")
    locked.state, locked.says = CommandState.CANCELLED, f"Taken back by {by}."
    locked.version += 1
    locked.save(update_fields=["state", "says", "version"])
    tell(locked)
    if locked.kind == "release_invoice":
        record_effect(locked.cause, "refused", locked.says, now, still_held=True)
    return locked


@transaction.atomic
def send_again(command: Command, *, by: User, now: datetime) -> Command:
    """A person has mended what parked a command (a right, a switched-off flow): try again. Raises TooLate."""
    locked = Command.objects.select_for_update().get(pk=command.pk)
    if locked.state != CommandState.PARKED:
        raise TooLate(f"{locked.intent}: {locked.get_state_display()}")
    locked.state, locked.says, locked.next_attempt_at = (
        CommandState.WAITING,
        f"Sent again by {by}.",
        None,
    )
    locked.version += 1
    locked.save(update_fields=["state", "says", "next_attempt_at", "version"])
    tell(locked)
    transaction.on_commit(lambda: wake("odoo.commands"))
    return locked
