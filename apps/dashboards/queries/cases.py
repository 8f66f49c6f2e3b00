"""The queue and one case, narrowed to a person."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.http import QueryDict
from guardian.shortcuts import get_users_with_perms

from apps.accounts.models import User
from apps.approvals.models import Hold, Request
from apps.approvals.services import why_held
from apps.dashboards.queries import timeline
from apps.exceptions.kinds import KINDS
from apps.exceptions.models import Case, CaseEvidence, CaseStep
from apps.exceptions.queries import SHOWN, newest
from apps.shipments.models import Document, Package, Shipment

LIMIT = 200
VIEWS = {
    "": "All open", "mine": "Mine", "unassigned": "Unassigned", "breaching": "Breaching in 1 h", "breached": "Breached",
    "act": "Act now", "carrier": "Waiting on carrier", "customer": "Waiting on customer",
    "approval": "Waiting on approval", "proof": "Missing proof", "resolved": "Closed in the last 24 h",
}  # fmt: skip
SORTS = {
    "clock": ("resolved_at", "state", "due_at", "id"),
    "promise": (F("promise_at").asc(nulls_last=True), "id"),
    "opened": ("-opened_at", "-id"),
    "value": ("-value", "id"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address says: which view, which kind, what text, which order."""

    view: str = ""
    kind: str = ""
    q: str = ""
    sort: str = "clock"

    @classmethod
    def from_query(cls, query: QueryDict) -> "Filters":
        """Unknown words are ignored, never an error: addresses are pasted and edited by hand."""
        view, kind, sort = query.get("view", ""), query.get("kind", ""), query.get("sort", "")
        return cls(
            view if view in VIEWS else "", kind if kind in KINDS else "",
            query.get("q", "").strip()[:80], sort if sort in SORTS else "clock",
        )  # fmt: skip

    def query(self, **other: str) -> str:
        """The address's part behind `?`, with some words exchanged."""
        chosen = replace(self, **other)
        words = {"view": chosen.view, "kind": chosen.kind, "q": chosen.q}
        words["sort"] = "" if chosen.sort == "clock" else chosen.sort
        return urlencode({name: word for name, word in words.items() if word})


def queue(
    user: User, filters: Filters, now: datetime, ids: Iterable[str] | None = None
) -> list[Case]:
    """The rows of a view in its order, at most LIMIT; with `ids` only those of them that fit."""
    rows = _fitting(Case.objects.visible_to(user), user, filters, now)
    if ids is not None:
        rows = rows.filter(public_id__in=list(ids))
    return list(_with_row_parts(rows).order_by(*SORTS[filters.sort])[:LIMIT])


def named(user: User, ids: Iterable[str]) -> list[Case]:
    """Rows by id whether or not a view shows them; those out of scope are simply not there."""
    return list(_with_row_parts(Case.objects.visible_to(user).filter(public_id__in=list(ids))))


def _with_row_parts(rows: "QuerySet[Case]") -> "QuerySet[Case]":
    return rows.select_related(
        "order", "customer", "owner", "team", "shipment__carrier", "package__carrier"
    )


def _fitting(
    rows: "QuerySet[Case]", user: User, filters: Filters, now: datetime
) -> "QuerySet[Case]":
    if filters.view == "resolved":
        rows = rows.filter(state="resolved", resolved_at__gte=now - timedelta(hours=24))
    else:
        rows = rows.exclude(state="resolved").filter(_view(filters.view, user, now))
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.q:
        rows = rows.filter(
            Q(order__name__icontains=filters.q) | Q(order__customer_name__icontains=filters.q)
            | Q(title__icontains=filters.q) | Q(package__number__icontains=filters.q.replace(" ", ""))
            | Q(shipment__reference__icontains=filters.q)
        )  # fmt: skip
    return rows


