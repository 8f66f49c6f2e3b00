"""What is mirrored of which Odoo model, and how Odoo's values become ours.

Names of Odoo's fields are those of 18 and 19 (FACTS 5, 11); where they differ, the alternatives stand in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from apps.mirror import models as tables

Record = dict[str, Any]


def text(value: Any) -> str:
    """Odoo's empty text is `false`."""
    return value.strip() if isinstance(value, str) else ""


def ref(value: Any) -> int | None:
    """A many2one as a bare id (`load=False`) or as a pair."""
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: Any) -> datetime | None:
    """`YYYY-MM-DD HH:MM:SS[.ffffff]`, naive and always UTC (FACTS 4)."""
    return (
        datetime.fromisoformat(value).replace(tzinfo=UTC)
        if isinstance(value, str) and value
        else None
    )


def day(value: Any) -> date | None:
    """`YYYY-MM-DD`."""
    return date.fromisoformat(value[:10]) if isinstance(value, str) and value else None


def amount(value: Any) -> Decimal:
    """A JSON number, to the four places our columns hold."""
    return Decimal(repr(value or 0)).quantize(Decimal("0.0001"))


def flag(value: Any) -> bool:
    """A boolean."""
    return bool(value)


def ids(value: Any) -> list[int]:
    """An x2many, in a stable order."""
    return sorted(value or [])


@dataclass(frozen=True, slots=True)
class Column:
    """One column of ours. `source` lists Odoo's names for it, the first that the server has is read.

    `names` is "model:field": the many2one is shown by that field of the record it points to.
    """

    name: str
    source: tuple[str, ...]
    convert: Callable[[Any], Any] = text
    names: str = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """How one Odoo model is mirrored.

    `pace` names the polling interval: open, other or master. `watched` columns keep their history. `points`
    are many2ones whose target must be mirrored first, so that scope and addresses can be resolved.
    """

    model: str
    table: type[tables.Mirrored]
    columns: tuple[Column, ...]
    pace: str = "master"
    domain: tuple[Any, ...] = ()
    watched: tuple[str, ...] = ()
    points: dict[str, str] = field(default_factory=dict)

    @property
    def scoped(self) -> bool:
        """Whether rows carry company, warehouse and customer."""
        return issubclass(self.table, tables.Scoped)

    def wanted(self, known: set[str]) -> list[str]:
        """Odoo's field names to ask for, of those the server has (one unknown field fails the whole call)."""
        names = {"write_date", "active"} & known
        for column in self.columns:
            names |= set([name for name in column.source if name in known][:1])
        return sorted(names | (_SCOPE_FIELDS & known if self.scoped else set()))


_SCOPE_FIELDS = frozenset(
    {"company_id", "warehouse_id", "picking_type_id", "partner_id", "commercial_partner_id"}
)


def _c(name: str, *source: str, convert: Callable[[Any], Any] = text, names: str = "") -> Column:
    return Column(name, source or (name,), convert, names)


_CURRENCY = _c("currency", "currency_id", names="res.currency:name")

