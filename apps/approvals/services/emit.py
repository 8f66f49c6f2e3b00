"""The journal entries of holds and requests, built in one place so that all carry the same fields."""

from __future__ import annotations

from typing import Any

from apps.approvals.models import Hold, Request
from apps.journal.services import NewEntry, append


def emit_hold(kind: str, hold: Hold, /, actor: str = "system", **more: Any) -> None:
    """Append an entry about a hold, in the caller's transaction."""
    order, shipment = _ref(hold.order), _ref(hold.shipment)
    payload = {
        "version": hold.version,
        "kind": hold.kind,
        "connection": hold.connection,
        "model": hold.model,
        "record": hold.record_odoo_id,
        "reason": hold.reason,
        "case": hold.case_ref,
        "state": hold.state,
        "effect": hold.effect,
        "order": order,
        "shipment": shipment,
        "also": [ref for ref in (order, shipment, hold.case_ref) if ref],
        **more,
    }
    append(_entry(kind, hold, payload, actor))


def emit_request(kind: str, request: Request, /, actor: str = "system", **more: Any) -> None:
    """Append an entry about a request, in the caller's transaction."""
    order, shipment, hold = _ref(request.order), _ref(request.shipment), _ref(request.hold)
    payload = {
        "version": request.version,
        "kind": request.kind,
        "hold": hold,
        "policy": f"{request.policy.slug}.{request.policy.version}",
        "case": request.case_ref,
        "state": request.state,
        "effect": request.effect,
        "digest": request.facts_digest,
        "order": order,
        "shipment": shipment,
        "subject": request.subject_ref or None,
        "also": [
            ref for ref in (hold, order, shipment, request.case_ref, request.subject_ref) if ref
        ],
        **more,
    }
    append(_entry(kind, request, payload, actor))


def _entry(kind: str, row: Hold | Request, payload: dict[str, Any], actor: str) -> NewEntry:
    return NewEntry(
        kind,
        subject=row.public_id,
        payload=payload,
        actor=actor,
        company_id=row.company_id,
        warehouse_id=row.warehouse_id,
        customer_id=row.customer_id,
    )


def _ref(row: Any) -> str | None:
    return None if row is None else row.public_id
