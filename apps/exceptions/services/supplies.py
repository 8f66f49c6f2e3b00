"""Look at supplies again and make the queue say what is true of them now (docs/decisions/0003)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.exceptions.models import Case, CaseEvidence
from apps.exceptions.rules.supplies import (
    SUPPLY_KINDS,
    SupplyFact,
    Waiting,
    dedupe,
    over,
    supply_findings,
)
from apps.exceptions.services.cases import clear_case, open_case
from apps.journal.correlation import bound
from apps.shipments.depends import Dependent, dependents_of, supplies_of_orders
from apps.shipments.models import Order, Supply
from apps.shipments.rules.supply import PROMISED

_WAITS = (
    "confirmed", "on_hold", "awaiting_stock", "allocated", "picking", "packed", "ready_to_ship", "booked",
)  # fmt: skip


@transaction.atomic
def evaluate_supplies(causes: Mapping[int, str], *, now: datetime) -> None:
    """Open, keep and clear the cases of these supplies, so that they match the facts.

    causes: the supplies' database ids, each with the correlation id of what made us look at it again (R237).
    """
    rows = list(Supply.objects.filter(id__in=causes).order_by("id"))
    if not rows:
        return
    tolerance_h = settings.INBOUND_TOLERANCE_H
    known = _open_cases(row.public_id for row in rows)
    asked = [
        row
        for row in rows
        if row.stage in PROMISED and (row.kind == "production" or row.slip_h > tolerance_h)
    ]
    waiting = dependents_of(asked)
    for row in rows:
        with bound(causes[row.pk]):
            _settle(row, list(waiting.get(row.pk, ())), known, now)


def _settle(
    row: Supply, dependents: list[Dependent], known: Collection[str], now: datetime
) -> None:
    fact = _fact(row, dependents)
    # A case that names several customers' orders belongs to none of them: whoever may see one customer only
    # must not read of the others.
    customers = {one.order.customer_id for one in dependents}
    found = {one.dedupe: one for one in supply_findings(fact, settings.INBOUND_TOLERANCE_H)}
    for one in found.values():
        open_case(
            one.kind,
            one.dedupe,
            now=now,
            title=one.title,
            says=one.says,
            reason=one.reason,
            order=Order.objects.get(pk=one.order_id)
            if one.order_id and len(customers) == 1
            else None,
            subject=one.supply,
            company_id=row.company_id,
            evidence=one.evidence,
        )
    for kind in SUPPLY_KINDS:
        key = dedupe(kind, row.public_id)
        if key in known and key not in found:
            clear_case(key, says=over(kind, fact), now=now)


def touched_by(order_ids: Collection[int]) -> dict[int, int]:
    """The supplies to look at again when these orders, or their shipments, changed: ids, each with one order's.

    Those that orders which still wait depend on, and those whose open case names an order.
    """
    if not order_ids or not Supply.objects.filter(open=True).exists():
        return {}
    waiting = list(Order.objects.filter(pk__in=order_ids, open=True, stage__in=_WAITS))
    found = {
        one.supply.pk: order_id
        for order_id, rows in supplies_of_orders(waiting).items()
        for one in rows
    }
    if not Case.objects.filter(kind__in=SUPPLY_KINDS).exclude(state="resolved").exists():
        return found
    refs = dict(Order.objects.filter(pk__in=order_ids).values_list("public_id", "pk"))
    named = CaseEvidence.objects.filter(
        kind="order", ref__in=refs, case__kind__in=SUPPLY_KINDS
    ).exclude(case__state="resolved")
    subjects = dict(named.values_list("case__subject", "ref"))
    told = Supply.objects.filter(public_id__in=subjects).values_list("id", "public_id")
    return {pk: refs[subjects[ref]] for pk, ref in told} | found if subjects else found


def _open_cases(refs: Iterable[str]) -> set[str]:
    keys = [dedupe(kind, ref) for ref in refs for kind in SUPPLY_KINDS]
    return set(
        Case.objects.filter(dedupe__in=keys)
        .exclude(state="resolved")
        .values_list("dedupe", flat=True)
    )


def _fact(row: Supply, waiting: Iterable[Dependent]) -> SupplyFact:
    return SupplyFact(
        id=row.pk,
        ref=row.public_id,
        reference=row.reference,
        kind=row.kind,
        partner=row.partner_name,
        promised=row.stage in PROMISED,
        expected_at=row.expected_at,
        first_expected_at=row.first_expected_at,
        slip_h=row.slip_h,
        slip_says=str(row.expected_why.get("says", "")),
        changed_at=row.changed_at,
        waiting=tuple(
            Waiting(
                one.order.pk,
                one.order.public_id,
                one.order.name,
                one.shipment.reference if one.shipment else "",
                one.needed_at,
                one.says,
            )
            for one in waiting
        ),
    )
