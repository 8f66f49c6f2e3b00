"""The journal entries and history steps of cases, built in one place so that all look alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.exceptions.models import Case, CaseStep
from apps.journal.services import NewEntry, append


def emit_case(kind: str, case: Case, /, actor: User | None = None, **more: Any) -> None:
    """Append an entry about a case, in the caller's transaction."""
    shipment, package, order = _ref(case.shipment), _ref(case.package), _ref(case.order)
    payload = {
        "version": case.version,
        "kind": case.kind,
        "state": case.state,
        "team": case.team.slug,
        "owner": _ref(case.owner),
        "priority": case.priority,
        "shipment": shipment,
        "package": package,
        "order": order,
        "also": [ref for ref in (shipment, order) if ref],
        **more,
    }
    append(entry_of(kind, case, payload, actor))


def entry_of(kind: str, case: Case, payload: dict[str, Any], by: User | None) -> NewEntry:
    """An entry with the case's scope and actor."""
    return NewEntry(
        kind,
        subject=case.public_id,
        payload=payload,
        actor=by.public_id if by else "system",
        company_id=case.company_id,
        warehouse_id=case.warehouse_id,
        customer_id=case.customer_id,
    )


def add_step(
    case: Case,
    kind: str,
    says: str,
    at: datetime,
    by: User | None = None,
    data: dict[str, Any] | None = None,
) -> CaseStep:
    """One line of the case's own history."""
    return CaseStep.objects.create(case=case, kind=kind, says=says, by=by, at=at, data=data or {})


def _ref(row: Any) -> str | None:
    return None if row is None else row.public_id
