"""Goods reserved for one transfer given to another, in one transaction of Odoo's."""

from __future__ import annotations

from typing import Final

from apps.integrations.odoo.command.kinds.base import GUARD, Ask, Choice, CommandKind, Plan, Values
from apps.integrations.odoo.command.kinds.transfers import (
    PICKING,
    move_facts,
    moves_of,
    product_names,
    state_of,
)
from apps.integrations.odoo.command.targets import Target
from apps.mirror.models import Move, Picking
from apps.shipments.models import Order, Shipment

_WAITS: Final = ("waiting", "confirmed", "partially_available")
_MOST: Final = 40


def _reserved(target: Target) -> dict[int, Move]:
    """The transfer's moves that have goods reserved, by product."""
    return {
        move.product_odoo_id: move
        for move in moves_of(target)
        if move.product_odoo_id and move.quantity > 0 and move.state != "done"
    }


def _short_moves(target: Target) -> list[Move]:
    """Moves of other transfers that wait for what this one has reserved, oldest first."""
    rows = Move.objects.filter(
        connection=target.connection,
        product_odoo_id__in=_reserved(target),
        state__in=_WAITS,
        picking_odoo_id__isnull=False,
        gone_at=None,
    ).exclude(picking_odoo_id=target.odoo_id)
    return list(rows.order_by("scheduled_at", "odoo_id")[:_MOST])


def _candidates(target: Target) -> list[Picking]:
    row: Picking | None = target.row
    rows = Picking.objects.filter(
        connection=target.connection,
        odoo_id__in={move.picking_odoo_id for move in _short_moves(target)},
        state__in=("confirmed", "assigned"),
        gone_at=None,
    )
    if row is not None:
        rows = rows.filter(company=row.company, warehouse=row.warehouse)
    return list(rows.order_by("deadline_at", "odoo_id"))


def _choices(target: Target) -> list[Choice]:
    waiting = _short_moves(target)
    names = product_names(target, [move.product_odoo_id for move in waiting])
    found = []
    for picking in _candidates(target):
        goods = ", ".join(
            f"{move.demanded_qty - move.quantity:g} × {names.get(move.product_odoo_id or 0, 'goods')}"
            for move in waiting
            if move.picking_odoo_id == picking.odoo_id
        )
        found.append(Choice(str(picking.odoo_id), f"{picking.name} waits for {goods}"))
    return found


def _facts(target: Target) -> Values:
    """The goods of this transfer, and of each that might get them its state and demand."""
    waiting = _short_moves(target)
    facts = {**state_of(target), **move_facts(list(_reserved(target).values()))}
    for picking in _candidates(target):
        about = f"stock.picking,{picking.odoo_id}"
        facts[f"{about}/{about}.state"] = picking.state
        for move in waiting:
            if move.picking_odoo_id == picking.odoo_id:
                facts[f"{about}/stock.move,{move.odoo_id}.quantity"] = f"{move.quantity:.4f}"
    return facts


def _plan(target: Target, data: Values) -> Plan:
    to = int(data["to"])
    name = next(one.name for one in _candidates(target) if one.odoo_id == to)
    products = sorted(
        {
            move.product_odoo_id
            for move in _short_moves(target)
            if move.picking_odoo_id == to and move.product_odoo_id
        }
    )
    return Plan(
        intent=f"Give the goods of {target.title} to {name}",
        note=f"Goods reserved for {target.name} given to {name} from the control tower: {data['why']}",
        data={"to": to, "products": products},
        only=f"stock.picking,{to}",
        shows={
            "loses the goods": f"{target.name}{_for(target.order)}",
            "gets the goods": f"{name}{_for(_order_of(target, to))}",
        },
    )


def _for(order: Order | None) -> str:
    return f" of order {order.name} for {order.customer_name}" if order else ""


def _order_of(target: Target, picking: int) -> Order | None:
    """The order that a transfer is for."""
    rows = Shipment.objects.filter(connection=target.connection, picking_odoo_id=picking)
    found = rows.select_related("order").first()
    return found.order if found else None


def _has_goods(target: Target) -> str:
    if not _reserved(target):
        return "Nothing is reserved for this transfer."
    return "" if _candidates(target) else "No other transfer waits for what this one has."


REALLOCATE = CommandKind(
    key="reallocate_stock",
    title="Give the goods to another transfer",
    models=PICKING,
    form=GUARD,
    op="reallocate",
    method="stock.picking.do_unreserve, stock.picking.action_assign",
    needs="command.stock",
    done="The goods are reserved for the other transfer in Odoo.",
    asks=(Ask("to", "Give them to", "choice", choices=_choices), Ask("why", "Why", "long")),
    facts=_facts,
    plan=_plan,
    applies=_has_goods,
    across=True,
    by_hand=(
        "Open {record} in Odoo's Inventory and press Unreserve.",
        "Open the other transfer at once and press Check Availability: {intent}.",
        "Open {record} again and press Check Availability for what is left.",
    ),
)
KINDS: Final[tuple[CommandKind, ...]] = (REALLOCATE,)
