"""Reads of the queue for screens and the API, always narrowed to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum
from django.http import Http404
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals.models import Hold, Request
from apps.approvals.services import why_held
from apps.exceptions.kinds import KINDS, CaseKind
from apps.exceptions.models import ActionRun, Case, CaseEvidence, CaseStep
from apps.exceptions.playbooks import ACTIONS, Action
from apps.shipments.models import Order
from apps.shipments.rules.truths import CUSTOMER_TITLES

VIEWS: Final = (
    "open",
    "mine",
    "unassigned",
    "breaching",
    "breached",
    "carrier",
    "customer",
    "approval",
    "at_risk",
    "blocked",
    "proof",
    "resolved",
    "all",
)


SHOWN: Final = 200
_Told = TypeVar("_Told", CaseStep, CaseEvidence)


def touching(user: User, order: Order) -> QuerySet[Case]:
    """The cases of an order, and those that name it among others (a late purchase it waits for), newest first."""
    named = CaseEvidence.objects.filter(kind="order", ref=order.public_id).values("case")
    rows = Case.objects.visible_to(user).filter(Q(order=order) | Q(pk__in=named))
    return rows.select_related("owner", "team").order_by("-opened_at")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the queue is narrowed by; empty values narrow nothing. order and shipment are public ids."""

    view: str = "open"
    kind: str = ""
    text: str = ""
    order: str = ""
    shipment: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """The filters in a query string; words nobody knows narrow nothing."""
        given = {
            name: query.get(name, "").replace("\x00", "").strip()[:80]
            for name in ("text", "order", "shipment")
        }
        view, kind = query.get("view", "open"), query.get("kind", "")
        return cls(view if view in VIEWS else "open", kind if kind in KINDS else "", **given)


def queue(user: User, filters: Filters = Filters(), now: datetime | None = None) -> QuerySet[Case]:
    """Cases in the person's scope with all that a row shows, the most urgent first."""
    at = now or timezone.now()
    rows = Case.objects.visible_to(user).filter(_view(filters.view, user, at))
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.order:
        rows = rows.filter(order__public_id=filters.order)
    if filters.shipment:
        rows = rows.filter(shipment__public_id=filters.shipment)
    if filters.text:
        rows = rows.filter(
            Q(title__icontains=filters.text)
            | Q(order__name__istartswith=filters.text)
            | Q(order__customer_name__istartswith=filters.text)
            | Q(shipment__reference__istartswith=filters.text)
            | Q(package__number__istartswith=filters.text.replace(" ", "").upper())
        )
    return rows.select_related(
        "order", "customer", "owner", "team", "shipment__carrier", "package__carrier"
    ).order_by("priority", "due_at", "id")


def _view(view: str, user: User, now: datetime) -> Q:
    is_open = ~Q(state="resolved")
    return {
        "open": is_open,
        "mine": is_open & Q(owner=user),
        "unassigned": is_open & Q(owner=None),
        "breaching": Q(state="open", due_at__gt=now, due_at__lte=now + timedelta(hours=1)),
        "breached": Q(state="open", due_at__lte=now),
        "carrier": Q(state="waiting", waiting_on="carrier"),
        "customer": Q(state="waiting", waiting_on="customer"),
        "approval": Q(state="waiting", waiting_on="approval"),
        "at_risk": is_open & _at_risk(now),
        "blocked": is_open
        & Q(Exists(Hold.objects.filter(order=OuterRef("order"), state="placed"))),
        "proof": is_open & Q(kind="missing_proof"),
        "resolved": Q(state="resolved"),
        "all": Q(),
    }[view]


