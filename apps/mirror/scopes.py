"""Scope of mirrored rows: Odoo's companies, warehouses and commercial partners as rows of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import available_timezones

from django.db import connection as database

from apps.accounts.models import Company, Customer, Warehouse
from apps.journal.ids import new_id, to_uuid
from apps.mirror.models import (
    CompanyRow,
    Contact,
    Invoice,
    Location,
    Mirrored,
    Picking,
    PickingType,
    Quant,
    SaleOrder,
    WarehouseRow,
)
from apps.mirror.specs import Record, Spec, ids, ref


@dataclass(frozen=True, slots=True)
class Scope:
    """Database ids of the scope rows of one record; None where Odoo names none or it is not mirrored yet."""

    company_id: int | None = None
    warehouse_id: int | None = None
    customer_id: int | None = None


def scopes_of(connection: str, spec: Spec, records: Sequence[Record]) -> list[Scope]:
    """The scope of each record, in the order given, with a handful of queries for all of them.

    The warehouse of a transfer, a purchase and a production is that of its operation type, of stock that of its
    place, of an invoice that of its first order. Goods of a place of no company are the warehouse's company's.
    """
    if not spec.scoped:
        return [Scope()] * len(records)
    named = [ref(r.get("company_id")) for r in records]
    companies = _rows(Company, connection, named)
    warehouses = warehouses_of(connection, spec, records)
    owners = dict(
        Warehouse.objects.filter(pk__in={found for found in warehouses if found}).values_list(
            "pk", "company_id"
        )
    )
    return [
        # A company that is named but not known here is nobody else's.
        Scope(companies.get(name) if name else owners.get(warehouse or 0), warehouse, customer)
        for name, warehouse, customer in zip(
            named, warehouses, customers_of(connection, spec, records), strict=True
        )
    ]


def _rows(
    model: type[Company] | type[Warehouse] | type[Customer],
    connection: str,
    wanted: Iterable[int | None],
) -> dict[int, int]:
    found = model._default_manager.filter(
        connection=connection, odoo_id__in={w for w in wanted if w}
    )
    return dict(found.values_list("odoo_id", "id"))


def _pointed(
    table: type[Mirrored], connection: str, wanted: Iterable[int | None], value: str
) -> dict[int | None, int | None]:
    """A column of the mirrored records that these Odoo ids are of."""
    odoo_ids = {w for w in wanted if w}
    if not odoo_ids:
        return {}
    found = table._default_manager.filter(connection=connection, odoo_id__in=odoo_ids)
    return dict(found.values_list("odoo_id", value))


def warehouses_of(connection: str, spec: Spec, records: Sequence[Record]) -> list[int | None]:
    """Database ids of the warehouses."""
    by: dict[int | None, int | None]
    if spec.table is Invoice:
        orders = [next(iter(ids(r.get("order_odoo_ids"))), None) for r in records]
        by = _pointed(SaleOrder, connection, orders, "warehouse_id")
        return [by.get(order) for order in orders]
    if spec.table is SaleOrder:
        named = [ref(r.get("warehouse_id")) for r in records]
    elif spec.table is Quant:
        places = [ref(r.get("location_id")) for r in records]
        by = _pointed(Location, connection, places, "warehouse_odoo_id")
        named = [by.get(place) for place in places]
    else:
        types = [ref(r.get("picking_type_id")) for r in records]
        by = _pointed(PickingType, connection, types, "warehouse_odoo_id")
        named = [by.get(kind) for kind in types]
    rows = _rows(Warehouse, connection, named)
    return [rows.get(name or 0) for name in named]


def customers_of(connection: str, spec: Spec, records: Sequence[Record]) -> list[int | None]:
    """Database ids of the customers: the commercial partner whom a document is for.

    A transfer of an order is for who ordered it, whoever receives the goods; one without an order for its
    partner, but only towards customers or back from them. Suppliers are nobody's customers.
    """
    orders = [ref(r.get("sale_id")) for r in records]
    by_order = _pointed(SaleOrder, connection, orders, "customer_odoo_id")
    partners = [
        by_order.get(order)
        or (
            ref(r.get("commercial_partner_id")) or ref(r.get("partner_id"))
            if _is_for_customer(spec, r)
            else None
        )
        for order, r in zip(orders, records, strict=True)
    ]
    commercial = _pointed(Contact, connection, partners, "commercial_odoo_id")
    rows = _rows(Customer, connection, [commercial.get(p) or p for p in partners])
    return [rows.get((commercial.get(p) or p) or 0) for p in partners]


def _is_for_customer(spec: Spec, record: Record) -> bool:
    """Whether the record's partner is a customer."""
    if spec.table is Picking:
        outgoing = record.get("picking_type_code") == "outgoing"
        returned = ref(record.get("return_id")) is not None
        incoming = record.get("picking_type_code") == "incoming"
        return (outgoing and not returned) or (incoming and returned)
    if spec.table is Invoice:
        return str(record.get("move_type") or "").startswith("out_")
    return spec.table is SaleOrder


