"""What lies where, and what was packed together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import QuerySet, Sum

from apps.mirror.models import GoodsPackage, Location, PackedLine, Product, Quant, WarehouseRow

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class StockLevel:
    """A product in one warehouse, in the product's own unit. Odoo's ids.

    Without a warehouse: goods on their way between two, or in a place that belongs to none. on_hand may be
    negative where more was delivered than Odoo knew of.
    """

    product_odoo_id: int
    warehouse_odoo_id: int | None
    warehouse: str
    on_hand: Decimal
    reserved: Decimal
    unit: str

    @property
    def free(self) -> Decimal:
        """What nobody has reserved."""
        return self.on_hand - self.reserved


def stock_levels(
    connection: str, product_ids: Collection[int], *, among: QuerySet[Quant] | None = None
) -> list[StockLevel]:
    """Levels per product and warehouse, by product, the warehouses by name. product_ids are Odoo's.

    among: the rows a person may see, `user.scope.narrow(Quant.objects.all())`; without it all of them.
    """
    rows = Quant.objects.all() if among is None else among
    held = list(
        rows.filter(connection=connection, product_odoo_id__in=product_ids, gone_at=None)
        .order_by()
        .values_list("product_odoo_id", "location_odoo_id")
        .annotate(Sum("quantity"), Sum("reserved_qty"))
    )
    homes = dict(
        Location.objects.filter(
            connection=connection, odoo_id__in={place for _, place, _, _ in held}, usage="internal"
        ).values_list("odoo_id", "warehouse_odoo_id")
    )
    sums: dict[tuple[int, int | None], tuple[Decimal, Decimal]] = defaultdict(
        lambda: (_NONE, _NONE)
    )
    for product, place, quantity, reserved in held:
        on_hand, taken = sums[product, homes.get(place)]
        sums[product, homes.get(place)] = (on_hand + quantity, taken + reserved)
    names = _names(WarehouseRow.objects.filter(connection=connection), "name")
    units = _names(Product.objects.filter(connection=connection, odoo_id__in=product_ids), "unit")
    return sorted(
        (
            StockLevel(
                product, home, names.get(home or 0, ""), on_hand, taken, units.get(product, "")
            )
            for (product, home), (on_hand, taken) in sums.items()
        ),
        key=lambda level: (level.product_odoo_id, level.warehouse, level.warehouse_odoo_id or 0),
    )


@dataclass(frozen=True, slots=True)
class Box:
    """One box or pallet of a transfer and what was put into it: (product, quantity, unit)."""

    picking_odoo_id: int
    package_odoo_id: int
    name: str
    contents: list[tuple[str, Decimal, str]] = field(default_factory=list)


def boxes(connection: str, picking_ids: Collection[int]) -> list[Box]:
    """The boxes of these transfers (Odoo's ids) as the warehouse packed them, in the order of their ids."""
    lines = list(
        PackedLine.objects.filter(
            connection=connection, picking_odoo_id__in=picking_ids, gone_at=None
        ).order_by("picking_odoo_id", "package_odoo_id", "odoo_id")
    )
    packed = {line.package_odoo_id for line in lines if line.package_odoo_id}
    names = _names(GoodsPackage.objects.filter(connection=connection, odoo_id__in=packed), "name")
    bought = {line.product_odoo_id for line in lines if line.product_odoo_id}
    products = _names(Product.objects.filter(connection=connection, odoo_id__in=bought), "name")
    found: dict[tuple[int, int], Box] = {}
    for line in lines:
        picking, package = line.picking_odoo_id, line.package_odoo_id
        if picking is None or package is None:
            continue
        box = found.setdefault(
            (picking, package), Box(picking, package, names.get(package, f"package {package}"))
        )
        product = products.get(line.product_odoo_id or 0, "")
        box.contents.append((product, line.quantity, line.unit))
    return list(found.values())


def _names(
    rows: QuerySet[Product] | QuerySet[GoodsPackage] | QuerySet[WarehouseRow], column: str
) -> dict[int, str]:
    return dict(rows.values_list("odoo_id", column))
