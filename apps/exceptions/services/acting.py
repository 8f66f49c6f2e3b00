"""Actions taken from a case, and what comes back from outside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals import services as approvals
from apps.approvals.models import Decision, Hold, Request
from apps.exceptions.errors import AlreadyTaken, BadInput, NotAllowed, UnknownAction
from apps.exceptions.kinds import KINDS
from apps.exceptions.models import ActionRun, Case
from apps.exceptions.playbooks import ACTIONS, Action, checked
from apps.exceptions.rules import Evidence
from apps.exceptions.services.adjustments import accept_adjustment, ask_adjustment
from apps.exceptions.services.cases import clear_case, open_case
from apps.exceptions.services.emit import add_step, entry_of
from apps.exceptions.services.locks import lock_case
from apps.exceptions.services.timing import go_on
from apps.exceptions.services.work import changed, must_be_open, must_see, start_wait
from apps.journal.services import append
from apps.shipments.models import Document


@transaction.atomic
def act(
    case: Case,
    action: str,
    *,
    by: User,
    data: Mapping[str, Any],
    now: datetime,
    documents: Sequence[Document] = (),
    key: str = "",
) -> ActionRun:
    """Do something about a case. The same action for the same cause again, or the same key, is the first one.

    data: the texts the action asks for (playbooks.ACTIONS[action].fields); documents: evidence, already stored.
    An unowned case becomes the actor's. Raises UnknownAction, NotAllowed, AlreadyTaken, AlreadyResolved,
    BadInput, and for request_release what `approvals.services.request_release` raises.
    """
    doing = ACTIONS.get(action)
    if doing is None or action not in KINDS[case.kind].actions:
        raise UnknownAction("unknown_action", "This kind of case has no such action.")
    approvals.lock_for_order(case.order_id)
    locked = lock_case(case.pk)
    _may_act(locked, doing, by)
    clean = checked(doing, data)
    unique = _key(locked, doing, clean, documents, key)
    first = ActionRun.objects.filter(key=unique).first()
    if first is not None:
        return first
    must_be_open(locked)
    run = ActionRun(case=locked, action=action, key=unique, data=clean, by=by, at=now)
    _own(locked, by, now)
    if doing.effect == "approval":
        _ask_approval(locked, run, clean, documents, by, now)
    elif doing.effect == "adjustment":
        ask_adjustment(locked, run, clean["reason"], by, now)
    elif doing.effect == "carrier":
        _ask_carrier(locked, run, doing, by, now)
    else:
        run.state, run.state_says = "done", clean.get("text", "")
        run.save()
        add_step(
            locked,
            "acted",
            f"{doing.label}: {clean.get('text', '')}",
            now,
            by,
            {"run": run.public_id},
        )
    changed(locked, by, now, "acted")
    return run


def _may_act(case: Case, action: Action, by: User) -> None:
    if not by.may(action.needs):
        raise NotAllowed("role", f"Your role cannot do this: {action.label.lower()}.")
    must_see(case, by)
    if case.owner is not None and case.owner_id != by.pk and action.effect != "approval":
        raise AlreadyTaken(
            "already_taken", f"{case.owner} has this case; ask them, or have it assigned to you."
        )


def _key(
    case: Case, action: Action, data: Mapping[str, str], documents: Sequence[Document], key: str
) -> str:
    """One run for one cause: a new attempt of the carrier, or a failed run, allows the action again."""
    if key:
        return f"{case.public_id}:{action.key}:key:{key}"[:160]
    if action.effect == "carrier" and action.key != "ask_carrier":
        failed = case.actions.filter(action=action.key, state="failed").count()
        return f"{case.public_id}:{action.key}:{case.count}:{failed}"
    told = json.dumps([data, sorted(document.sha256 for document in documents)], sort_keys=True)
    if action.effect == "approval":
        told += str(case.actions.filter(action=action.key).exclude(state="waiting").count())
    return f"{case.public_id}:{action.key}:{hashlib.sha256(told.encode()).hexdigest()}"


def _own(case: Case, by: User, now: datetime) -> None:
    if case.owner_id is None and by.may("case.work"):
        case.owner, case.taken_at = by, now
        add_step(case, "taken", f"{by} took the case.", now, by)


def _ask_carrier(case: Case, run: ActionRun, action: Action, by: User, now: datetime) -> None:
    run.save()
    add_step(case, "acted", f"{action.label}{_when(run.data)}", now, by, {"run": run.public_id})
    start_wait(case, "carrier", now)
    approvals.note_involvement(
        order=case.order, shipment=case.shipment, user=by, did=action.did, now=now
    )
    payload = {
        "action": run.action,
        "case": case.public_id,
        "run": run.public_id,
        "shipment": case.shipment.public_id if case.shipment else None,
        "package": case.package.public_id if case.package else None,
        "order": case.order.public_id if case.order else None,
        "data": run.data,
    }
    append(entry_of("action.requested", case, payload, by))


def _when(data: Mapping[str, str]) -> str:
    if "date" not in data:
        return f": {data['text']}" if data.get("text") else ""
    span = f", {data['from']} to {data['to']}" if data.get("from") and data.get("to") else ""
    return f" for {data['date']}{span}"


def _ask_approval(
    case: Case,
    run: ActionRun,
    data: Mapping[str, str],
    documents: Sequence[Document],
    by: User,
    now: datetime,
) -> None:
    hold = Hold.objects.filter(case_ref=case.public_id, state="placed").order_by("id").first()
    if hold is None and case.order_id is not None:
        hold = Hold.objects.filter(order_id=case.order_id, state="placed").order_by("id").first()
    if hold is None:
        raise BadInput(
            "not_held", "No invoice is held because of this case, so there is nothing to release."
        )
    request = approvals.request_release(
        hold, by=by, reason=data.get("reason", ""), documents=documents, now=now
    )
    run.data = {**data, "request": request.public_id, "hold": hold.public_id}
    run.state_says = f"{request.title}: waiting for finance."
    run.save()
    add_step(
        case,
        "acted",
        f"Asked finance to release {hold.record_name}.",
        now,
        by,
        {"request": request.public_id},
    )
    start_wait(case, "approval", now)


_RUN_WORDS = {
    "waiting": "Sending",
    "sent": "Sent",
    "done": "Done",
    "failed": "Failed",
    "manual": "Done by hand",
}


@transaction.atomic
def record_run(ref: str, state: str, says: str, *, at: datetime | None = None) -> ActionRun:
    """What became of an action outside: sent, done, failed, manual. ref is the run's public id.

    The same word again changes nothing. A failure ends the wait, so that somebody looks. Raises DoesNotExist for
    an unknown run, KeyError for an unknown state.
    """
    word, now = _RUN_WORDS[state], at or timezone.now()
    case = lock_case(ActionRun.objects.values_list("case_id", flat=True).get(public_id=ref))
    run = ActionRun.objects.select_for_update(no_key=True).get(public_id=ref)
    if (run.state, run.state_says) == (state, says[:400]):
        return run
    if (run.state, state) == ("done", "sent"):
        return run  # who does the work was quicker than the word that it was asked for
    run.state, run.state_says = state, says[:400]
    run.save(update_fields=["state", "state_says"])
    label = ACTIONS[run.action].label if run.action in ACTIONS else run.action
    add_step(case, f"action_{state}", f"{label}: {says or word}", now, None, {"run": run.public_id})
    if case.state == "resolved":
        changed(case, None, now, "action")
        return run
    if state == "failed":
        _look_again(case, f"{label} failed: {says}"[:160], now)
    elif case.waiting_on == "carrier":
        case.next_step = (
            f"{label} sent, waiting for the carrier" if state == "sent" else case.next_step
        )
    changed(case, None, now, "action")
    return run


def _look_again(case: Case, next_step: str, now: datetime) -> None:
    if case.state == "waiting":
        go_on(case, now)
        case.state, case.waiting_on = "open", ""
    case.next_step = next_step


@transaction.atomic
def follow_request(ref: str, *, now: datetime) -> None:
    """A request from a case has an answer: its run says so, and the case no longer waits for it. An overdue one
    is a case itself.

    Level-triggered: what is stored is what the request says now, however often and late this is called.
    """
    request = (
        Request.objects.filter(public_id=ref)
        .select_related("hold", "order", "shipment__order", "requested_by")
        .first()
    )
    if request is None or (request.state == "pending" and request.overdue_at is None):
        return
    approvals.lock_for_order(request.order_id)
    _follow_clock(request, now)
    if request.state == "pending":
        return
    about = Q(case__public_id=request.case_ref)
    if request.order_id is not None:
        about |= Q(case__order_id=request.order_id)
    asking = ("request_release", "request_adjustment")
    run = ActionRun.objects.filter(about, data__request=ref, action__in=asking).first()
    if run is None:
        return
    case = lock_case(run.case_id)
    last = request.decisions.select_related("by").order_by("-step").first()
    state, says = _answer(request, last)
    if (run.state, run.state_says) == (state, says):
        return
    answered = run.state == "waiting" and state != "waiting"
    run.state, run.state_says = state, says
    run.save(update_fields=["state", "state_says"])
    if answered:
        add_step(case, "answered", says, now, last.by if last else None, {"request": ref})
    waits = case.state == "waiting" and case.waiting_on in ("approval", "odoo")
    if waits and state in ("failed", "manual"):
        _look_again(case, KINDS[case.kind].next_step, now)  # rejected, or Odoo refused it
    elif waits and answered and request.kind == "stock_adjustment" and last is not None:
        accept_adjustment(case, by=last.by, says=says, now=now)
        return
    elif waits and answered:
        case.waiting_on, case.next_step = "odoo", "Waiting for Odoo"
    changed(case, None, now, "action")


def _follow_clock(request: Request, now: datetime) -> None:
    """A decision that is overdue is a case of its own, until it is made (PRODUCT.md R158)."""
    dedupe = f"approval_overdue:{request.public_id}"
    if request.state != "pending":
        clear_case(dedupe, says=f"{request.get_state_display()}.", now=now)
    else:
        open_case(
            "approval_overdue",
            dedupe,
            title=f"Overdue: {request.title}"[:200],
            says=f"{request.requested_by} asked for it; the case and the invoice wait for this decision.",
            subject=request.public_id,
            shipment=request.shipment,
            order=request.order,
            company_id=request.company_id,
            evidence=[Evidence("request", request.public_id, request.title, request.requested_at)],
            now=now,
        )


def _answer(request: Request, last: Decision | None) -> tuple[str, str]:
    """A request's state in the words of an action run."""
    if request.state == "rejected" and last is not None:
        return "failed", f"{last.by} rejected it: {last.reason}"[:400]
    if request.state == "granted" and last is not None:
        effect = f", {request.get_effect_display().lower()}" if request.effect != "none" else ""
        over = request.kind == "stock_adjustment"  # nothing has to go anywhere
        state = (
            "done" if over else {"applied": "done", "refused": "failed"}.get(request.effect, "sent")
        )
        why = (
            f": {request.effect_says}"
            if request.effect == "refused" and request.effect_says
            else ""
        )
        return state, f"{last.by} granted it{effect}{why}"[:400]
    return "manual", f"{request.get_state_display()}."
