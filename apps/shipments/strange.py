"""States of Odoo's that no table knows, as journal entries: told when a record comes to be in one."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from apps.journal.services import NewEntry
from apps.shipments.rules.states import (
    INVOICE,
    ORDER,
    PAYMENT,
    PICKING,
    PRODUCTION,
    PURCHASE,
    Means,
    unmapped,
)

_SUPPLY: Final = {
    "purchase": ("purchase.order", PURCHASE),
    "production": ("mrp.production", PRODUCTION),
}
Row = Mapping[str, Any]


def of_order(connection: str, ref: str, row: Row, before: Row | None) -> Iterable[NewEntry]:
    """What is strange about an order, its steps and its invoices that was not before."""
    scope = _scope(row)
    yield from _told(
        connection, "sale.order", "state", ORDER, row["odoo_state"], before["odoo_state"] if before else None,
        ref, row["name"], scope,
    )  # fmt: skip
    for step in set(row["steps"]) - set(before["steps"] if before else ()):
        yield from _told(
            connection, "stock.picking", "state", PICKING, step, None, ref, row["name"], scope
        )
    known = {bill["id"]: bill for bill in before["invoices"]} if before else {}
    for bill in row["invoices"]:
        was = known.get(bill["id"], {})
        for field, table in (("state", INVOICE), ("payment_state", PAYMENT)):
            yield from _told(
                connection, "account.move", field, table, bill[field], was.get(field),
                bill["id"], bill["name"] or "A draft", scope,
            )  # fmt: skip


def of_shipment(connection: str, ref: str, row: Row, before: Row | None) -> Iterable[NewEntry]:
    """What is strange about a transfer."""
    yield from _told(
        connection, "stock.picking", "state", PICKING, row["picking_state"],
        before["picking_state"] if before else None, ref, row["reference"], _scope(row),
    )  # fmt: skip


def of_supply(
    connection: str, kind: str, ref: str, row: Row, was: str | None
) -> Iterable[NewEntry]:
    """What is strange about a purchase order or a production."""
    model, table = _SUPPLY[kind]
    yield from _told(
        connection,
        model,
        "state",
        table,
        row["odoo_state"],
        was,
        ref,
        row["reference"],
        _scope(row),
    )


def _told(
    connection: str, model: str, field: str, table: Mapping[str, Means], state: str, was: str | None,
    ref: str, record: str, scope: tuple[Any, ...],
) -> Iterable[NewEntry]:  # fmt: skip
    if state != was and unmapped(table, state):
        payload = {
            "connection": connection, "model": model, "field": field, "state": state, "record": record[:120],
        }  # fmt: skip
        yield NewEntry("state.unmapped", ref, payload, *scope)


def _scope(row: Row) -> tuple[Any, ...]:
    return row["company_id"], row["warehouse_id"], row["customer_id"]