SPECS: Final[tuple[Spec, ...]] = (
    Spec(
        "res.company",
        tables.CompanyRow,
        (_c("name"), _CURRENCY, _c("contact_odoo_id", "partner_id", convert=ref)),
        points={"partner_id": "res.partner"},
    ),
    Spec(
        "stock.warehouse",
        tables.WarehouseRow,
        (_c("name"), _c("code"), _c("company_odoo_id", "company_id", convert=ref)),
        points={"company_id": "res.company"},
    ),
    Spec(
        "stock.picking.type",
        tables.PickingType,
        (_c("name"), _c("code"), _c("warehouse_odoo_id", "warehouse_id", convert=ref)),
        points={"warehouse_id": "stock.warehouse"},
    ),
    Spec(
        "res.partner",
        tables.Contact,
        (
            _c("name", "complete_name", "display_name"),
            _c("commercial_odoo_id", "commercial_partner_id", convert=ref),
            _c("parent_odoo_id", "parent_id", convert=ref),
            _c("email"),
            _c("phone"),
            _c("street"),
            _c("zip"),
            _c("city"),
            _c("country", "country_id", names="res.country:code"),
            _c("timezone", "tz"),
        ),
        points={"commercial_partner_id": "res.partner"},
    ),
    Spec(
        "product.product",
        tables.Product,
        (
            _c("name"),
            _c("code", "default_code"),
            _c("barcode"),
            _c("unit", "uom_id", names="uom.uom:name"),
            _c("storable", "is_storable", convert=flag),
        ),
    ),
    Spec("delivery.carrier", tables.DeliveryCarrier, (_c("name"), _c("delivery_type"))),
    Spec(
        "sale.order",
        tables.SaleOrder,
        (
            _c("name"),
            _c("state"),
            _c("locked", convert=flag),
            _c("customer_odoo_id", "partner_id", convert=ref),
            _c("shipping_odoo_id", "partner_shipping_id", convert=ref),
            _c("customer_reference", "client_order_ref"),
            _c("ordered_at", "date_order", convert=moment),
            _c("commitment_at", "commitment_date", convert=moment),
            _c("delivery_status"),
            _c("invoice_status"),
            _CURRENCY,
            _c("amount_total", convert=amount),
            _c("salesperson_odoo_id", "user_id", convert=ref),
            _c("salesperson", "user_id", names="res.users:name"),
        ),
        pace="open",
        watched=("state", "commitment_at", "delivery_status", "invoice_status", "amount_total"),
        points={
            "company_id": "res.company",
            "warehouse_id": "stock.warehouse",
            "partner_id": "res.partner",
            "partner_shipping_id": "res.partner",
        },
    ),
    Spec(
        "sale.order.line",
        tables.SaleOrderLine,
        (
            _c("order_odoo_id", "order_id", convert=ref),
            _c("product_odoo_id", "product_id", convert=ref),
            _c("name"),
            _c("ordered_qty", "product_uom_qty", convert=amount),
            _c("delivered_qty", "qty_delivered", convert=amount),
            _c("invoiced_qty", "qty_invoiced", convert=amount),
            _c("unit", "product_uom_id", "product_uom", names="uom.uom:name"),
            _c("price_subtotal", convert=amount),
        ),
        pace="other",
        domain=(("display_type", "=", False),),
        watched=("ordered_qty", "delivered_qty", "invoiced_qty"),
        points={"product_id": "product.product"},
    ),
    Spec(
        "stock.picking",
        tables.Picking,
        (
            _c("name"),
            _c("state"),
            _c("kind", "picking_type_code"),
            _c("origin"),
            _c("order_odoo_id", "sale_id", convert=ref),
            _c("contact_odoo_id", "partner_id", convert=ref),
            _c("picking_type_odoo_id", "picking_type_id", convert=ref),
            _c("carrier_odoo_id", "carrier_id", convert=ref),
            _c("tracking_ref", "carrier_tracking_ref"),
            _c("scheduled_at", "scheduled_date", convert=moment),
            _c("deadline_at", "date_deadline", convert=moment),
            _c("done_at", "date_done", convert=moment),
            _c("backorder_odoo_id", "backorder_id", convert=ref),
            _c("return_of_odoo_id", "return_id", convert=ref),
        ),
        pace="open",
        watched=(
            "state",
            "tracking_ref",
            "carrier_odoo_id",
            "scheduled_at",
            "deadline_at",
            "done_at",
        ),
        points={
            "company_id": "res.company",
            "picking_type_id": "stock.picking.type",
            "partner_id": "res.partner",
            "carrier_id": "delivery.carrier",
        },
    ),
    Spec(
        "stock.move",
        tables.Move,
        (
            _c("picking_odoo_id", "picking_id", convert=ref),
            _c("product_odoo_id", "product_id", convert=ref),
            _c("order_line_odoo_id", "sale_line_id", convert=ref),
            _c("state"),
            _c("demanded_qty", "product_uom_qty", convert=amount),
            _c("quantity", convert=amount),
            _c("unit", "product_uom", names="uom.uom:name"),
        ),
        pace="open",
        domain=(("picking_id", "!=", False),),
        watched=("state", "demanded_qty", "quantity"),
        points={"product_id": "product.product"},
    ),
    Spec(
        "account.move",
        tables.Invoice,
        (
            _c("name"),
            _c("kind", "move_type"),
            _c("state"),
            _c("payment_state"),
            _c("customer_odoo_id", "partner_id", convert=ref),
            _c("invoiced_on", "invoice_date", convert=day),
            _c("due_on", "invoice_date_due", convert=day),
            _c("origin", "invoice_origin"),
            _c("order_odoo_ids", "order_odoo_ids", convert=ids),
            _CURRENCY,
            _c("amount_total", convert=amount),
            _c("amount_residual", convert=amount),
        ),
        pace="open",
        domain=(("move_type", "in", ["out_invoice", "out_refund"]),),
        watched=("state", "payment_state", "amount_total", "amount_residual"),
        points={
            "company_id": "res.company",
            "partner_id": "res.partner",
            "commercial_partner_id": "res.partner",
        },
    ),
)

BY_MODEL: Final[dict[str, Spec]] = {spec.model: spec for spec in SPECS}
