"""Asking for a release, taking the question back, and finding what waited too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts import clock
from apps.accounts.models import Team, User
from apps.approvals.errors import (
    AlreadyDecided,
    AlreadyRequested,
    NotAllowed,
    NotHeld,
    ReasonMissing,
)
from apps.approvals.models import Hold, Policy, Request
from apps.approvals.rules import digest, money
from apps.approvals.services.emit import emit_hold, emit_request
from apps.approvals.services.facts import facts_of, remember_shown
from apps.approvals.services.locks import lock_hold, lock_request
from apps.shipments.models import Document


@transaction.atomic
def request_release(
    hold: Hold, *, by: User, reason: str, documents: Sequence[Document], now: datetime
) -> Request:
    """Ask for a hold to be lifted, with evidence. The same person asking again gets the request that waits.

    Raises NotAllowed (role or scope), NotHeld, ReasonMissing, AlreadyRequested (somebody else asked).
    Rule: PRODUCT.md R192, R197, R198.
    """
    held = lock_hold(hold.pk)
    _may_ask(by, held)
    if held.state != "placed":
        raise NotHeld(
            "not_held", f"{held.record_name} is no longer held, so there is nothing to release."
        )
    if not reason.strip():
        raise ReasonMissing(
            "reason_missing", "Say why the hold should be lifted; the decider reads it."
        )
    waiting = (
        Request.objects.select_related("requested_by").filter(hold=held, state="pending").first()
    )
    if waiting is not None:
        return _asked_before(waiting, by)
    policy = Policy.objects.get(slug="invoice_release", active=True)
    request = Request.objects.create(
        policy=policy,
        kind="invoice_release",
        hold=held,
        order_id=held.order_id,
        shipment_id=held.shipment_id,
        case_ref=held.case_ref,
        title=f"Release {held.record_name}, {money(held.amount, held.currency)}",
        reason=reason.strip(),
        amount=held.amount,
        currency=held.currency,
        facts_digest=digest({}),
        requested_by=by,
        requested_at=now,
        due_at=due_of(policy, now),
        company_id=held.company_id,
        warehouse_id=held.warehouse_id,
        customer_id=held.customer_id,
    )
    request.evidence.set(documents)
    request.facts, request.facts_digest = facts_of(request)
    request.save(update_fields=["facts", "facts_digest"])
    remember_shown(request, request.facts, request.facts_digest, now)
    emit_request("approval.requested", request, actor=by.public_id, by=by.public_id)
    held.version += 1
    held.save(update_fields=["version", "changed_at"])
    emit_hold("hold.changed", held, actor=by.public_id, became=["requested"])
    return request


def _may_ask(by: User, hold: Hold) -> None:
    if not by.scope.covers(hold.company_id, hold.warehouse_id, hold.customer_id):
        raise NotAllowed(
            "out_of_scope", "This hold belongs to a company or warehouse that you do not work for."
        )
    if not by.may("release.request"):
        raise NotAllowed("role", "Your role cannot ask for a release.")


def _asked_before(waiting: Request, by: User) -> Request:
    if waiting.requested_by_id == by.pk:
        return waiting
    at = timezone.localtime(waiting.requested_at)
    raise AlreadyRequested(f"{waiting.requested_by} asked for this release at {at:%H:%M}.", waiting)


def due_of(policy: Policy, now: datetime) -> datetime:
    """When a decision is due: working minutes on the calendar of the first step's team."""
    slug = str(policy.steps[0]["role"]).replace("_", "-")
    team = Team.objects.filter(slug=slug).first()
    span = timedelta(minutes=policy.due_min)
    if team is None:
        return now + span
    return clock.add(clock.calendar(team.timezone, team.hours, team.holidays), now, span)


@transaction.atomic
def withdraw(request: Request, *, by: User, now: datetime) -> Request:
    """The asker takes the question back. Raises NotAllowed for anybody else, AlreadyDecided when it is over."""
    waiting = lock_request(request.pk)
    if waiting.requested_by_id != by.pk:
        raise NotAllowed("not_yours", "Only who asked can take this request back.")
    if waiting.state == "withdrawn":
        return waiting
    if waiting.state != "pending":
        raise AlreadyDecided(f"This request is over: {waiting.get_state_display().lower()}.", None)
    waiting.state, waiting.decided_at = "withdrawn", now
    waiting.version += 1
    waiting.save(update_fields=["state", "decided_at", "version"])
    emit_request("approval.changed", waiting, actor=by.public_id, became=["withdrawn"])
    return waiting


@transaction.atomic
def mark_overdue(now: datetime, limit: int = 200) -> int:
    """Mark requests that waited past their time, once each; returns how many (R158, R196)."""
    due = Request.objects.filter(state="pending", overdue_at=None, due_at__lt=now).order_by("id")
    late = list(
        due.select_for_update(skip_locked=True, no_key=True).values_list("id", flat=True)[:limit]
    )
    rows = Request.objects.select_related("policy", "hold", "order", "shipment")
    for request in rows.filter(id__in=late).order_by("id"):
        request.overdue_at = now
        request.version += 1
        request.save(update_fields=["overdue_at", "version"])
        emit_request("approval.changed", request, became=["overdue"])
    return len(late)
