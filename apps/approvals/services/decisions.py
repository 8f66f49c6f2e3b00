"""One person's word on one step: on the facts they saw, by somebody who had no hand in it, once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals.errors import AlreadyDecided, NotAllowed, ReasonMissing, StaleFacts
from apps.approvals.models import Decision, Effect, Involvement, Request
from apps.approvals.rules import Asked, Decider, refusal, step_of
from apps.approvals.services.emit import emit_hold, emit_request
from apps.approvals.services.facts import changed_since, facts_of, remember_shown
from apps.approvals.services.holds import release_hold
from apps.approvals.services.locks import lock_request
from apps.mirror.models import SaleOrder

VERDICTS = ("grant", "reject")
RIGHTS = {
    "invoice_release": "release.decide", "command": "command.decide", "stock_adjustment": "command.decide",
}  # fmt: skip
"""What deciding a kind of request needs, beside the role of its step."""


@transaction.atomic
def decide(
    request: Request, *, by: User, verdict: str, reason: str, seen: str, now: datetime
) -> Decision:
    """Grant or refuse one approval step.

    seen is the digest of the facts the decider was shown; raises StaleFacts(changed) if they are no longer so.
    Raises NotAllowed if by asked for it, had a hand in it, lacks the step's role, or is over their limit (in the
    request's currency); ReasonMissing for a rejection without a reason; AlreadyDecided if somebody else was
    faster. Deciding the same step twice the same way returns the first decision.
    Rule: PRODUCT.md R192, R197, R198, B8. The facts are locked before they are read, so none can change unseen.
    """
    if verdict not in VERDICTS:
        raise ValueError(f"a verdict is one of {', '.join(VERDICTS)}")
    asked = lock_request(request.pk)
    before = asked.decisions.select_related("by").order_by("-step").first()
    if (
        before is not None
        and (before.by_id, before.verdict) == (by.pk, verdict)
        and asked.state != "pending"
    ):
        return before
    refused = may_decide(asked, by)
    if refused is not None:
        raise NotAllowed(*refused)
    if asked.state != "pending":
        raise AlreadyDecided(_over(asked, before), before)
    if verdict == "reject" and not reason.strip():
        raise ReasonMissing("reason_missing", "Say why you reject it; who asked will read it.")
    facts, digest = facts_of(asked)
    if digest != seen:
        raise StaleFacts(changed_since(asked, seen, facts))
    remember_shown(asked, facts, digest, now)
    decision = Decision.objects.create(
        request=asked,
        step=asked.step,
        verdict=verdict,
        by=by,
        reason=reason.strip(),
        facts=facts,
        seen=digest,
        policy_version=asked.policy.version,
        at=now,
    )
    if verdict == "reject":
        _reject(asked, decision, now)
    else:
        _grant(asked, decision, now)
    return decision


def may_decide(request: Request, by: User) -> tuple[str, str] | None:
    """Why this person may not decide the request's current step, as (code, sentence); None when they may.

    The screen asks the same question to disable its button with the same sentence.
    """
    steps = request.policy.steps
    number = min(request.step, len(steps) - 1)
    decider = Decider(
        id=by.pk,
        roles=frozenset(role.value for role in by.roles),
        active=by.is_active,
        in_scope=by.scope.covers(request.company_id, request.warehouse_id, request.customer_id),
        may_decide=by.may(RIGHTS[request.kind]),
    )
    involved = Involvement.objects.filter(
        Q(order_id=request.order_id, order__isnull=False)
        | Q(shipment_id=request.shipment_id, shipment__isnull=False)
    )
    asked = Asked(
        amount=request.amount,
        currency=request.currency,
        requested_by=request.requested_by_id,
        involved=dict(involved.filter(user=by).values_list("user_id", "did")),
        added_evidence=frozenset(
            request.evidence.exclude(added_by=None).values_list("added_by_id", flat=True)
        ),
        decided_before=frozenset(
            request.decisions.filter(step__lt=request.step).values_list("by_id", flat=True)
        ),
        what="this release" if request.kind == "invoice_release" else "this",
        entered_by=_entered(request, by),
    )
    return refusal(decider, step_of(steps, number), asked)


def _entered(request: Request, by: User) -> frozenset[int]:
    """Whether this person is the salesperson who entered the order in Odoo, known by their e-mail address."""
    if request.order is None or request.kind == "invoice_release" or not by.email:
        return frozenset()
    mine = SaleOrder.objects.filter(
        connection=request.order.connection,
        odoo_id=request.order.odoo_id,
        salesperson_login__iexact=by.email,
    )
    return frozenset({by.pk}) if mine.exists() else frozenset()


def _over(request: Request, decision: Decision | None) -> str:
    if decision is None:
        return f"This request is over: {request.get_state_display().lower()}."
    at = timezone.localtime(decision.at)
    return f"{decision.by} {decision.get_verdict_display().lower()} this at {at:%H:%M}."


def _reject(request: Request, decision: Decision, now: datetime) -> None:
    request.state, request.decided_at = "rejected", now
    _store(request)
    _emit(request, "approval.rejected", decision)
    if request.hold is not None:
        request.hold.version += 1
        request.hold.save(update_fields=["version", "changed_at"])
        emit_hold("hold.changed", request.hold, actor=decision.by.public_id, became=["rejected"])


def _grant(request: Request, decision: Decision, now: datetime) -> None:
    request.step += 1
    if request.step < len(request.policy.steps):
        _store(request)
        emit_request("approval.changed", request, actor=decision.by.public_id, became=["step"])
        return
    request.state, request.decided_at = "granted", now
    goes_to_odoo = (
        request.subject_ref and request.kind != "stock_adjustment"
    )  # that happened already
    if request.hold is not None or goes_to_odoo:
        request.effect, request.effect_at = Effect.WAITING, now
    _store(request)
    _emit(request, "approval.granted", decision)
    if request.hold is not None:
        why = decision.reason or request.reason
        release_hold(request.hold, by=decision.by, why=why, now=now, request=request)


def _store(request: Request) -> None:
    request.version += 1
    request.save(update_fields=["state", "step", "decided_at", "effect", "effect_at", "version"])


def _emit(request: Request, kind: str, decision: Decision) -> None:
    emit_request(
        kind,
        request,
        actor=decision.by.public_id,
        by=decision.by.public_id,
        decision=decision.public_id,
    )
