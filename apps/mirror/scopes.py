"""Scope of mirrored rows: Odoo's companies, warehouses and commercial partners as rows of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from apps.accounts.models import Company, Customer, Warehouse
from apps.mirror.models import CompanyRow, Contact, PickingType, SaleOrder, WarehouseRow
from apps.mirror.specs import Record, Spec, ids, ref


@dataclass(frozen=True, slots=True)
class Scope:
    """Database ids of the scope rows of one record; None where Odoo names none or it is not mirrored yet."""

    company_id: int | None = None
    warehouse_id: int | None = None
    customer_id: int | None = None


def scopes_of(connection: str, spec: Spec, records: Sequence[Record]) -> list[Scope]:
    """The scope of each record, in the order given, with a handful of queries for all of them.

    A transfer's warehouse is that of its operation type; an invoice's that of its first order.
    """
    if not spec.scoped:
        return [Scope()] * len(records)
    companies = _rows(Company, connection, (ref(r.get("company_id")) for r in records))
    warehouses = _warehouses(connection, records)
    customers = _customers(connection, records)
    return [
        Scope(companies.get(ref(r.get("company_id")) or 0), warehouse, customer)
        for r, warehouse, customer in zip(records, warehouses, customers, strict=True)
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


def _warehouses(connection: str, records: Sequence[Record]) -> list[int | None]:
    types = {found for r in records if (found := ref(r.get("picking_type_id")))}
    by_type = dict(
        PickingType.objects.filter(connection=connection, odoo_id__in=types).values_list(
            "odoo_id", "warehouse_odoo_id"
        )
    )
    orders = {order for r in records for order in ids(r.get("order_odoo_ids"))[:1]}
    by_order = dict(
        SaleOrder.objects.filter(connection=connection, odoo_id__in=orders).values_list(
            "odoo_id", "warehouse_id"
        )
    )
    named = [
        ref(r.get("warehouse_id")) or by_type.get(ref(r.get("picking_type_id")) or 0)
        for r in records
    ]
    rows = _rows(Warehouse, connection, named)
    return [
        rows.get(name or 0) or by_order.get(next(iter(ids(r.get("order_odoo_ids"))), 0))
        for name, r in zip(named, records, strict=True)
    ]


def _customers(connection: str, records: Sequence[Record]) -> list[int | None]:
    partners = {found for r in records if (found := ref(r.get("partner_id")))}
    commercial = dict(
        Contact.objects.filter(connection=connection, odoo_id__in=partners).values_list(
            "odoo_id", "commercial_odoo_id"
        )
    )
    named = [
        ref(r.get("commercial_partner_id")) or commercial.get(ref(r.get("partner_id")) or 0)
        for r in records
    ]
    rows = _rows(Customer, connection, named)
    return [rows.get(name or 0) for name in named]


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
                connection=connection, odoo_id=r.odoo_id, name=r.name, currency=r.currency or "USD"
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
                name=r.name,
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


def _store_customers(connection: str, odoo_ids: Sequence[int]) -> None:
    """Odoo's commercial partners are the customers; a company below another one points to it as its parent.

    Some contacts are our own companies', whose zone may have changed.
    """
    _store_zones(
        connection, CompanyRow.objects.filter(connection=connection, contact_odoo_id__in=odoo_ids)
    )
    rows = [
        row
        for row in Contact.objects.filter(connection=connection, odoo_id__in=odoo_ids)
        if row.commercial_odoo_id in (None, row.odoo_id)
    ]
    Customer.objects.bulk_create(
        [
            Customer(
                connection=connection, odoo_id=r.odoo_id, name=r.name[:200], timezone=r.timezone
            )
            for r in rows
        ],
        update_conflicts=True,
        unique_fields=["connection", "odoo_id"],
        update_fields=["name", "timezone"],
    )
    children = {row.odoo_id: row.parent_odoo_id for row in rows if row.parent_odoo_id}
    if children:
        parents = _rows(Customer, connection, children.values())
        found = list(Customer.objects.filter(connection=connection, odoo_id__in=children))
        for child in found:
            child.parent_id = parents.get(children[child.odoo_id] or 0)
        Customer.objects.bulk_update(found, ["parent"])
