"""Reads of the approvals room for screens and the API, always narrowed to a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Prefetch, Q, QuerySet, Sum
from django.http import Http404
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals.models import Decision, Hold, Request
from apps.approvals.rules import Changed, changes
from apps.approvals.services import facts_of, may_decide, why_held
from apps.approvals.services.decisions import RIGHTS

_STEPS: Final = 4  # no policy has more of them
TABS: Final = ("mine", "pending", "asked", "decided", "all")


def inbox(user: User, tab: str = "pending") -> QuerySet[Request]:
    """Requests in the person's scope, what is due first on top; loaded with all that a row shows.

    tab: mine (they may be asked to decide), pending (anybody's), asked (their own), decided, all. A person
    whose role decides nothing finds `mine` empty.
    """
    rows = user.scope.narrow(Request.objects.all())
    if tab == "mine":
        rows = (
            rows.filter(state="pending").exclude(requested_by=user).exclude(evidence__added_by=user)
        )
        rows = rows.filter(_for_my_role(user))
    elif tab == "pending":
        rows = rows.filter(state="pending")
    elif tab == "asked":
        rows = rows.filter(requested_by=user)
    elif tab == "decided":
        rows = rows.exclude(state="pending")
    ordering = ("-decided_at", "-id") if tab == "decided" else ("state", "due_at", "id")
    return _loaded(rows).order_by(*(("-id",) if tab in ("asked", "all") else ordering))


def _for_my_role(user: User) -> Q:
    """Requests whose step now is for one of the person's roles, of kinds they may decide at all."""
    kinds = [kind for kind, right in RIGHTS.items() if user.may(right)]
    roles = [role.value for role in user.roles]
    turn = Q(pk__in=[])
    for number in range(_STEPS):
        turn |= Q(step=number, **{f"policy__steps__{number}__role__in": roles})
    return turn & Q(kind__in=kinds)


def _loaded(rows: QuerySet[Request]) -> QuerySet[Request]:
    decisions = Decision.objects.select_related("by").order_by("step")
    return rows.select_related(
        "policy", "hold__order", "hold__shipment", "order", "shipment", "requested_by", "customer"
    ).prefetch_related("evidence", Prefetch("decisions", queryset=decisions))


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request with everything its page shows.

    digest must be sent back as `seen` with a decision. refusal is (code, sentence) when this person may not
    decide, else None. moved names what changed since the request was made.
    """

    request: Request
    facts: dict[str, Any]
    digest: str
    moved: list[Changed]
    refusal: tuple[str, str] | None
    why: dict[str, Any] | None
    decisions: list[Decision] = field(default_factory=list)


def request(user: User, public_id: str) -> RequestView:
    """One request; Http404 when it is not there or not theirs. Facts are read now.

    A page that shows them calls `services.remember_shown`, so that a refusal can name what changed.
    """
    found = _loaded(user.scope.narrow(Request.objects.all())).filter(public_id=public_id).first()
    if found is None:
        raise Http404("No such request.")
    if found.state == "pending":
        facts, digest = facts_of(found)
    else:
        decided = found.decisions.order_by("-step").first()
        facts, digest = (
            (decided.facts, decided.seen) if decided else (found.facts, found.facts_digest)
        )
    return RequestView(
        request=found,
        facts=facts,
        digest=digest,
        moved=changes(found.facts, facts),
        refusal=may_decide(found, user) if found.state == "pending" else None,
        why=why_held(found.hold) if found.hold else None,
        decisions=list(found.decisions.all()),
    )


def holds(user: User, state: str = "placed") -> QuerySet[Hold]:
    """Holds in scope, newest first; state: placed, released, bypassed, moot, or empty for all."""
    rows = user.scope.narrow(Hold.objects.all())
    if state:
        rows = rows.filter(state=state)
    return rows.select_related("order", "shipment", "customer").order_by("-placed_at", "-id")


def hold(user: User, public_id: str) -> Hold:
    """One hold; Http404 when it is not there or not theirs."""
    found = holds(user, "").filter(public_id=public_id).first()
    if found is None:
        raise Http404("No such hold.")
    return found


def counts(user: User, now: datetime | None = None) -> dict[str, Any]:
    """Numbers over the inbox's tabs, in three statements: {"mine", "pending", "overdue", "held", "released_today"}.

    held and released_today are {"count", "sums": {currency: amount}}; today is the viewer's.
    """
    at = now or timezone.now()
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    waiting = user.scope.narrow(Request.objects.filter(state="pending")).aggregate(
        pending=Count("id"),
        overdue=Count("id", filter=Q(due_at__lt=at)),
    )
    mine = inbox(user, "mine").order_by().count()
    sums: dict[str, dict[str, Any]] = {
        "held": {"count": 0, "sums": {}},
        "released_today": {"count": 0, "sums": {}},
    }
    rows = user.scope.narrow(Hold.objects.all()).filter(
        Q(state="placed") | Q(state="released", ended_at__gte=midnight)
    )
    for row in (
        rows.order_by().values("state", "currency").annotate(n=Count("id"), total=Sum("amount"))
    ):
        place = sums["held" if row["state"] == "placed" else "released_today"]
        place["count"] += row["n"]
        place["sums"][row["currency"]] = row["total"]
    return {"mine": mine, **waiting, **sums}