def _at_risk(now: datetime) -> Q:
    """The promise lapses before the viewer's day ends, or has lapsed, and the goods are not there."""
    tomorrow = timezone.localtime(now).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) + timedelta(days=1)
    return Q(promise_at__lt=tomorrow, shipment__delivered_at=None)


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that is a filter: `view` opens exactly the rows it counts. sums are by currency."""

    view: str
    label: str
    count: int
    sums: dict[str, Decimal] = field(default_factory=dict)
    oldest_at: datetime | None = None


def tiles(user: User, now: datetime | None = None) -> list[Tile]:
    """The five numbers above the queue, in three statements however many cases there are."""
    at = now or timezone.now()
    open_rows = Case.objects.visible_to(user).exclude(state="resolved")
    wanted = {
        "at_risk": "At risk today",
        "breached": "Breached",
        "unassigned": "Unowned",
        "blocked": "Blocked",
        "proof": "Missing proof",
    }
    numbers: dict[str, Any] = {name: Count("id", filter=_view(name, user, at)) for name in wanted}
    found = open_rows.aggregate(**numbers, oldest=Min("due_at", filter=_view("breached", user, at)))
    promised = _sums(
        open_rows.filter(_at_risk(at))
        .exclude(currency="")
        .values("currency")
        .annotate(total=Sum("value"))
    )
    held = _held(user)
    return [
        Tile("at_risk", wanted["at_risk"], found["at_risk"], promised),
        Tile("breached", wanted["breached"], found["breached"], oldest_at=found["oldest"]),
        Tile("unassigned", wanted["unassigned"], found["unassigned"]),
        Tile("blocked", wanted["blocked"], found["blocked"], held["all"]),
        Tile("proof", wanted["proof"], found["proof"], held["missing_proof"]),
    ]


def _sums(rows: Any) -> dict[str, Decimal]:
    return {row["currency"]: row["total"] for row in rows.order_by()}


def _held(user: User) -> dict[str, dict[str, Decimal]]:
    rows = user.scope.narrow(Hold.objects.filter(state="placed")).order_by()
    sums: dict[str, dict[str, Decimal]] = {"all": {}, "missing_proof": {}}
    for row in rows.values("reason", "currency").annotate(total=Sum("amount")):
        for name in ("all", row["reason"]):
            place = sums.setdefault(name, {})
            place[row["currency"]] = place.get(row["currency"], Decimal(0)) + row["total"]
    return sums


def view_counts(user: User, now: datetime | None = None) -> dict[str, int]:
    """How many rows each view holds, in one statement."""
    at = now or timezone.now()
    names = [name for name in VIEWS if name not in ("all", "resolved")]
    return Case.objects.visible_to(user).aggregate(
        **{name: Count("id", filter=_view(name, user, at)) for name in names}
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """An action as this person sees it; `refusal` says why the button is disabled, if it is."""

    action: Action
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case with everything its pane shows."""

    case: Case
    kind: CaseKind
    steps: list[CaseStep]
    evidence: list[CaseEvidence]
    runs: list[ActionRun]
    offers: list[Offer]
    holds: list[tuple[Hold, dict[str, Any]]]
    requests: list[Request]
    customer_sees: str


def case(user: User, public_id: str) -> CaseView:
    """One case; Http404 when it is not there or not theirs. A handful of statements, however long its story."""
    found = case_row(user, public_id)
    holds = list(
        user.scope.narrow(Hold.objects.filter(_about(found))).order_by(F("state").asc(), "-id")[:20]
    )
    requests = user.scope.narrow(Request.objects.filter(_about(found))).select_related(
        "requested_by", "policy", "hold"
    )
    return CaseView(
        case=found,
        kind=KINDS[found.kind],
        steps=newest(found.steps.select_related("by")),
        evidence=newest(found.evidence.all()),
        runs=list(found.actions.select_related("by").order_by("at", "id")),
        offers=[Offer(action, _refusal(found, action, user, holds)) for action in _actions(found)],
        holds=[(hold, why_held(hold)) for hold in holds],
        requests=list(requests.order_by("-id")[:20]),
        customer_sees=CUSTOMER_TITLES.get(found.shipment.customer_status, "")
        if found.shipment
        else "",
    )


def newest(rows: QuerySet[_Told]) -> list[_Told]:
    """The newest 200 of a case's steps or evidence, oldest first: a code nobody mapped is seen a million times."""
    return list(rows.order_by("-at", "-id")[:SHOWN])[::-1]


def case_row(user: User, public_id: str) -> Case:
    """The case alone, with what a row shows; Http404 when it is not there or not theirs."""
    rows = Case.objects.visible_to(user).select_related(
        "order", "customer", "owner", "team", "shipment__carrier", "package__carrier"
    )
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise Http404("No such case.")
    return found


def _about(case: Case) -> Q:
    about = Q(case_ref=case.public_id)
    return about | Q(order_id=case.order_id) if case.order_id else about


def _actions(case: Case) -> list[Action]:
    return [ACTIONS[key] for key in KINDS[case.kind].actions]


def _refusal(case: Case, action: Action, user: User, holds: list[Hold]) -> str:
    """Why this person cannot do this now, as a sentence; the services refuse the same."""
    if case.state == "resolved":
        return "This case is closed."
    if not user.may(action.needs):
        return "Your role cannot do this."
    if action.effect == "approval" and not any(hold.state == "placed" for hold in holds):
        return "No invoice is held because of this case."
    if action.effect != "approval" and case.owner is not None and case.owner_id != user.pk:
        return f"{case.owner} has this case."
    return ""
