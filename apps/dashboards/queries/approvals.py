"""The inbox of finance: what waits for a decision, what is held, what was released today; narrowed to a person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals.models import Decision, Hold, Request
from apps.approvals.rules import fact_words
from apps.approvals.services import facts_of, may_decide, why_held
from apps.dashboards.wording import money
from apps.exceptions.models import Case
from apps.shipments.models import Document

LIMIT = 200
TABS = {
    "waiting": "Needs a decision",
    "held": "Held",
    "released": "Released today",
    "asked": "Asked by me",
}


@dataclass(slots=True)
class Row:
    """One line of the inbox, a request or a hold, in the same columns."""

    item: Request | Hold
    document: str
    customer: str
    why: str
    requester: User | None
    due_at: datetime | None
    since: datetime
    evidence: str
    policy: str
    left: bool = False

    @property
    def public_id(self) -> str:
        return self.item.public_id


def rows(user: User, tab: str, now: datetime, ids: Iterable[str] | None = None) -> list[Row]:
    """The lines of a tab; `ids` keeps only those of them."""
    return [_row(item) for item in _items(user, tab, now, ids)]


def named(user: User, ids: Sequence[str]) -> list[Row]:
    """Lines by id whether or not a tab shows them."""
    requests = _requests(user).filter(public_id__in=[one for one in ids if one.startswith("req_")])
    holds = _holds(user).filter(public_id__in=[one for one in ids if one.startswith("hld_")])
    found: list[Request | Hold] = [*requests, *holds]
    return [_row(item) for item in found]


def _items(user: User, tab: str, now: datetime, ids: Iterable[str] | None) -> list[Request | Hold]:
    found: QuerySet[Any]
    if tab == "held":
        found = _holds(user).filter(state="placed").order_by("-amount", "id")
    elif tab == "released":
        found = (
            _holds(user).filter(state="released", ended_at__gte=_today(now)).order_by("-ended_at")
        )
    elif tab == "asked":
        found = _requests(user).filter(requested_by=user).order_by("-requested_at")
    else:
        found = _requests(user).filter(state="pending").order_by("due_at", "id")
    return list(found.filter(public_id__in=list(ids))[:LIMIT] if ids is not None else found[:LIMIT])


def _requests(user: User) -> "QuerySet[Request]":
    rows = user.scope.narrow(Request.objects.all())
    return rows.select_related(
        "order", "hold", "policy", "requested_by", "customer"
    ).prefetch_related(
        Prefetch("evidence", Document.objects.only("id", "public_id", "name"), to_attr="files")
    )


def _holds(user: User) -> "QuerySet[Hold]":
    waiting = Request.objects.filter(state="pending").select_related("requested_by")
    rows = user.scope.narrow(Hold.objects.all()).select_related("order", "customer")
    return rows.prefetch_related(Prefetch("requests", waiting, to_attr="waiting"))


def _today(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _row(item: Request | Hold) -> Row:
    hold = item if isinstance(item, Hold) else item.hold
    conditions = hold.conditions if hold else []
    met = sum(1 for condition in conditions if condition.get("met"))
    customer = (
        item.order.customer_name if item.order else item.customer.name if item.customer else ""
    )
    evidence = f"{met} of {len(conditions)}" if conditions else "–"
    if isinstance(item, Request):
        return Row(
            item, hold.record_name if hold else item.title, customer, hold.says if hold else item.reason,
            item.requested_by, item.due_at, item.requested_at, evidence, f"{item.policy.name} v{item.policy.version}",
        )  # fmt: skip
    waiting = item.waiting[0] if item.waiting else None  # type: ignore[attr-defined]
    return Row(
        item, item.record_name, customer, item.says if item.state == "placed" else item.ended_why or item.says,
        waiting.requested_by if waiting else None, waiting.due_at if waiting else None,
        item.placed_at if item.state == "placed" else item.ended_at or item.placed_at, evidence, item.rule,
    )  # fmt: skip


def total(found: Sequence[Row]) -> str:
    """The sum of the lines for each currency, never across them."""
    sums: dict[str, Decimal] = {}
    for row in found:
        if not row.item.currency:
            continue
        sums[row.item.currency] = sums.get(row.item.currency, Decimal(0)) + row.item.amount
    return " + ".join(money(amount, currency) for currency, amount in sorted(sums.items()))


def counts(user: User, now: datetime) -> dict[str, int]:
    """How many stand in each tab."""
    holds = user.scope.narrow(Hold.objects.all())
    requests = user.scope.narrow(Request.objects.all())
    return {
        "waiting": requests.filter(state="pending").count(),
        "held": holds.filter(state="placed").count(),
        "released": holds.filter(state="released", ended_at__gte=_today(now)).count(),
        "asked": requests.filter(requested_by=user).count(),
    }


@dataclass(slots=True)
class Detail:
    """A request or a hold with all that its pane shows. `refused` says why the viewer may not decide."""

    request: Request | None
    hold: Hold | None
    tree: dict[str, Any] | None
    facts: list[tuple[str, Any]] = field(default_factory=list)
    raw_facts: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    refused: str = ""
    decisions: list[Decision] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    others: list[Document] = field(default_factory=list)
    case: Case | None = None

    @property
    def item(self) -> Request | Hold:
        found = self.request or self.hold
        assert found is not None
        return found

    @property
    def live_ids(self) -> str:
        """Everything whose change changes this pane."""
        order = self.item.order
        shipment = self.item.shipment
        rows = [self.request, self.hold, order, shipment, self.case]
        return " ".join(row.public_id for row in rows if row is not None)


def detail(user: User, public_id: str) -> Detail | None:
    """A request (`req_…`) or a hold (`hld_…`), or None outside the person's scope."""
    if public_id.startswith("hld_"):
        return _hold_detail(user, public_id)
    rows = user.scope.narrow(
        Request.objects.select_related(
            "policy", "hold", "order", "shipment", "requested_by", "customer", "company"
        )
    )
    request = rows.filter(public_id=public_id).first()
    if request is None:
        return None
    facts, digest = facts_of(request)
    refused = _refused(request, user)
    return Detail(
        request, request.hold, why_held(request.hold) if request.hold else None, said(facts, currency_of(request)), facts, digest,
        refused, list(request.decisions.select_related("by").order_by("step")),
        list(request.evidence.select_related("added_by").order_by("id")), [], _case(user, request.case_ref),
    )  # fmt: skip


