"""What may be done to transfers: done, cancelled, numbered, given a carrier, a proof, a return."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.db.models import Q

from apps.integrations.odoo.command.kinds.base import (
    GUARD,
    Ask,
    Choice,
    CommandKind,
    Plan,
    Values,
    amount_text,
)
from apps.integrations.odoo.command.targets import Target
from apps.mirror.models import DeliveryCarrier, Move, Picking, Product, SaleOrder, SaleOrderLine
from apps.shipments.models import Document

PICKING: Final = ("stock.picking",)
OPEN: Final = ("waiting", "confirmed", "assigned")


def moves_of(target: Target) -> list[Move]:
    """The moves of a transfer that are not cancelled, by id."""
    rows = Move.objects.filter(
        connection=target.connection, picking_odoo_id=target.odoo_id, gone_at=None
    )
    return list(rows.exclude(state="cancel").order_by("odoo_id"))


def product_names(target: Target, ids: list[int | None]) -> dict[int, str]:
    """Names by Odoo's id."""
    known = [one for one in ids if one]
    rows = Product.objects.filter(connection=target.connection, odoo_id__in=known)
    return dict(rows.values_list("odoo_id", "name"))


def move_facts(moves: list[Move]) -> Values:
    """Demand and quantity of each move, keyed as facts of other records are."""
    facts: Values = {}
    for move in moves:
        facts[f"stock.move,{move.odoo_id}.product_uom_qty"] = amount_text(move.demanded_qty)
        facts[f"stock.move,{move.odoo_id}.quantity"] = amount_text(move.quantity)
    return facts


def state_of(target: Target) -> Values:
    """The transfer's state: the fact that every command on it stands on."""
    row: Picking | None = target.row
    return {"state": row.state if row else ""}


def _with_goods(target: Target) -> Values:
    """State and every line; and which lines there are, so that one added in Odoo is no unseen part of it."""
    rows = Move.objects.filter(
        connection=target.connection, picking_odoo_id=target.odoo_id, gone_at=None
    )
    lines = ",".join(str(one) for one in sorted(rows.values_list("odoo_id", flat=True)))
    own = {f"stock.picking,{target.odoo_id}.move_ids": lines}
    return {**state_of(target), **move_facts(moves_of(target)), **own}


def _is_open(target: Target) -> str:
    state = state_of(target)["state"]
    return "" if state in OPEN else f"The transfer is {state or 'unknown'} in Odoo."


def _is_ready(target: Target) -> str:
    state = state_of(target)["state"]
    return "" if state == "assigned" else f"The transfer is {state or 'unknown'}, not ready."


def _is_done(target: Target) -> str:
    state = state_of(target)["state"]
    return "" if state == "done" else f"The transfer is {state or 'unknown'}, not done."


def _is_not_cancelled(target: Target) -> str:
    return "" if state_of(target)["state"] != "cancel" else "The transfer is cancelled in Odoo."


def _backorders(_: Target) -> list[Choice]:
    return [
        Choice("create", "Send what is there; the rest follows as a backorder"),
        Choice("cancel", "Send what is there; cancel the rest"),
    ]


def _validate(target: Target, data: Values) -> Plan:
    words = {
        "create": " The rest follows as a backorder.",
        "cancel": " The rest is cancelled.",
    }.get(data.get("backorder", ""), "")
    return Plan(
        intent=f"Validate {target.title}",
        note=f"Validated from the control tower.{words}",
        data={"backorder": data.get("backorder", "")},
        wanted={"state": "done"},
    )


def _cancel(target: Target, data: Values) -> Plan:
    return Plan(
        intent=f"Cancel {target.title}",
        note=f"Cancelled from the control tower: {data['why']}",
        wanted={"state": "cancel"},
    )


def _cancel_facts(target: Target) -> Values:
    """The state, and how far the order is invoiced: after that, cancelling needs an approval (R147)."""
    if target.order is None:
        return state_of(target)
    about = f"sale.order,{target.order.odoo_id}.invoice_status"
    rows = SaleOrder.objects.filter(
        connection=target.connection, odoo_id=target.order.odoo_id, gone_at=None
    )
    status = rows.values_list("invoice_status", flat=True).first()
    return {**state_of(target), **({} if status is None else {about: status})}