def _view(view: str, user: User, now: datetime) -> Q:
    return {
        "mine": Q(owner=user),
        "unassigned": Q(owner=None),
        "breaching": Q(state="open", due_at__lte=now + timedelta(hours=1)),
        "breached": Q(state="open", due_at__lte=now),
        "act": Q(priority=1, state="open"),
        "proof": Q(kind="missing_proof"),
        "carrier": Q(waiting_on="carrier"),
        "customer": Q(waiting_on="customer"),
        "approval": Q(waiting_on="approval"),
    }.get(view, Q())


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that is a filter."""

    view: str
    label: str
    value: int
    note: str
    current: bool = False


def tiles(user: User, filters: Filters, now: datetime) -> list[Tile]:
    """Six numbers over everything the person sees, each of them a view of the queue."""
    visible = Case.objects.visible_to(user)
    found = visible.aggregate(
        act=Count("id", filter=Q(state="open", priority=1)),
        breached=Count("id", filter=Q(state="open", due_at__lte=now)),
        oldest=Min("due_at", filter=Q(state="open", due_at__lte=now)),
        unassigned=Count("id", filter=Q(owner=None) & ~Q(state="resolved")),
        carrier=Count("id", filter=Q(waiting_on="carrier") & ~Q(state="resolved")),
        proof=Count("id", filter=Q(kind="missing_proof") & ~Q(state="resolved")),
        resolved=Count(
            "id", filter=Q(state="resolved", resolved_at__gte=now - timedelta(hours=24))
        ),
    )
    held = (
        user.scope.narrow(Hold.objects.filter(state="placed"))
        .values("currency")
        .annotate(sum=Sum("amount"))
    )
    return _tiles(found, [(row["currency"], row["sum"]) for row in held], filters, now)


def _tiles(
    found: dict[str, Any], held: list[tuple[str, Any]], filters: Filters, now: datetime
) -> list[Tile]:
    from apps.dashboards.wording import money, span

    overdue = f"oldest {span(now - found['oldest'])} over" if found["oldest"] else "none over time"
    sums = " + ".join(money(amount, currency) for currency, amount in held)
    notes = {
        "act": ("Act now", "highest priority"),
        "breached": ("Breached", overdue),
        "unassigned": ("Unowned", "target 0"),
        "carrier": ("With the carrier", "their clock, not ours"),
        "proof": ("Missing proof", f"{sums} held" if sums else "nothing held"),
        "resolved": ("Closed", "in the last 24 h"),
    }
    return [
        Tile(view, label, found[view], note, filters.view == view)
        for view, (label, note) in notes.items()
    ]


@dataclass(slots=True)
class Detail:
    """A case with all that its pane shows."""

    case: Case
    shipment: Shipment | None
    packages: list[Package]
    lines: list[timeline.Line]
    holds: list[tuple[Hold, dict[str, Any]]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    evidence: list[CaseEvidence] = field(default_factory=list)
    steps: list[CaseStep] = field(default_factory=list)

    @property
    def is_long(self) -> bool:
        """Whether more has happened than the pane tells."""
        return SHOWN in (len(self.evidence), len(self.steps))

    @property
    def live_ids(self) -> str:
        """Everything whose change changes this pane."""
        holds = [hold for hold, _ in self.holds]
        rows: list[Any] = [
            self.case,
            self.shipment,
            self.case.order,
            *self.packages,
            *self.requests,
            *holds,
        ]
        return " ".join(row.public_id for row in rows if row is not None)


def detail(user: User, public_id: str) -> Detail | None:
    """One case with its story, or None when it does not exist in the person's scope."""
    rows = Case.objects.visible_to(user).select_related(
        "order",
        "customer",
        "company",
        "owner",
        "team",
        "shipment__carrier",
        "shipment__order",
        "package__carrier",
    )
    case = rows.filter(public_id=public_id).first()
    if case is None:
        return None
    shipment = case.shipment
    packages = _packages(case)
    events = timeline.events_of(package.pk for package in packages)
    steps = newest(case.steps.select_related("by"))
    lines = timeline.newest_first(
        timeline.of_events(events, several=len(packages) > 1),
        timeline.of_steps(steps),
        timeline.of_odoo([shipment] if shipment else []),
    )
    holds = _holds(user, case)
    return Detail(
        case, shipment, packages, lines, holds,
        requests=_requests(user, case), documents=_documents(user, case), evidence=newest(case.evidence.all()), steps=steps,
    )  # fmt: skip


def _packages(case: Case) -> list[Package]:
    if case.shipment_id:
        return list(
            Package.objects.filter(links__shipment_id=case.shipment_id)
            .select_related("carrier")
            .order_by("id")
        )
    return [case.package] if case.package else []


def _about(case: Case) -> Q:
    about = Q(pk=None)
    if case.order_id:
        about |= Q(order_id=case.order_id)
    if case.shipment_id:
        about |= Q(shipment_id=case.shipment_id)
    return about


def _holds(user: User, case: Case) -> list[tuple[Hold, dict[str, Any]]]:
    rows = user.scope.narrow(Hold.objects.filter(_about(case))).order_by("-placed_at")[:5]
    return [
        (hold, why_held(hold)) for hold in rows if hold.state in ("placed", "released", "bypassed")
    ]


def _requests(user: User, case: Case) -> list[Request]:
    rows = user.scope.narrow(Request.objects.filter(_about(case))).select_related(
        "requested_by", "hold"
    )
    return list(rows.order_by("-requested_at")[:5])


def _documents(user: User, case: Case) -> list[Document]:
    rows = user.scope.narrow(Document.objects.filter(_about(case))).select_related(
        "added_by", "accepted_by"
    )
    return list(rows.order_by("-added_at")[:20])


def colleagues(case: Case) -> list[User]:
    """Who could be given this case: people who work on cases and were granted its company."""
    rows = User.objects.filter(
        groups__name__in=["operations", "customer_service"], is_active=True, is_service=False
    )
    if case.company is not None:
        granted: Any = get_users_with_perms(
            case.company, only_with_perms_in=["see_company"], with_group_users=False
        )
        rows = rows.filter(pk__in=[person.pk for person in granted])
    return list(rows.distinct().order_by("name")[:50])
