"""Decisions become commands: what to write, on which facts, with which key. `sending` carries them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals.models import Decision, Hold
from apps.approvals.services import record_effect
from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState, Reason
from apps.integrations.odoo.command import targets
from apps.integrations.odoo.command.kinds import KINDS
from apps.integrations.odoo.command.targets import Target
from apps.integrations.odoo.command.telling import tell
from apps.journal.models import Entry
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
        target=targets.of_hold(hold),
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
        target=targets.of_hold(hold),
        kind="release_invoice",
        cause=cause,
        by=by,
        intent=f"Release invoice {hold.record_name}",
        values={"payment_state": blocked_before(hold)},
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
    One that nobody could look up may have got there, whatever became of it since.
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
    never = [
        CommandState.REFUSED,
        CommandState.CANCELLED,
        CommandState.SHADOWED,
        CommandState.ABANDONED,
    ]
    reached = ~Q(state__in=never) | Q(reason=Reason.CANNOT_LOOK)
    return held.filter(reached).exists()


def _release_note(hold: Hold, by: User | None, names: list[str]) -> str:
    lines = [f"Released by {by or 'the control tower'}."]
    if hold.ended_why:
        lines.append(f"Why: {hold.ended_why}")
    lines.append(f"It was held because: {hold.says}")
    if names:
        lines.append(f"Evidence attached: {', '.join(names)}")
    return "\n".join(lines)


def refine_release(command: Command) -> None:
    """What a release writes, decided when it goes out: by then its hold's own command has come to an end.

    It never lifts a block that a person placed in Odoo before ours, nor one that another hold of ours needs.
    """
    hold = Hold.objects.filter(
        Q(public_id=command.cause) | Q(requests__public_id=command.cause)
    ).first()
    if hold is None:
        return
    stays = _why_the_block_stays(hold)
    before = blocked_before(hold)
    command.values = {} if stays else {"payment_state": before}
    if stays and stays not in command.note:
        command.note = f"{command.note}\n{stays}"
    command.save(update_fields=["values", "note"])


def blocked_before(hold: Hold) -> str:
    """What the invoice was before the tower blocked it: `blocked` where a person had done so in Odoo.

    Several holds may lie on one invoice: what the first of those that stand together found counts.
    """
    found = UNPAID[0]
    for command in Command.objects.filter(
        connection=hold.connection,
        model=hold.model,
        record_odoo_id=hold.record_odoo_id,
        state=CommandState.APPLIED,
        kind__in=["hold_invoice", "release_invoice"],
    ).order_by("-id"):
        if command.kind == "release_invoice" and command.values:
            break  # there it was let go; what was found before that is over
        before = (command.read_back.get("before") or {}).get("payment_state")
        if command.kind == "hold_invoice" and before in (*UNPAID, "blocked"):
            found = before
    return found


def _why_the_block_stays(hold: Hold) -> str:
    """Why a release writes its note only and leaves the block; empty where it lifts it."""
    others = Hold.objects.filter(
        connection=hold.connection,
        model=hold.model,
        record_odoo_id=hold.record_odoo_id,
        state="placed",
    ).exclude(pk=hold.pk)
    if others.exists():
        return f"It stays blocked, because it is also held: {others[0].says}"
    if blocked_before(hold) == "blocked":
        return "It stays blocked: somebody had blocked it in Odoo before the control tower did."
    return ""


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
        kind="note",
        cause=entry.payload["run"],
        by=by,
        target=targets.of_shipment(shipment),
        intent=f"Note on {shipment.reference}: redelivery requested",
        values={},
        expected={},
        note=f"Redelivery requested from the carrier by {by or 'the control tower'}.{f' {asked}' if asked else ''}",
    )


def _make(
    entry: Entry,
    *,
    target: Target | None,
    kind: str,
    cause: str,
    intent: str,
    values: dict[str, Any],
    expected: dict[str, Any],
    note: str,
    by: User | None = None,
    documents: list[str] | None = None,
) -> Command | None:
    """Store a command once per journal entry; its key is the entry's public id, so that a repeat is the first.

    A person's decision waits for the undo window before it goes out; the tower's own goes at once.
    """
    if target is None:
        return None
    now = timezone.now()
    command, made = Command.objects.get_or_create(
        key=entry.public_id,
        defaults={
            "connection": target.connection,
            "record_odoo_id": target.odoo_id,
            "record_name": target.name[:120],
            "record_ref": target.public_id,
            "model": target.model,
            "kind": kind,
            "op": KINDS[kind].op,
            "intent": intent[:300],
            "values": values,
            "expected": expected,
            "note": note,
            "documents": documents or [],
            "cause": cause,
            "actor": str(by)[:120] if by else "the control tower",
            "decided_by": by,
            "correlation_id": entry.correlation_id,
            "not_before": now + timedelta(seconds=settings.UNDO_WINDOW_S) if by else now,
            "company_id": target.company_id,
            "warehouse_id": target.warehouse_id,
            "customer_id": target.customer_id,
        },
    )
    if made:
        tell(command)
        transaction.on_commit(lambda: wake("odoo.commands"))
    return command
