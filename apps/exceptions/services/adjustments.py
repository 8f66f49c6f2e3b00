"""A change of stock beyond the tolerance: asked for, accepted or counted again (PRODUCT.md R89)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.approvals import services as approvals
from apps.approvals.models import Policy, Request
from apps.exceptions.errors import BadInput
from apps.exceptions.models import ActionRun, Case, CaseEvidence
from apps.exceptions.services.cases import close
from apps.exceptions.services.emit import add_step, emit_case
from apps.exceptions.services.work import start_wait
from apps.shipments.models import Report


def ask_adjustment(case: Case, run: ActionRun, reason: str, by: User, now: datetime) -> None:
    """Ask finance to accept what a warehouse reported, once per report; the locked case waits for the answer.

    Raises BadInput where somebody was asked before: who rejected it wants another count, which is another report.
    """
    report = _report(case)
    if report is None:
        raise BadInput(
            "replaced", "What was reported was replaced meanwhile; look at the case again."
        )
    if Request.objects.filter(subject_ref=report.public_id).exists():
        raise BadInput(
            "asked", "This was asked before. After a no it is counted again and reported anew."
        )
    wish = approvals.Wish(
        subject=report.public_id, title=case.title, reason=reason, order=None, shipment=None,
        company_id=case.company_id, warehouse_id=case.warehouse_id, customer_id=None,
        case_ref=case.public_id,
    )  # fmt: skip
    policy = Policy.objects.get(slug="stock_adjustment", active=True)
    request = approvals.request_command(policy, wish, by=by, now=now, kind="stock_adjustment")
    run.data = {"reason": reason, "request": request.public_id}
    run.state_says = f"{request.title}: waiting for finance."[:400]
    run.save()
    add_step(case, "acted", "Asked finance to accept it.", now, by, {"request": request.public_id})
    start_wait(case, "approval", now)


def accept_adjustment(case: Case, *, by: User, says: str, now: datetime) -> None:
    """Finance accepted it: the locked case is settled by whoever decided, and stays so until another report."""
    close(case, by_name=str(by), says=says, now=now)
    emit_case("case.resolved", case, by, by=by.public_id)


def _report(case: Case) -> Report | None:
    """The report the case stands on: its newest evidence."""
    stands_on = CaseEvidence.objects.filter(case=case, kind="report").order_by("-id").first()
    ref = stands_on.ref if stands_on is not None else ""
    return Report.objects.filter(public_id=ref, superseded_at=None).first()


@approvals.reads("stock_adjustment")
def facts(request: Request) -> dict[str, Any]:
    """What was reported, as texts: a replay under another mapping changes what the decider was shown."""
    row = Report.objects.filter(public_id=request.subject_ref).first()
    if row is None:
        return {}
    told = {
        name: str(row.details[name])
        for name in ("before", "after", "delta", "quantity", "warehouse", "reason", "lot")
        if row.details.get(name) is not None
    }
    live = "replaced by a newer reading" if row.superseded_at else "as reported"
    return {"product": row.subject_ref, "reported by": row.source, "report": live, **told}
