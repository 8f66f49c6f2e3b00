"""The facts a decision stands on, as they are now, and those that were shown to somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.approvals.models import Request, ShownFacts
from apps.approvals.rules import Changed, changes, digest
from apps.approvals.services.emit import emit_request
from apps.approvals.services.locks import lock_request
from apps.mirror.models import Invoice
from apps.shipments.models import Order, Shipment

Reader = Callable[[Request], dict[str, Any]]
_readers: dict[str, Reader] = {}


def reads(kind: str) -> Callable[[Reader], Reader]:
    """Register what a room above knows of requests of this kind: their facts as they are now, as texts."""

    def register(reader: Reader) -> Reader:
        _readers[kind] = reader
        return reader

    return register


def facts_of(request: Request) -> tuple[dict[str, Any], str]:
    """What a decider must know, read now, and its digest.

    Texts and lists only, so that they survive JSON unchanged; amounts are decimal texts. Does not write.
    """
    facts: dict[str, Any] = {"currency": request.currency}
    hold = request.hold
    if hold is not None:
        facts["hold_state"] = type(hold).objects.values_list("state", flat=True).get(pk=hold.pk)
        facts |= _invoice(hold.connection, hold.record_odoo_id)
    if request.kind in _readers:
        facts |= _readers[request.kind](request)
    facts |= _order(request.order_id)
    facts["evidence"] = [
        {"id": document.public_id, "name": document.name, "sha256": document.sha256}
        for document in request.evidence.order_by("id")
    ]
    return facts, digest(facts)


def changed_since(request: Request, seen: str, now: dict[str, Any]) -> list[Changed]:
    """What differs between the facts somebody was shown and now; everything, if that digest was never shown."""
    shown = (
        ShownFacts.objects.filter(request=request, digest=seen)
        .values_list("facts", flat=True)
        .first()
    )
    return changes(shown, now)


def remember_shown(request: Request, facts: dict[str, Any], seen: str, at: datetime) -> None:
    """Keep the facts behind a digest that is about to be shown; the same digest again only moves its time."""
    ShownFacts.objects.bulk_create(
        [ShownFacts(request=request, digest=seen, facts=facts, at=at)],
        update_conflicts=True,
        update_fields=["at"],
        unique_fields=["request", "digest"],
    )


@transaction.atomic
def refresh_facts(request_ids: Iterable[int], *, now: datetime) -> int:
    """Look again at the facts of pending requests; those that moved get a new version. Returns how many did.

    What the asker saw stays in `facts`; the new snapshot goes to ShownFacts, and open pages hear of it.
    """
    moved = 0
    for request_id in sorted(set(request_ids)):
        request = lock_request(request_id)
        if request.state != "pending":
            continue
        facts, seen = facts_of(request)
        newest = request.shown.order_by("-at", "-id").values_list("digest", flat=True).first()
        if seen in (newest, None):
            continue
        remember_shown(request, facts, seen, now)
        request.version += 1
        request.save(update_fields=["version"])
        emit_request("approval.changed", request, became=["facts"])
        moved += 1
    return moved


def _invoice(connection: str, odoo_id: int) -> dict[str, Any]:
    invoice = Invoice.objects.filter(connection=connection, odoo_id=odoo_id).first()
    if invoice is None or invoice.gone_at is not None:
        return {"invoice": None, "invoice_state": "gone"}
    return {
        "invoice": invoice.name,
        "invoice_state": invoice.state,
        "payment_state": invoice.payment_state,
        "amount_total": _amount(invoice.amount_total),
        "amount_residual": _amount(invoice.amount_residual),
        "currency": invoice.currency,
    }


def _order(order_id: int | None) -> dict[str, Any]:
    if order_id is None:
        return {}
    order = Order.objects.get(pk=order_id)
    facts: dict[str, Any] = {
        "order": order.name,
        "order_stage": order.stage,
        "order_amount": _amount(order.amount_total),
    }
    for shipment in Shipment.objects.filter(order_id=order_id).order_by("id"):
        facts[f"shipment {shipment.reference}"] = {
            "id": shipment.public_id,
            "status": shipment.execution_status,
            "delivered_at": shipment.delivered_at.isoformat() if shipment.delivered_at else None,
            "proof": shipment.has_proof,
            "exception": shipment.exception_reason,
        }
    return facts


def _amount(value: Decimal) -> str:
    return f"{value:.4f}"