def _tracking_facts(target: Target) -> Values:
    row: Picking | None = target.row
    return {**state_of(target), "carrier_tracking_ref": (row.tracking_ref if row else "") or False}


def _tracking(target: Target, data: Values) -> Plan:
    number = data["tracking_number"]
    return Plan(
        intent=f"Set the tracking number of {target.title} to {number}",
        note=f"Tracking number set from the control tower: {number}",
        values={"carrier_tracking_ref": number},
    )


def _carriers(target: Target) -> list[Choice]:
    rows = DeliveryCarrier.objects.filter(
        connection=target.connection, gone_at=None, archived=False
    )
    return [Choice(str(row.odoo_id), row.name) for row in rows.order_by("name")]


def _carrier_facts(target: Target) -> Values:
    row: Picking | None = target.row
    return {**state_of(target), "carrier_id": (row.carrier_odoo_id if row else None) or False}


def _carrier(target: Target, data: Values) -> Plan:
    names = {choice.value: choice.label for choice in _carriers(target)}
    name = names.get(data["carrier"], data["carrier"])
    return Plan(
        intent=f"Set the carrier of {target.title} to {name}",
        note=f"Carrier set from the control tower: {name}",
        values={"carrier_id": int(data["carrier"])},
        shows={
            "the carrier": f"{names.get(str(_carrier_facts(target)['carrier_id']), 'none')} → {name}",
            "the cost": "Odoo's carriers name no price for this transfer; the difference is not known.",
        },
    )


def _documents(target: Target) -> list[Choice]:
    mine = Q(shipment__public_id=target.public_id)
    if target.order is not None:
        mine |= Q(order=target.order, shipment=None)
    rows = Document.objects.filter(mine).order_by("-id")[:50]
    return [Choice(row.public_id, f"{row.name} ({row.get_kind_display()})") for row in rows]


def _proof(target: Target, data: Values) -> Plan:
    document = Document.objects.get(public_id=data["document"])
    return Plan(
        intent=f"Attach {document.name} to {target.title}",
        note=f"Proof of delivery attached from the control tower: {document.name}",
        documents=[document.public_id],
    )


def _returnable(target: Target) -> list[Choice]:
    moves = [move for move in moves_of(target) if move.state == "done"]
    names = product_names(target, [move.product_odoo_id for move in moves])
    return [
        Choice(
            str(move.odoo_id),
            f"{names.get(move.product_odoo_id or 0, 'goods')}: {_short(move.quantity)} {move.unit}",
        )
        for move in moves
    ]


