"""Goods still to come: the list of purchases and productions, and one of them with whoever waits for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from apps.accounts.models import User
from apps.dashboards.queries import timeline
from apps.dashboards.queries.feeding import instant
from apps.exceptions.models import Case
from apps.mirror.models import Move, Product
from apps.mirror.queries import components
from apps.shipments import queries as below
from apps.shipments.depends import Dependent, dependents_of
from apps.shipments.models import Shipment, Supply
from apps.shipments.rules.supply import PROMISED

LIMIT = 200
KINDS = {"purchase": "Purchases", "production": "Productions"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address of the list says: only late ones, one kind, the beginning of a word, closed ones too."""

    late: str = ""
    kind: str = ""
    q: str = ""
    all: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "Filters":
        """Unknown words are ignored: addresses are pasted and edited by hand."""
        kind, q = query.get("kind", ""), query.get("q", "").replace("\x00", "").strip()[:80]
        return cls(
            "1" if query.get("late") == "1" else "", kind if kind in KINDS else "", q,
            "1" if query.get("all") == "1" else "",
        )  # fmt: skip

    def query(self) -> str:
        """The address's part behind `?`."""
        words = {"late": self.late, "kind": self.kind, "q": self.q, "all": self.all}
        return urlencode({name: word for name, word in words.items() if word})


def listed(user: User, filters: Filters, ids: Iterable[str] | None = None) -> list[Supply]:
    """Open ones in order of their date, those without one last; searched or asked for, closed ones too."""
    is_open = None if filters.all or filters.q else True
    chosen = below.SupplyFilters(kind=filters.kind, text=filters.q, open=is_open)
    rows = below.supplies(user, chosen)
    if filters.late:
        rows = rows.filter(_late(timezone.now()))
    if ids is not None:
        rows = rows.filter(public_id__in=list(ids))
    soonest = F("expected_at").asc(nulls_last=True)
    return _dressed(user, rows.order_by("-open", soonest, "-id")[:LIMIT])


def named(user: User, ids: Iterable[str]) -> list[Supply]:
    """Rows by id whether or not a filter shows them."""
    return _dressed(user, below.supplies(user).filter(public_id__in=list(ids)))


def _dressed(user: User, rows: "QuerySet[Supply]") -> list[Supply]:
    """With what is still to come of each, and who waits for those that are late: the others trouble nobody."""
    found: list[Any] = list(rows)
    now = timezone.now()
    for row in found:
        overdue = row.expected_at is not None and row.expected_at < now
        row.late = row.open and row.stage in PROMISED and bool(row.slip_h or overdue)
    waiting = dependents_of([row for row in found if row.late])
    wanted = {one.order.pk for rows in waiting.values() for one in rows}
    seen = set(below.orders(user).filter(pk__in=wanted).values_list("pk", flat=True))
    for row in found:
        row.coming = [line for line in row.lines if _missing(line)] or row.lines
        row.waits = [one for one in waiting.get(row.pk, ()) if one.order.pk in seen]
        row.also = [receipt.public_id for receipt in row.receipts.all()]
    return found


def _late(now: datetime) -> Q:
    """Confirmed, still to come, and later than first said or already due."""
    return Q(open=True, stage__in=sorted(PROMISED)) & (Q(slip_h__gt=0) | Q(expected_at__lt=now))


@dataclass(frozen=True, slots=True)
class Line:
    """One product of a supply: what was asked for, what came, when the rest is said to come and first was."""

    product: str
    code: str
    ordered: Decimal
    received: Decimal
    missing: Decimal
    unit: str
    expected_at: datetime | None
    first_expected_at: datetime | None

    @property
    def later(self) -> bool:
        """Whether what is still to come is later than first said."""
        return bool(
            self.missing
            and self.expected_at
            and self.first_expected_at
            and self.expected_at > self.first_expected_at
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One work order of a production."""

    name: str
    place: str
    state: str
    start_at: datetime | None
    finish_at: datetime | None


@dataclass(slots=True)
class Detail:
    """One supply with all that its page shows. used: what a production uses up, (move, product)."""

    supply: Supply
    lines: list[Line]
    steps: list[Step]
    receipts: list[Shipment]
    used: list[tuple[Move, str]]
    dependents: list[Dependent]
    cases: list[Case]
    story: list[timeline.Line]

    @property
    def live_ids(self) -> str:
        """Everything whose change changes this page."""
        rows: list[Any] = [self.supply, *self.receipts, *self.cases]
        rows += [one.order for one in self.dependents]
        return " ".join(row.public_id for row in rows)

    @property
    def short(self) -> list[Dependent]:
        """Who needs it before it comes."""
        due = self.supply.expected_at
        return [one for one in self.dependents if due and one.needed_at and one.needed_at < due]

    @property
    def short_words(self) -> str:
        """For how many of those who wait it comes too late."""
        late, everybody = len(self.short), len(self.dependents)
        return "too late" if late == everybody else f"too late for {late}"


def detail(user: User, public_id: str) -> Detail | None:
    """One supply, or None outside the person's scope."""
    supply = below.supplies(user).filter(public_id=public_id).first()
    if supply is None:
        return None
    cases = Case.objects.visible_to(user).filter(subject=supply.public_id)
    return Detail(
        supply, [_line(line) for line in supply.lines], [_step(step) for step in supply.steps],
        list(supply.receipts.all()), _used(supply), below.dependents(supply, user),
        list(cases.select_related("owner", "team").order_by("-opened_at")[:20]),
        timeline.newest_first(
            timeline.of_changes(below.supply_changes(supply)), timeline.of_reports(below.reports_of(supply))
        ),
    )  # fmt: skip


def _missing(line: dict[str, Any]) -> Decimal:
    return max(Decimal(line["ordered"]) - Decimal(line["received"]), Decimal(0))


def _line(line: dict[str, Any]) -> Line:
    return Line(
        line["product"], line["code"], Decimal(line["ordered"]), Decimal(line["received"]), _missing(line),
        line["unit"], instant(line["expected_at"]), instant(line["first_expected_at"]),
    )  # fmt: skip


def _step(step: dict[str, Any]) -> Step:
    return Step(
        step["name"], step.get("workcenter", ""), step.get("state", ""),
        instant(step.get("start_at")), instant(step.get("finish_at")),
    )  # fmt: skip


def _used(supply: Supply) -> list[tuple[Move, str]]:
    if supply.kind != "production":
        return []
    moves = components(supply.connection, [supply.odoo_id])[supply.odoo_id]
    products = Product.objects.filter(
        connection=supply.connection, odoo_id__in=[move.product_odoo_id for move in moves]
    )
    names = dict(products.values_list("odoo_id", "name"))
    return [(move, names.get(move.product_odoo_id or 0, "Unknown product")) for move in moves]
