"""What became of a decision in Odoo, told by the room that carried it there."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.approvals.models import Effect, Hold, Request
from apps.approvals.services.emit import emit_hold, emit_request
from apps.approvals.services.holds import drop_requests, tell_order
from apps.approvals.services.locks import lock_hold
from apps.mirror.models import Invoice


@transaction.atomic
def record_effect(
    ref: str, effect: str, says: str, at: datetime, *, still_held: bool | None = None
) -> None:
    """Write down how far the command of a hold or request has come; `ref` is either one's public id.

    effect: waiting, sending, applied, refused, parked; says is the sentence for the screen. News older than
    what is known is dropped. A refused release puts the hold back (placed), or marks it bypassed when Odoo no
    longer holds: `still_held` is what Odoo answered; None asks the mirror. Unknown ids raise DoesNotExist.
    """
    word = Effect(effect)
    hold, request = _named(ref)
    if hold is not None:
        hold = lock_hold(hold.pk)
        if hold.effect_at is not None and hold.effect_at > at:
            return
        _on_hold(hold, word, says, at, still_held)
    if request is not None:
        _on_request(
            Request.objects.select_for_update(no_key=True).get(pk=request.pk), word, says, at
        )
    if hold is not None:
        tell_order(hold.order_id)


def _named(ref: str) -> tuple[Hold | None, Request | None]:
    """The hold and the granted request that a reference stands for: one decision, seen from both pages."""
    if ref.startswith("req_"):
        request = Request.objects.select_related("hold").get(public_id=ref)
        return request.hold, request
    hold = Hold.objects.get(public_id=ref)
    granted = hold.requests.filter(state="granted").order_by("-decided_at", "-id").first()
    return hold, granted if hold.state == "released" or granted is None else _unfinished(granted)


def _unfinished(request: Request) -> Request | None:
    return request if request.effect in (Effect.WAITING, Effect.SENDING, Effect.PARKED) else None


def _on_hold(hold: Hold, effect: Effect, says: str, at: datetime, still_held: bool | None) -> None:
    became = ["effect"]
    if effect == Effect.REFUSED and hold.state == "released":
        hold.state = "placed" if _holds(hold, still_held) else "bypassed"
        if hold.state == "placed" and _held_anew(hold):
            hold.state = "moot"  # a newer hold says the same of the same invoice
        became.append("state")
        if hold.state == "placed":
            hold.ended_at, hold.ended_by, hold.ended_why = None, "", ""
            for condition in hold.conditions:
                condition["met"] = condition["met"] and condition["code"] != "finance_accepts"
    hold.effect, hold.effect_says, hold.effect_at = effect, says[:500], at
    hold.version += 1
    hold.save()
    emit_hold("hold.changed", hold, became=became)
    if hold.state == "bypassed" and "state" in became:
        emit_hold("hold.bypassed", hold)


def _held_anew(hold: Hold) -> bool:
    return (
        Hold.objects.filter(
            connection=hold.connection,
            model=hold.model,
            record_odoo_id=hold.record_odoo_id,
            reason=hold.reason,
            state="placed",
        )
        .exclude(pk=hold.pk)
        .exists()
    )


def _holds(hold: Hold, still_held: bool | None) -> bool:
    if still_held is not None:
        return still_held
    return Invoice.objects.filter(
        connection=hold.connection, odoo_id=hold.record_odoo_id, payment_state="blocked"
    ).exists()


def _on_request(request: Request, effect: Effect, says: str, at: datetime) -> None:
    request.effect, request.effect_says, request.effect_at = effect, says[:500], at
    request.version += 1
    request.save(update_fields=["effect", "effect_says", "effect_at", "version"])
    emit_request("approval.changed", request, became=["effect"])


@transaction.atomic
def mark_bypassed(hold: Hold, *, says: str, now: datetime) -> Hold:
    """Somebody lifted this hold in Odoo by hand. Found by the mirror; opens a case one floor up."""
    held = lock_hold(hold.pk)
    if held.state != "placed":
        return held
    held.state, held.ended_at, held.ended_by, held.ended_why = (
        "bypassed",
        now,
        "somebody in Odoo",
        says[:400],
    )
    held.version += 1
    held.save()
    emit_hold("hold.bypassed", held)
    drop_requests(held, now, says)
    tell_order(held.order_id)
    return held