def store_scope_rows(connection: str, spec: Spec, odoo_ids: Sequence[int]) -> None:
    """Make or rename the rows of accounts that stand for these companies, warehouses or partners."""
    store = {
        "res.company": _companies,
        "stock.warehouse": _store_warehouses,
        "res.partner": _store_customers,
    }
    if odoo_ids and spec.model in store:
        store[spec.model](connection, odoo_ids)


def _companies(connection: str, odoo_ids: Sequence[int]) -> None:
    rows = CompanyRow.objects.filter(connection=connection, odoo_id__in=odoo_ids)
    Company.objects.bulk_create(
        [
            Company(
                connection=connection,
                odoo_id=r.odoo_id,
                name=r.name[:200],
                currency=r.currency or "USD",
            )
            for r in rows
        ],
        update_conflicts=True,
        unique_fields=["connection", "odoo_id"],
        update_fields=["name", "currency"],
    )
    _store_zones(connection, rows)


def _store_zones(connection: str, companies: Iterable[CompanyRow]) -> None:
    """A company's clock is that of its own partner; where Odoo has none, what stands here stays."""
    zones = dict(
        Contact.objects.filter(
            connection=connection, odoo_id__in=[row.contact_odoo_id for row in companies]
        )
        .exclude(timezone="")
        .values_list("odoo_id", "timezone")
    )
    for row in companies:
        zone = zones.get(row.contact_odoo_id or 0)
        if zone in available_timezones():
            Company.objects.filter(connection=connection, odoo_id=row.odoo_id).exclude(
                timezone=zone
            ).update(timezone=zone)


def _store_warehouses(connection: str, odoo_ids: Sequence[int]) -> None:
    rows = list(WarehouseRow.objects.filter(connection=connection, odoo_id__in=odoo_ids))
    companies = _rows(Company, connection, (row.company_odoo_id for row in rows))
    Warehouse.objects.bulk_create(
        [
            Warehouse(
                connection=connection,
                odoo_id=r.odoo_id,
                name=r.name[:200],
                code=r.code,
                company_id=companies[r.company_odoo_id],
            )
            for r in rows
            if r.company_odoo_id in companies
        ],
        update_conflicts=True,
        unique_fields=["connection", "odoo_id"],
        update_fields=["name", "code", "company"],
    )


_CUSTOMERS: Final = """
INSERT INTO accounts_customer (connection, odoo_id, name, timezone, public_id)
SELECT c.connection, c.odoo_id, left(c.name, 200), c.timezone, wanted.public_id
FROM unnest(%s::bigint[], %s::uuid[]) AS wanted(odoo_id, public_id)
JOIN mirror_contact c ON c.connection = %s AND c.odoo_id = wanted.odoo_id
WHERE coalesce(c.commercial_odoo_id, c.odoo_id) = c.odoo_id
ORDER BY c.odoo_id
ON CONFLICT (connection, odoo_id) DO UPDATE SET name = EXCLUDED.name, timezone = EXCLUDED.timezone
WHERE (accounts_customer.name, accounts_customer.timezone) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.timezone)
"""
_PARENTS: Final = """
UPDATE accounts_customer AS customer SET parent_id = parent.id
FROM mirror_contact c LEFT JOIN accounts_customer parent
     ON parent.connection = c.connection AND parent.odoo_id = c.parent_odoo_id
WHERE c.connection = %s AND c.odoo_id = ANY(%s)
  AND coalesce(c.commercial_odoo_id, c.odoo_id) = c.odoo_id
  AND customer.connection = c.connection AND customer.odoo_id = c.odoo_id
  AND customer.parent_id IS DISTINCT FROM parent.id
"""
"""None too: who left a group is no longer seen by it."""


def _store_customers(connection: str, odoo_ids: Sequence[int]) -> None:
    """Odoo's commercial partners are the customers; a company below another one points to it as its parent.

    Some contacts are our own companies', whose zone may have changed.
    """
    _store_zones(
        connection, CompanyRow.objects.filter(connection=connection, contact_odoo_id__in=odoo_ids)
    )
    with database.cursor() as cursor:
        cursor.execute(
            _CUSTOMERS,
            [list(odoo_ids), [to_uuid("cus", new_id("cus")) for _ in odoo_ids], connection],
        )
        cursor.execute(_PARENTS, [connection, list(odoo_ids)])
