"""Holds: placed by a rule, ended by a person's decision, by the facts, or by somebody in Odoo."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.approvals.models import Effect, Hold, Request
from apps.approvals.rules import releases
from apps.approvals.services.emit import emit_hold, emit_request
from apps.approvals.services.locks import lock_for_order, lock_hold
from apps.mirror.models import Invoice
from apps.shipments.models import Order, Shipment
from apps.shipments.services import note_holds

THE_TOWER = "the tower"


@transaction.atomic
def place_hold(
    invoice: Invoice,
    *,
    reason: str,
    says: str,
    conditions: Sequence[dict[str, Any]],
    rule: str,
    order: Order | None,
    shipment: Shipment | None,
    case_ref: str,
    now: datetime,
) -> Hold:
    """Hold an invoice back, once while it is held for this reason.

    conditions: [{"code", "says", "met", "owner", "group"}] (see `rules.releases`). A second call with the same
    words changes nothing; with other words it updates them (`hold.changed`).
    Rule: DESIGN "Invoice hold"; PRODUCT.md R103.
    """
    lock_for_order(order.pk if order else None)
    known = (
        Hold.objects.select_for_update(no_key=True)
        .filter(
            connection=invoice.connection,
            model="account.move",
            record_odoo_id=invoice.odoo_id,
            reason=reason,
            state="placed",
        )
        .first()
    )
    if known is not None:
        return _reword(known, says, list(conditions), case_ref)
    hold = Hold.objects.create(
        kind="invoice",
        connection=invoice.connection,
        model="account.move",
        record_odoo_id=invoice.odoo_id,
        record_name=invoice.name[:120],
        amount=invoice.amount_total,
        currency=invoice.currency,
        order=order,
        shipment=shipment,
        case_ref=case_ref,
        reason=reason,
        says=says,
        conditions=list(conditions),
        rule=rule,
        placed_at=now,
        company_id=invoice.company_id,
        warehouse_id=_warehouse(order, shipment),
        customer_id=invoice.customer_id,
    )
    emit_hold("hold.placed", hold)
    tell_order(hold.order_id)
    return hold


def _warehouse(order: Order | None, shipment: Shipment | None) -> int | None:
    """An invoice has no warehouse of its own in Odoo; it is seen by those who see its goods."""
    return (shipment.warehouse_id if shipment else None) or (order.warehouse_id if order else None)


def _reword(hold: Hold, says: str, conditions: list[dict[str, Any]], case_ref: str) -> Hold:
    became = [
        name
        for name, new in (("says", says), ("conditions", conditions))
        if getattr(hold, name) != new
    ]
    if not became:
        return hold
    hold.says, hold.conditions, hold.case_ref = says, conditions, case_ref or hold.case_ref
    hold.version += 1
    hold.save(update_fields=["says", "conditions", "case_ref", "version", "changed_at"])
    emit_hold("hold.changed", hold, became=became)
    tell_order(hold.order_id)
    return hold


@transaction.atomic
def release_hold(
    hold: Hold,
    *,
    by: User | None,
    why: str,
    now: datetime,
    request: Request | None = None,
    code: str = "proof_arrived",
) -> Hold:
    """Lift a hold and let Odoo know (`hold.released`). A hold that has ended stays as it is.

    by is None when the facts lifted it; a person's release carries the granted request and its evidence.
    why is a sentence, kept on the hold; code is its word in the journal.
    """
    held = lock_hold(hold.pk)
    if held.state != "placed":
        return held
    _end(held, "released", by, why, now)
    for condition in held.conditions:
        if (condition["code"] == "finance_accepts") == (request is not None):
            condition["met"] = True
    held.effect, held.effect_says, held.effect_at = Effect.WAITING, "", now
    held.save()
    documents = (
        []
        if request is None
        else [document.public_id for document in request.evidence.order_by("id")]
    )
    emit_hold(
        "hold.released",
        held,
        actor=by.public_id if by else "system",
        hold=held.public_id,
        request=request.public_id if request else None,
        by=by.public_id if by else "system",
        why="granted" if request else code,
        documents=documents,
    )
    if request is None:
        drop_requests(held, now, why)
    tell_order(held.order_id)
    return held


@transaction.atomic
def end_hold(hold: Hold, *, why: str, now: datetime) -> Hold:
    """The hold has lost its object (the invoice was paid or cancelled): nothing is left to undo in Odoo."""
    held = lock_hold(hold.pk)
    if held.state != "placed":
        return held
    _end(held, "moot", None, why, now)
    held.save()
    emit_hold("hold.ended", held)
    drop_requests(held, now, why)
    tell_order(held.order_id)
    return held


def _end(hold: Hold, state: str, by: User | None, why: str, now: datetime) -> None:
    hold.state, hold.ended_at = state, now
    hold.ended_by, hold.ended_why = str(by) if by else THE_TOWER, why[:400]
    hold.version += 1


def drop_requests(hold: Hold, now: datetime, why: str) -> None:
    """Requests about a hold that has ended need no decision any more."""
    for request in Request.objects.select_for_update(no_key=True).filter(
        hold=hold, state="pending"
    ):
        request.state, request.decided_at, request.effect_says = "moot", now, why[:500]
        request.version += 1
        request.save(update_fields=["state", "decided_at", "effect_says", "version"])
        emit_request("approval.changed", request, became=["moot"])


def tell_order(order_id: int | None) -> None:
    """The order shows what holds it; its stage is derived from that one floor below."""
    if order_id is not None:
        held = Hold.objects.filter(order_id=order_id, state="placed").order_by("id")
        note_holds(order_id, [{"id": hold.public_id, "says": hold.says} for hold in held])


def why_held(hold: Hold) -> dict[str, Any]:
    """Why something is held and what would release it, as a tree for the screen (B3).

    {"says", "rule", "since", "held", "case", "releases", "needs": [[condition, …], …]}: every inner list is one
    way out, whose conditions must all be met; each condition has says, met and owner.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for condition in hold.conditions:
        groups.setdefault(str(condition.get("group", "")), []).append(condition)
    return {
        "says": hold.says,
        "rule": hold.rule,
        "since": hold.placed_at,
        "held": hold.state == "placed",
        "case": hold.case_ref,
        "releases": releases(hold.conditions),
        "needs": list(groups.values()),
    }
