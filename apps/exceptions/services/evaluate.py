"""Look at goods again and make the queue say what is true now (docs/decisions: level-triggered detectors)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.db import transaction

from apps.approvals import services as approvals
from apps.approvals.models import Hold
from apps.exceptions.models import Case, CaseEvidence
from apps.exceptions.rules import (
    LEVEL_KINDS,
    Bundle,
    Finding,
    Verdict,
    cleared,
    findings,
    plan_holds,
)
from apps.exceptions.rules.invoices import REASON, RULE
from apps.exceptions.services import facts, outages
from apps.exceptions.services.cases import clear_case, open_case
from apps.journal.correlation import bound, current
from apps.mirror.models import Invoice
from apps.shipments.models import Order, Package, Shipment

Causes = Mapping[tuple[str, int], str]
"""("shp" or "ord", database id) -> the correlation id of what made us look at it again (R237)."""
_UNTOLD: Final[Causes] = MappingProxyType({})


def evaluate_orders(order_ids: Iterable[int], *, now: datetime) -> None:
    """Evaluate everything that belongs to these orders."""
    evaluate((), now=now, order_ids=order_ids)


@transaction.atomic
def evaluate(
    shipment_ids: Iterable[int],
    *,
    now: datetime,
    order_ids: Iterable[int] = (),
    causes: Causes = _UNTOLD,
) -> None:
    """Open, keep and clear the cases and holds of these shipments' orders, so that they match the facts.

    What is done to one order carries the correlation id of its own cause, not of another of the same batch. Set-based to look, one by one to act: a batch in which nothing is wrong costs a handful of statements.
    """
    found = facts.bundles(shipment_ids, order_ids)
    known = _open_cases(found)
    held = outages.held_shipments({one.id for bundle in found for one in bundle.shipments})
    wanted = {
        bundle_key: outages.without_silence(
            findings(bundle, now), known.get(_key(bundle), {}), held
        )
        for bundle_key, bundle in enumerate(found)
    }
    troubled = [
        (bundle, wanted[bundle_key], known.get(_key(bundle), {}))
        for bundle_key, bundle in enumerate(found)
        if wanted[bundle_key]
        or known.get(_key(bundle))
        or any(plan.verdict is not Verdict.NOTHING for plan in plan_holds(bundle))
    ]
    approvals.lock_for_orders(
        bundle.order_id for bundle, _, _ in troubled if bundle.order_id is not None
    )
    for bundle, wrong, cases in troubled:
        with bound(_cause(bundle, causes)):
            _settle(bundle, wrong, cases, causes, now)


def _cause(bundle: Bundle, causes: Causes, shipment_id: int | None = None) -> str:
    """Of this shipment, else of another of the order's, else of the order, else of the work at hand."""
    keys = [("shp", one) for one in (shipment_id, *_key(bundle)) if one is not None]
    keys += [("ord", bundle.order_id)] if bundle.order_id is not None else []
    return next((causes[key] for key in keys if key in causes), "") or current()


@transaction.atomic
def invoice_gone(ref: str, *, now: datetime) -> int:
    """End our holds on an invoice that Odoo no longer has: there is nothing left to hold. Returns how many.

    One that comes back is weighed like any other, and held again if its delivery still misses proof.
    """
    invoice = Invoice.objects.filter(public_id=ref).exclude(gone_at=None).first()
    if invoice is None:
        return 0
    placed = Hold.objects.filter(
        connection=invoice.connection,
        model="account.move",
        record_odoo_id=invoice.odoo_id,
        state="placed",
    )
    ended = 0
    for hold in list(placed):
        approvals.lock_for_orders([hold.order_id] if hold.order_id is not None else [])
        approvals.end_hold(hold, why="The invoice is no longer in Odoo.", now=now)
        ended += 1
    return ended


def _key(bundle: Bundle) -> tuple[int, ...]:
    return tuple(shipment.id for shipment in bundle.shipments)


