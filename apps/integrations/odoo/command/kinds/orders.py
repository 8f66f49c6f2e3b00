"""What may be done to sale orders: cancelled, promised anew, let go when credit allows."""

from __future__ import annotations

from typing import Final

from apps.integrations.odoo.command.kinds.base import (
    GUARD,
    Ask,
    CommandKind,
    Plan,
    Values,
    amount_text,
    moment_text,
)
from apps.integrations.odoo.command.targets import Target
from apps.mirror.models import SaleOrder

ORDER: Final = ("sale.order",)
QUOTED: Final = ("draft", "sent")


def _state(target: Target) -> Values:
    row: SaleOrder | None = target.row
    return {"state": row.state if row else ""}


def _with_amount(target: Target) -> Values:
    row: SaleOrder | None = target.row
    amount = {"amount_total": amount_text(row.amount_total)} if row else {}
    invoicing = {"invoice_status": row.invoice_status} if row else {}
    return {**_state(target), **amount, **invoicing}


def _promised(target: Target) -> Values:
    row: SaleOrder | None = target.row
    return {**_state(target), "commitment_date": moment_text(row.commitment_at) if row else False}


def _credit_facts(target: Target) -> Values:
    facts = _with_amount(target)
    facts.pop("invoice_status", None)
    return facts


def _is_open(target: Target) -> str:
    state = _state(target)["state"]
    return "The order is cancelled in Odoo." if state == "cancel" else ""


def _cancel(target: Target, data: Values) -> Plan:
    return Plan(
        intent=f"Cancel {target.title}",
        note=f"Cancelled from the control tower: {data['why']}",
        wanted={"state": "cancel"},
    )


def _promise(target: Target, data: Values) -> Plan:
    return Plan(
        intent=f"Promise {target.title} for {data['at']} UTC",
        note=f"Promised date set from the control tower: {data['at']} UTC. {data.get('why', '')}",
        values={"commitment_date": data["at"]},
    )


def _release(target: Target, data: Values) -> Plan:
    quoted = _state(target)["state"] in QUOTED
    does = "confirmed" if quoted else "its open transfers reserved"
    return Plan(
        intent=f"Release the credit of {target.title}",
        note=f"Credit released from the control tower, {does}: {data['why']}",
        wanted={"state": "sale"},
    )


_WHY = Ask("why", "Why", "long")

CANCEL = CommandKind(
    key="cancel_order",
    title="Cancel the order",
    models=ORDER,
    form=GUARD,
    op="cancel_order",
    method="sale.order.action_cancel",
    needs="command.order",
    done="Cancelled in Odoo.",
    asks=(_WHY,),
    facts=_with_amount,
    plan=_cancel,
    applies=_is_open,
    by_hand=(
        "Open {record} in Odoo's Sales.",
        "Press Cancel and confirm without sending a mail.",
        "Write the reason into the log: {intent}.",
    ),
)
PROMISE = CommandKind(
    key="set_promised_date",
    title="Set the promised date",
    models=ORDER,
    form=GUARD,
    op="write",
    method="sale.order.write(commitment_date)",
    needs="command.order",
    done="The promised date is in Odoo.",
    asks=(
        Ask("at", "Promised for", "moment"),
        Ask("why", "Why", "long", required=False),
    ),
    facts=_promised,
    plan=_promise,
    applies=_is_open,
    fallback=True,
    by_hand=(
        "Open {record} in Odoo's Sales.",
        "Under Other Info, Delivery, fill in Delivery Date: {intent}.",
    ),
)
CREDIT = CommandKind(
    key="release_credit",
    title="Release the credit",
    models=ORDER,
    form=GUARD,
    op="release_credit",
    method="sale.order.action_confirm, stock.picking.action_assign",
    needs="command.credit",
    done="Released in Odoo.",
    asks=(_WHY,),
    facts=_credit_facts,
    plan=_release,
    applies=_is_open,
    team="finance",
    by_hand=(
        "Open {record} in Odoo's Sales.",
        "A quotation: press Confirm. A confirmed order: open its deliveries and press Check Availability.",
        "Write into the log: {intent}.",
    ),
)
KINDS: Final[tuple[CommandKind, ...]] = (CANCEL, PROMISE, CREDIT)