def _refused(request: Request, user: User) -> str:
    """Why the viewer cannot decide; to whoever asked that is said first, whatever else is in the way (R197)."""
    if request.state != "pending":
        return ""
    if request.requested_by_id == user.pk:
        what = "this release" if request.kind == "invoice_release" else "this"
        return f"You asked for {what}, so somebody else has to decide."
    found = may_decide(request, user)
    return found[1] if found else ""


def _hold_detail(user: User, public_id: str) -> Detail | None:
    rows = user.scope.narrow(Hold.objects.select_related("order", "shipment", "customer"))
    hold = rows.filter(public_id=public_id).first()
    if hold is None:
        return None
    newest = hold.requests.filter(state="pending").first()
    about = Q(pk=None)
    if hold.order_id:
        about |= Q(order_id=hold.order_id)
    if hold.shipment_id:
        about |= Q(shipment_id=hold.shipment_id)
    files = list(
        user.scope.narrow(Document.objects.filter(about))
        .select_related("added_by", "accepted_by")
        .order_by("id")
    )
    found = Detail(
        None, hold, why_held(hold), documents=[], others=files, case=_case(user, hold.case_ref)
    )
    if newest is not None:
        found.refused = f"{newest.requested_by} has asked already."
    return found


def _case(user: User, ref: str) -> Case | None:
    return Case.objects.visible_to(user).filter(public_id=ref).first() if ref else None


_RECORDS: Final = {
    "sale.order": "sales order",
    "stock.picking": "transfer",
    "account.move": "invoice",
    "purchase.order": "purchase order",
    "mrp.production": "production",
    "stock.quant": "stock",
    "res.partner": "customer",
}
_AMOUNTS: Final = ("Total", "Still to pay")  # as integrations call an amount of a record


def currency_of(request: Request) -> str:
    """The currency a request's amounts are in; one that asks for no amount of its own has its order's."""
    return request.currency or (request.order.currency if request.order else "")


def said(facts: dict[str, Any], currency: str) -> list[tuple[str, Any]]:
    """Facts in the order and the words of the page; amounts without a currency of their own are in this one."""
    return [
        (fact_words(name), value_words(name, value, facts, currency))
        for name, value in facts.items()
        if name != "currency"
    ]


def value_words(name: str, value: Any, facts: dict[str, Any], currency: str) -> str:
    """One fact's value for people: amounts with their currency, shipments as a sentence, files by name."""
    if value in (None, "", []):
        return "none"
    if name.startswith("shipment ") and isinstance(value, dict):
        proof = "with proof" if value.get("proof") else "no proof"
        return f"{str(value.get('status', '')).replace('_', ' ')}, {proof}"
    if isinstance(value, list):
        return ", ".join(
            str(one.get("name", one)) if isinstance(one, dict) else str(one) for one in value
        )
    if "amount" in name or name.partition(" of ")[0] in _AMOUNTS:
        return _amount(str(value), str(facts.get("currency") or currency))
    if name == "record":
        model, _, called = str(value).partition(" ")
        return f"{_RECORDS.get(model, 'record')} {called}".strip()
    return str(value).replace("_", " ")


def _amount(value: str, currency: str) -> str:
    try:
        return money(Decimal(value), currency, cents=True)
    except InvalidOperation:  # a word, such as "empty"
        return value
