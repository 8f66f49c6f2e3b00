"""Asking for something to be done in Odoo that policy says must be approved first (R173, R175, R180, R181, R190).

One path for every kind of command: the room that carries commands asks `policy_for`, stores the command as waiting
for approval, and hears of the decision through the journal. What a kind's facts are now, that room says (`reads`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.approvals.models import Policy, Request
from apps.approvals.rules import applies, digest
from apps.approvals.services.emit import emit_request
from apps.approvals.services.facts import facts_of, remember_shown
from apps.approvals.services.requests import due_of
from apps.shipments.models import Order, Shipment


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done. subject is the public id of the command (of the report, for a change of stock); amount
    is what is at stake, if known.
    """

    subject: str
    title: str
    reason: str
    order: Order | None
    shipment: Shipment | None
    company_id: int | None
    warehouse_id: int | None
    customer_id: int | None
    amount: Decimal = field(default=Decimal(0))
    currency: str = ""
    case_ref: str = ""


def policy_for(kind: str, about: Mapping[str, Any]) -> Policy | None:
    """The active policy that a command of this kind needs an approval under; None: it goes straight out.

    about is what its condition is held against (`rules.applies`): amount, currency, invoiced.
    """
    policy = Policy.objects.filter(slug=f"command_{kind}"[:50], active=True).first()
    return policy if policy is not None and applies(policy.when, about) else None


@transaction.atomic
def request_command(
    policy: Policy, wish: Wish, *, by: User, now: datetime, kind: str = "command"
) -> Request:
    """Ask for a command (or what else `kind` says) to be approved, once per subject.

    The caller has checked right, scope and facts.
    """
    request = Request.objects.create(
        policy=policy,
        kind=kind,
        subject_ref=wish.subject,
        case_ref=wish.case_ref,
        order=wish.order,
        shipment=wish.shipment,
        title=wish.title[:200],
        reason=wish.reason,
        amount=wish.amount,
        currency=wish.currency,
        facts_digest=digest({}),
        requested_by=by,
        requested_at=now,
        due_at=due_of(policy, now),
        company_id=wish.company_id,
        warehouse_id=wish.warehouse_id,
        customer_id=wish.customer_id,
    )
    request.facts, request.facts_digest = facts_of(request)
    request.save(update_fields=["facts", "facts_digest"])
    remember_shown(request, request.facts, request.facts_digest, now)
    emit_request("approval.requested", request, actor=by.public_id, by=by.public_id)
    return request
