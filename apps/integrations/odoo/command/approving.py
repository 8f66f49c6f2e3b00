"""Commands that wait for an approval: which policy asks for one, what the decider is shown, what the answer does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals import services as approvals
from apps.approvals.models import Policy, Request
from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState, Reason
from apps.integrations.odoo.command import targets, wording
from apps.integrations.odoo.command.errors import BadCommand
from apps.integrations.odoo.command.fates import move
from apps.integrations.odoo.command.kinds import KINDS, Plan
from apps.integrations.odoo.command.targets import Target
from apps.journal.models import Entry
from apps.journal.wake import wake
from apps.mirror.models import Invoice


def policy_of(kind: str, target: Target, plan: Plan) -> Policy | None:
    """The policy under which this command must be approved first; None: it goes straight out."""
    about = {
        "invoiced": _is_invoiced(target),
        "amount": plan.amount,
        "currency": target.order.currency if target.order else "",
    }
    return approvals.policy_for(kind, about)


def ask(
    command: Command,
    policy: Policy,
    *,
    target: Target,
    plan: Plan,
    why: str,
    by: User,
    now: datetime,
) -> None:
    """Let a stored command wait for its approval, and ask for it. Raises BadCommand if one like it waits."""
    waiting = Command.objects.filter(
        connection=command.connection,
        model=command.model,
        record_odoo_id=command.record_odoo_id,
        kind=command.kind,
        state=CommandState.APPROVAL,
    ).exclude(pk=command.pk)
    if other := waiting.first():
        raise BadCommand(
            "awaits", f"This was asked for already by {other.actor}; it waits for approval."
        )
    command.state = CommandState.APPROVAL
    command.says = f"Waits for approval: {policy.name}."
    command.data = {**command.data, "shows": plan.shows}
    command.save()
    wish = approvals.Wish(
        subject=command.public_id,
        title=command.intent,
        reason=why or command.intent,
        order=target.order,
        shipment=target.shipment,
        company_id=command.company_id,
        warehouse_id=command.warehouse_id,
        customer_id=command.customer_id,
        amount=plan.amount or Decimal(0),
        currency=target.order.currency if target.order and plan.amount else "",
    )
    command.cause = approvals.request_command(policy, wish, by=by, now=now).public_id
    command.save(update_fields=["cause"])


@approvals.reads("command")
def facts(request: Request) -> dict[str, Any]:
    """What a command would do, and the record's facts as the mirror has them now, in people's words."""
    command = Command.objects.filter(public_id=request.subject_ref).first()
    if command is None:
        return {}
    target = targets.find(command.record_ref, None)
    found: dict[str, Any] = {
        "command": command.intent,
        "record": f"{command.model} {command.record_name}",
        **command.data.get("shows", {}),
    }
    if target is not None:
        found |= _in_words(KINDS[command.kind].facts(target), command)
    return found


def _in_words(values: Mapping[str, Any], command: Command) -> dict[str, str]:
    """Facts by what they are called; of alternatives only those the command counts."""
    counted = {*command.expected}
    for model, odoo_id, fields in command.also_expected:
        counted |= {f"{model},{odoo_id}.{name}" for name in fields}
    kept = {
        name.rpartition("/")[2]: value
        for name, value in values.items()
        if name.rpartition("/")[2] in counted
    }
    said: dict[str, str] = {}
    for name, (words, value) in wording.said(command.connection, kept).items():
        said[words if words not in said else f"{words} ({name})"] = value
    return said


def answered(entry: Entry) -> None:
    """A request has its answer: the command goes out, once, or ends. Anything else changes nothing."""
    request = Request.objects.filter(public_id=entry.subject, kind="command").first()
    if request is None or request.state == "pending":
        return
    with transaction.atomic():
        command = (
            Command.objects.select_for_update()
            .filter(public_id=request.subject_ref, state=CommandState.APPROVAL)
            .first()
        )
        if command is None:
            return
        if request.state == "granted":
            _goes_out(command, request)
        else:
            _ends(command, request)


def _goes_out(command: Command, request: Request) -> None:
    by = _last_word(request)
    command.note = f"{command.note}\nApproved by {by}."
    command.save(update_fields=["note"])
    move(
        command,
        CommandState.WAITING,
        f"Approved by {by}.",
        outcome="approved",
        not_before=timezone.now() + timedelta(seconds=settings.UNDO_WINDOW_S),
    )
    transaction.on_commit(lambda: wake("odoo.commands"))


def _ends(command: Command, request: Request) -> None:
    if request.state == "rejected":
        said = request.decisions.order_by("-step").first()
        why = f": {said.reason}" if said is not None and said.reason else "."
        says = f"Rejected by {_last_word(request)}{why}"
        move(command, CommandState.REFUSED, says, outcome="rejected", reason=Reason.REJECTED)
    else:
        says = f"{request.get_state_display()}: {request.requested_by} no longer asks for it."
        move(command, CommandState.CANCELLED, says, outcome=request.state)


def _last_word(request: Request) -> str:
    names = [str(one.by) for one in request.decisions.select_related("by").order_by("step")]
    return " and ".join(names) or "nobody"


def _is_invoiced(target: Target) -> bool:
    """Whether the order behind a record has a posted customer invoice."""
    if target.order is None:
        return False
    rows = Invoice.objects.filter(
        connection=target.connection,
        kind="out_invoice",
        state="posted",
        gone_at=None,
        order_odoo_ids__contains=[target.order.odoo_id],
    )
    return rows.exists()