def _open_cases(found: list[Bundle]) -> dict[tuple[int, ...], dict[str, Case]]:
    ids = [shipment.id for bundle in found for shipment in bundle.shipments]
    by_shipment: dict[int, dict[str, Case]] = {}
    for case in (
        Case.objects.filter(shipment_id__in=ids, kind__in=LEVEL_KINDS)
        .exclude(state="resolved")
        .order_by("id")
    ):
        by_shipment.setdefault(case.shipment_id or 0, {})[case.dedupe] = case
    return {
        _key(bundle): {
            dedupe: case
            for shipment in bundle.shipments
            for dedupe, case in by_shipment.get(shipment.id, {}).items()
        }
        for bundle in found
    }


def _settle(
    bundle: Bundle, wanted: list[Finding], known: Mapping[str, Case], causes: Causes, now: datetime
) -> None:
    shipments = {
        row.pk: row
        for row in Shipment.objects.filter(id__in=_key(bundle)).select_related("order", "carrier")
    }
    proofs: dict[int, str] = {}
    unchanged = _unchanged(wanted, known)
    for finding in sorted(wanted, key=lambda finding: finding.dedupe):
        with bound(_cause(bundle, causes, finding.shipment_id)):
            case = (
                known[finding.dedupe]
                if finding.dedupe in unchanged
                else _open(finding, shipments, now)
            )
        if finding.kind == "missing_proof":
            proofs[finding.shipment_id] = case.public_id
    holding = {finding.dedupe for finding in wanted}
    for dedupe, case in sorted(known.items()):
        if dedupe not in holding:
            with bound(_cause(bundle, causes, case.shipment_id)):
                clear_case(dedupe, says=cleared(case.kind, bundle, case.shipment_id), now=now)
    _settle_holds(bundle, shipments, proofs, now)


def _unchanged(wanted: Iterable[Finding], known: Mapping[str, Case]) -> set[str]:
    """Findings whose open case already says the same on the same evidence: most repetitions end here."""
    evidence: dict[int, set[tuple[str, str]]] = {}
    for case_id, kind, ref in CaseEvidence.objects.filter(
        case__in=[case.pk for case in known.values()]
    ).values_list("case_id", "kind", "ref"):
        evidence.setdefault(case_id, set()).add((kind, ref))
    return {
        finding.dedupe
        for finding in wanted
        if (case := known.get(finding.dedupe)) is not None
        and (case.title, case.says, case.reason) == (finding.title, finding.says, finding.reason)
        and {(e.kind, e.ref) for e in finding.evidence} <= evidence.get(case.pk, set())
    }


def _open(finding: Finding, shipments: Mapping[int, Shipment], now: datetime) -> Case:
    shipment = shipments[finding.shipment_id]
    package = Package.objects.get(pk=finding.package_id) if finding.package_id else None
    return open_case(
        finding.kind,
        finding.dedupe,
        now=now,
        title=finding.title,
        says=finding.says,
        reason=finding.reason,
        shipment=shipment,
        package=package,
        order=shipment.order,
        evidence=finding.evidence,
    )


def _settle_holds(
    bundle: Bundle, shipments: Mapping[int, Shipment], proofs: Mapping[int, str], now: datetime
) -> None:
    order = Order.objects.filter(pk=bundle.order_id).first() if bundle.order_id else None
    for plan in plan_holds(bundle):
        if plan.verdict is Verdict.NOTHING:
            continue
        invoice = Invoice.objects.get(pk=plan.invoice_id)
        if plan.verdict is Verdict.HOLD:
            approvals.place_hold(
                invoice,
                reason=REASON,
                says=plan.says,
                conditions=plan.conditions,
                rule=RULE,
                order=order,
                shipment=shipments.get(plan.shipment_id or 0),
                case_ref=proofs.get(plan.shipment_id or 0, ""),
                now=now,
            )
            continue
        placed = Hold.objects.filter(
            connection=invoice.connection,
            model="account.move",
            record_odoo_id=invoice.odoo_id,
            reason=REASON,
            state="placed",
        ).first()
        if placed is not None and plan.verdict is Verdict.RELEASE:
            approvals.release_hold(placed, by=None, why=plan.says, now=now)
        elif placed is not None and plan.verdict is Verdict.BYPASSED:
            approvals.mark_bypassed(placed, says=plan.says, now=now)
        elif placed is not None:
            approvals.end_hold(placed, why=plan.says, now=now)
