"""What the tower knows of the goods an event is about: whose, for when, worth what, how urgent (R227)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from apps.accounts.models import User
from apps.mirror.models import Picking
from apps.shipments.models import PackageLink, Shipment

URGENT: Final = "urgent"
NORMAL: Final = "normal"


@dataclass(frozen=True, slots=True)
class Context:
    """One shipment that a package carries goods of. priority: as the transfer in Odoo says; "" where Odoo has none."""

    shipment: Shipment
    priority: str

    @property
    def customer(self) -> str:
        """The customer, as the shipment or else its order names it."""
        order = self.shipment.order
        return self.shipment.customer_name or (order.customer_name if order else "")

    @property
    def is_urgent(self) -> bool:
        """Whether Odoo says that it goes before others."""
        return self.priority == URGENT


def contexts(user: User, package_ids: Collection[int]) -> dict[int, list[Context]]:
    """For each of these packages its shipments within the person's scope: two queries however many there are.

    A package without one that the person may see is not in the answer.
    """
    mine = user.scope.narrow(PackageLink.objects.filter(package__in=package_ids), "shipment__")
    links = list(mine.select_related("shipment__order", "shipment__customer").order_by("pk"))
    priorities = _priorities([link.shipment for link in links])
    found: dict[int, list[Context]] = defaultdict(list)
    for link in links:
        row = link.shipment
        found[link.package_id].append(
            Context(row, priorities.get((row.connection, row.picking_odoo_id or 0), ""))
        )
    return dict(found)


def _priorities(shipments: Collection[Shipment]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in shipments:
        if row.picking_odoo_id is not None:
            wanted[row.connection].add(row.picking_odoo_id)
    if not wanted:
        return {}
    named = Q(pk__in=())
    for connection, ids in wanted.items():
        named |= Q(connection=connection, odoo_id__in=ids)
    rows = Picking.objects.filter(named).values_list("connection", "odoo_id", "priority")
    return {
        (connection, odoo_id): URGENT if priority not in ("", "0") else NORMAL
        for connection, odoo_id, priority in rows
    }
