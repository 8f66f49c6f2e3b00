"""New dates for what is still to come: lines of a purchase order, a production with its work orders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django.utils import timezone

from apps.integrations.odoo.command.kinds.base import (
    GUARD,
    Ask,
    Choice,
    CommandKind,
    Plan,
    Values,
    moment_text,
)
from apps.integrations.odoo.command.targets import Target
from apps.mirror.models import Production, PurchaseOrder, PurchaseOrderLine, WorkOrder

_OPEN_PURCHASE: Final = ("draft", "sent", "to approve", "purchase")
_OPEN_WORK: Final = ("pending", "waiting", "ready", "blocked")
_FORMAT: Final = "%Y-%m-%d %H:%M:%S"


def _lines(target: Target) -> list[PurchaseOrderLine]:
    """The lines that have goods still to come."""
    rows = PurchaseOrderLine.objects.filter(
        connection=target.connection, order_odoo_id=target.odoo_id, gone_at=None
    ).exclude(product_odoo_id=None)
    return [row for row in rows.order_by("odoo_id") if row.received_qty < row.ordered_qty]


def _day(at: datetime | None) -> str:
    """A moment in the viewer's zone, as the form's own field shows it."""
    return f"{timezone.localtime(at):%d %b %Y, %H:%M}" if at else "no date yet"


def _line_choices(target: Target) -> list[Choice]:
    return [
        Choice(
            str(line.odoo_id),
            f"{line.name.splitlines()[0] if line.name else 'Line'}: "
            f"{(line.ordered_qty - line.received_qty).normalize():f} {line.unit} to come, {_day(line.planned_at)}",
        )
        for line in _lines(target)
    ]


def _purchase_facts(target: Target) -> Values:
    row: PurchaseOrder | None = target.row
    facts: Values = {"state": row.state if row else ""}
    for line in _lines(target):
        about = f"purchase.order.line,{line.odoo_id}"
        facts[f"{about}.date_planned"] = moment_text(line.planned_at)
        facts[f"{about}.qty_received"] = f"{line.received_qty:.4f}"
    return facts


def _purchase_plan(target: Target, data: Values) -> Plan:
    at, chosen = data["at"], {int(one) for one in data["lines"]}
    lines = [line for line in _lines(target) if line.odoo_id in chosen]
    was = "; ".join(f"line {line.odoo_id} was {moment_text(line.planned_at)}" for line in lines)
    return Plan(
        intent=f"Expect {len(lines)} line(s) of {target.title} on {at} UTC",
        note=f"Rescheduled from the control tower to {at} UTC ({was}). {data['why']}",
        data={
            "lines": [[line.odoo_id, at] for line in lines],
            "check": [
                ["purchase.order.line", line.odoo_id, {"date_planned": at}] for line in lines
            ],
            "old": {str(line.odoo_id): moment_text(line.planned_at) for line in lines},
        },
    )


def _purchase_open(target: Target) -> str:
    row: PurchaseOrder | None = target.row
    if row is None or row.state not in _OPEN_PURCHASE or row.locked:
        return f"The purchase order is {row.state if row else 'unknown'} in Odoo."
    return "" if _lines(target) else "Everything ordered has been received."


def _work(target: Target) -> list[WorkOrder]:
    rows = WorkOrder.objects.filter(
        connection=target.connection, production_odoo_id=target.odoo_id, gone_at=None
    )
    return list(rows.filter(state__in=_OPEN_WORK).order_by("start_at", "odoo_id"))


def _production_facts(target: Target) -> Values:
    row: Production | None = target.row
    facts: Values = {"state": row.state if row else ""}
    if row is not None:
        facts["date_start"] = moment_text(row.start_at)
        facts["date_deadline"] = moment_text(row.deadline_at)
    for work in _work(target):
        facts[f"mrp.workorder,{work.odoo_id}.date_start"] = moment_text(work.start_at)
        facts[f"mrp.workorder,{work.odoo_id}.date_finished"] = moment_text(work.finish_at)
    return facts


def _production_plan(target: Target, data: Values) -> Plan:
    """Every open work order that has dates moves by as much as the start does (R7)."""
    row: Production = target.row
    new = datetime.strptime(data["start"], _FORMAT).replace(tzinfo=UTC)
    moved = new - row.start_at if row.start_at else None
    works, old = [], {"date_start": moment_text(row.start_at)}
    for work in _work(target):
        if moved is None or work.start_at is None or work.finish_at is None:
            continue
        dates = {
            "date_start": moment_text(work.start_at + moved),
            "date_finished": moment_text(work.finish_at + moved),
        }
        works.append([work.odoo_id, dates])
        old[f"mrp.workorder,{work.odoo_id}"] = (
            f"{moment_text(work.start_at)} to {moment_text(work.finish_at)}"
        )
    dates = {"date_start": data["start"]}
    if data.get("deadline"):
        dates["date_deadline"] = data["deadline"]
        old["date_deadline"] = moment_text(row.deadline_at)
    was = "; ".join(f"{name.replace('_', ' ')} was {value}" for name, value in old.items())
    return Plan(
        intent=f"Start {target.title} on {data['start']} UTC",
        note=f"Rescheduled from the control tower to {data['start']} UTC ({was}). {data['why']}",
        wanted=dates,
        data={
            "dates": dates,
            "workorders": works,
            "check": [["mrp.workorder", work_id, new_dates] for work_id, new_dates in works],
            "old": old,
        },
    )


def _production_open(target: Target) -> str:
    row: Production | None = target.row
    if row is None or row.state not in ("draft", "confirmed", "progress", "to_close"):
        return f"The production is {row.state if row else 'unknown'} in Odoo."
    return ""


PURCHASE = CommandKind(
    key="reschedule_purchase",
    title="Reschedule the purchase",
    models=("purchase.order",),
    form=GUARD,
    op="reschedule_lines",
    method="purchase.order.line.write(date_planned)",
    needs="command.supply",
    done="The new date is in Odoo.",
    asks=(
        Ask("lines", "Which lines", "choices", choices=_line_choices),
        Ask("at", "Now expected", "moment"),
        Ask("why", "Why", "long"),
    ),
    facts=_purchase_facts,
    plan=_purchase_plan,
    applies=_purchase_open,
    by_hand=(
        "Open {record} in Odoo's Purchase.",
        "Set Expected Arrival of the lines: {intent}.",
        "Write the old dates and the reason into the log.",
    ),
)
PRODUCTION = CommandKind(
    key="reschedule_production",
    title="Reschedule the production",
    models=("mrp.production",),
    form=GUARD,
    op="reschedule_production",
    method="mrp.production.write(date_start, date_deadline), mrp.workorder.write(date_start, date_finished)",
    needs="command.supply",
    done="The new dates are in Odoo.",
    asks=(
        Ask("start", "New start", "moment", hint="Open work orders move by as much."),
        Ask("deadline", "New deadline", "moment", required=False),
        Ask("why", "Why", "long"),
    ),
    facts=_production_facts,
    plan=_production_plan,
    applies=_production_open,
    by_hand=(
        "Open {record} in Odoo's Manufacturing.",
        "Set the scheduled date, then the dates of each open work order: {intent}.",
        "Write the old dates into the log.",
    ),
)
KINDS: Final[tuple[CommandKind, ...]] = (PURCHASE, PRODUCTION)
