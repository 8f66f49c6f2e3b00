"""What feeds a line: how much of it is reserved, and which purchase or production brings the rest."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.mirror.models import Move, Picking, Product, SaleOrderLine
from apps.shipments.depends import Dependent
from apps.shipments.models import Order

_RESERVES = ("assigned", "partially_available")
_NONE = Decimal(0)


def instant(text: str | None) -> datetime | None:
    """A time as a supply's row keeps it."""
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class Fed:
    """A supply that brings a product to somebody who waits. missing: still to come of it, in `unit`.

    too_late: it comes after the goods are to leave; later: it comes later than its supplier first said.
    """

    wait: Dependent
    missing: Decimal
    unit: str
    expected_at: datetime | None
    first_expected_at: datetime | None

    @property
    def too_late(self) -> bool:
        due = self.wait.needed_at
        return bool(due and self.expected_at and self.expected_at > due)

    @property
    def later(self) -> bool:
        first = self.first_expected_at
        return bool(first and self.expected_at and self.expected_at > first)


@dataclass(slots=True)
class OrderLine:
    """One line of an order: what was asked for, and where what has not left comes from.

    reserved: set aside for it in a transfer that has not left; short: asked for, not reserved and not gone.
    """

    row: SaleOrderLine
    product: str
    code: str
    reserved: Decimal
    short: Decimal
    feeds: list[Fed] = field(default_factory=list)


def order_lines(order: Order, waits: Sequence[Dependent]) -> list[OrderLine]:
    """The lines of an order with what feeds them; `waits` are the supplies it waits for."""
    rows = list(
        SaleOrderLine.objects.filter(
            connection=order.connection, order_odoo_id=order.odoo_id, gone_at=None
        ).order_by("odoo_id")
    )
    known = Product.objects.filter(
        connection=order.connection, odoo_id__in=[row.product_odoo_id for row in rows]
    )
    products = {row.odoo_id: row for row in known}
    planned = _planned(order)
    found = []
    for row in rows:
        product = products.get(row.product_odoo_id or 0)
        demanded, reserved = planned.get(row.odoo_id) or (_NONE, _NONE)
        found.append(
            OrderLine(
                row, product.name if product else row.name, product.code if product else "",
                reserved, max(demanded - reserved, _NONE), feeds_of(row.product_odoo_id, waits),
            )
        )  # fmt: skip
    return found


def feeds_of(product_odoo_id: int | None, waits: Sequence[Dependent]) -> list[Fed]:
    """Which of these supplies bring a product that is still to come, the earliest first."""
    found = []
    for wait in waits:
        for line in wait.supply.lines:
            if line["product_odoo_id"] != product_odoo_id or product_odoo_id is None:
                continue
            missing = Decimal(line["ordered"]) - Decimal(line["received"])
            if missing > 0:
                found.append(
                    Fed(
                        wait, missing, line["unit"], instant(line["expected_at"]),
                        instant(line["first_expected_at"]),
                    )
                )  # fmt: skip
    return found


def behind(lines: Sequence[OrderLine], waits: Sequence[Dependent]) -> list[Dependent]:
    """Supplies an order waits for without being of one of its products: parts of what is made for it."""
    direct = {fed.wait.supply.pk for line in lines for fed in line.feeds}
    return [wait for wait in waits if wait.supply.pk not in direct]


def _planned(order: Order) -> dict[int, tuple[Decimal, Decimal]]:
    """Demanded and reserved by order line, of what has not moved yet.

    Goods pass each step of a warehouse once (pick, pack, ship): the step that asks for the most is what is
    still to leave, the step that has reserved the most is what is set aside.
    """
    kinds = dict(
        Picking.objects.filter(
            connection=order.connection, order_odoo_id=order.odoo_id, gone_at=None,
            return_of_odoo_id=None,
        ).values_list("odoo_id", "kind")
    )  # fmt: skip
    sums: dict[int, dict[str, list[Decimal]]] = defaultdict(
        lambda: defaultdict(lambda: [_NONE, _NONE])
    )
    moves = Move.objects.filter(
        connection=order.connection, picking_odoo_id__in=kinds, gone_at=None
    ).exclude(state__in=("done", "cancel"))
    for picking, line, state, demanded, quantity in moves.values_list(
        "picking_odoo_id", "order_line_odoo_id", "state", "demanded_qty", "quantity"
    ):
        if line is None:
            continue
        of_step = sums[line][kinds[picking or 0]]
        of_step[0] += demanded
        of_step[1] += quantity if state in _RESERVES else _NONE
    return {line: _most(list(steps.values())) for line, steps in sums.items()}


def _most(steps: list[list[Any]]) -> tuple[Decimal, Decimal]:
    return max(step[0] for step in steps), max(step[1] for step in steps)