def _short(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _return(target: Target, data: Values) -> Plan:
    quantities: dict[str, float] = data["quantities"]
    lines = {choice.value: choice.label.rpartition(":")[0] for choice in _returnable(target)}
    goods = ", ".join(f"{amount:g} × {lines[move]}" for move, amount in quantities.items())
    return Plan(
        intent=f"Authorise a return of {goods} from {target.title}"[:300],
        note=f"Return authorised from the control tower: {goods}. {data['why']}",
        data={"quantities": quantities},
        shows={"the goods": goods},
        amount=_worth(target, quantities),
    )


def _worth(target: Target, quantities: dict[str, float]) -> Decimal | None:
    """What the goods were sold for, without tax; None where a line was not sold or is not known."""
    moves = {str(move.odoo_id): move.order_line_odoo_id for move in moves_of(target)}
    lines = SaleOrderLine.objects.filter(
        connection=target.connection, odoo_id__in={one for one in moves.values() if one}
    )
    prices = {
        line.odoo_id: line.price_subtotal / line.ordered_qty for line in lines if line.ordered_qty
    }
    sold = {move: prices.get(moves.get(move) or 0) for move in quantities}
    if not sold or None in sold.values():
        return None
    worth = sum(
        (Decimal(str(quantities[move])) * (price or 0) for move, price in sold.items()), Decimal(0)
    )
    return worth.quantize(Decimal("0.01"))


_WHY = Ask("why", "Why", "long")
_OPEN_IT = "Open {record} in Odoo's Inventory."

VALIDATE = CommandKind(
    key="validate_transfer",
    title="Validate the transfer",
    models=PICKING,
    form=GUARD,
    op="validate",
    method="stock.picking.button_validate",
    needs="command.transfer",
    done="Validated in Odoo.",
    asks=(
        Ask(
            "backorder",
            "If something is missing",
            "choice",
            required=False,
            hint="Nothing picked: if goods are missing, Odoo asks and the command waits for your answer.",
            choices=_backorders,
        ),
    ),
    facts=_with_goods,
    plan=_validate,
    applies=_is_ready,
    by_hand=(
        _OPEN_IT,
        "Check the quantities, then press Validate.",
        "Where Odoo asks about a backorder, answer as decided: {intent}.",
    ),
)
CANCEL = CommandKind(
    key="cancel_transfer",
    title="Cancel the transfer",
    models=PICKING,
    form=GUARD,
    op="cancel_transfer",
    method="stock.picking.action_cancel",
    needs="command.transfer",
    done="Cancelled in Odoo.",
    asks=(_WHY,),
    facts=_cancel_facts,
    plan=_cancel,
    applies=_is_open,
    by_hand=(_OPEN_IT, "Press Cancel.", "Write the reason into the log: {intent}."),
)
TRACKING = CommandKind(
    key="set_tracking_number",
    title="Set the tracking number",
    models=PICKING,
    form=GUARD,
    op="write",
    method="stock.picking.write(carrier_tracking_ref)",
    needs="command.delivery",
    done="The tracking number is in Odoo.",
    asks=(
        Ask(
            "tracking_number",
            "Tracking number",
            hint="Several parcels: separate the numbers with commas.",
        ),
    ),
    facts=_tracking_facts,
    plan=_tracking,
    prefill=lambda target: {
        "tracking_number": _tracking_facts(target)["carrier_tracking_ref"] or ""
    },
    applies=_is_not_cancelled,
    fallback=True,
    by_hand=(_OPEN_IT, "Under Additional Info, fill in Tracking Reference: {intent}."),
)
CARRIER = CommandKind(
    key="set_carrier",
    title="Set the carrier",
    models=PICKING,
    form=GUARD,
    op="write",
    method="stock.picking.write(carrier_id)",
    needs="command.delivery",
    done="The carrier is set in Odoo.",
    asks=(Ask("carrier", "Carrier", "choice", choices=_carriers),),
    facts=_carrier_facts,
    plan=_carrier,
    prefill=lambda target: {"carrier": str(_carrier_facts(target)["carrier_id"] or "")},
    applies=_is_not_cancelled,
    fallback=True,
    by_hand=(_OPEN_IT, "Under Additional Info, choose the Carrier: {intent}."),
)
PROOF = CommandKind(
    key="attach_proof",
    title="Attach a proof of delivery",
    models=PICKING,
    form=GUARD,
    op="post",
    method="ir.attachment.create",
    needs="command.proof",
    done="Attached in Odoo.",
    asks=(Ask("document", "Document", "choice", choices=_documents),),
    facts=state_of,
    plan=_proof,
    applies=_is_not_cancelled,
    fallback=True,
    by_hand=(_OPEN_IT, "Attach the file to the log with the paper clip: {intent}."),
)
RETURN = CommandKind(
    key="authorise_return",
    title="Authorise a return",
    models=PICKING,
    form=GUARD,
    op="return",
    method="stock.return.picking.action_create_returns",
    needs="command.return",
    done="The return receipt is made in Odoo.",
    asks=(
        Ask("quantities", "How much of each line comes back", "quantities", choices=_returnable),
        _WHY,
    ),
    facts=_with_goods,
    plan=_return,
    applies=_is_done,
    by_hand=(
        _OPEN_IT,
        "Press Return, fill in the quantities ({intent}), then press Return again.",
        "Note the number of the new receipt here.",
    ),
)
KINDS: Final[tuple[CommandKind, ...]] = (VALIDATE, CANCEL, TRACKING, CARRIER, PROOF, RETURN)
