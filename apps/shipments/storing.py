"""Orders and shipments from what the mirror says: insert what is new, update what differs.

Runs inside the projection's transaction and under its lock.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from apps.journal.ids import new_id
from apps.journal.services import NewEntry
from apps.shipments import sets, strange
from apps.shipments.models import Order, Shipment
from apps.shipments.projected import invoice_row, order_row, shipment_row
from apps.shipments.said import BillSaid, Said
from apps.shipments.staging import team_ids

_ORDER_NEWS: Final[tuple[str, ...]] = (
    "name",
    "customer_name",
    "customer_reference",
    "amount_total",
    "currency",
)
_SHIPMENT_NEWS: Final[tuple[str, ...]] = (
    "reference",
    "carrier_name",
    "customer_name",
    "order_id",
    "value",
    "ship_to_city",
    "scheduled_at",
    "gone",
)

# What the projection fills, read back to find what differs.
_ORDER: Final = (
    "name", "customer_name", "customer_reference", "odoo_state", "gone", "locked", "salesperson_name", "salesperson_id",
    "ordered_at", "commitment_at", "amount_total", "currency", "steps", "invoices", "company_id",
    "warehouse_id", "customer_id",
)  # fmt: skip
_SHIPMENT: Final = (
    "id", "public_id", "picking_odoo_id", "kind", "reference", "picking_state", "gone", "deadline_at",
    "scheduled_at", "order_id", "supply_id", "carrier_id", "carrier_name", "customer_name", "ship_to_city",
    "ship_to_country", "ship_to_timezone", "dispatched_at", "value", "currency", "company_id",
    "warehouse_id", "customer_id", "backorder_of_id", "return_of_id",
)  # fmt: skip
_STATES: Final = ("odoo_state", "steps", "invoices")
_CREATED: Final = (
    "id", "picking_odoo_id", "public_id", "kind", "order__public_id", "company_id", "warehouse_id",
    "customer_id",
)  # fmt: skip


def store_orders(
    said: Said, now: datetime
) -> tuple[dict[int, int], dict[int, list[str]], list[NewEntry]]:
    """Insert and update orders; returns database ids by Odoo's, changed fields, entries of invoices."""
    rows = Order.objects.filter(connection=said.connection, odoo_id__in=said.orders)
    known = {row["odoo_id"]: row for row in rows.values("id", "odoo_id", "public_id", *_ORDER)}
    fresh: list[sets.Row] = []
    changed: list[sets.Row] = []
    told: dict[int, list[str]] = {}
    entries: list[NewEntry] = []
    team = team_ids()["customer-service"] if len(known) < len(said.orders) else 0
    for odoo_id, source in said.orders.items():
        before = known.get(odoo_id)
        row = order_row(
            source,
            said.contacts,
            said.people,
            said.steps[odoo_id],
            [invoice_row(b) for b in said.invoices[odoo_id]],
        )
        entries += list(
            _invoice_entries(said.invoices[odoo_id], before["invoices"] if before else [], row)
        )
        ref = before["public_id"] if before else new_id("ord")
        if before is None or any(before[name] != row[name] for name in _STATES):
            entries += strange.of_order(said.connection, ref, row, before)
        if before is None:
            fresh.append(
                {
                    **row,
                    "public_id": ref[4:],
                    "connection": said.connection,
                    "odoo_id": odoo_id,
                    **_new_order(now, team),
                }
            )
        elif differing := [name for name, value in row.items() if before[name] != value]:
            changed.append({"id": before["id"], **row})
            told[before["id"]] = [name for name in _ORDER_NEWS if name in differing]
    ids = {odoo_id: row["id"] for odoo_id, row in known.items()}
    for row_id, _, odoo_id in sets.insert(Order, fresh, keep="connection,odoo_id"):
        ids[odoo_id] = row_id
    sets.update(Order, sorted(changed, key=lambda row: row["id"]))
    return ids, told, entries


def _new_order(now: datetime, team_id: int) -> dict[str, Any]:
    """Derived right after; the team is what the database asks of an open order."""
    return {
        "stage": "", "stage_why": {}, "promise_basis": "", "held": [], "open": True, "version": 0,
        "blocks": [], "release_checks": [],
        "owner_team_id": team_id,
        "created_at": now, "changed_at": now,
    }  # fmt: skip


def _invoice_entries(
    bills: Iterable[BillSaid], before: list[dict[str, Any]], order: sets.Row
) -> Iterable[NewEntry]:
    """One entry for each invoice that is new, changed its state, or is gone from Odoo or from this order."""
    known = {bill["id"]: bill for bill in before}
    for bill in bills:
        was = known.get(bill.public_id, {})
        if (was.get("state"), was.get("payment_state")) == (bill.state, bill.payment_state):
            continue
        yield NewEntry(
            "invoice.changed",
            bill.public_id,
            {
                "invoice": bill.public_id, "state": bill.state, "payment_state": bill.payment_state,
                "was": {name: was[name] for name in ("state", "payment_state") if name in was},
            },
            company_id=bill.company_id, warehouse_id=bill.warehouse_id, customer_id=bill.customer_id,
        )  # fmt: skip
    for ref in sorted(set(known) - {bill.public_id for bill in bills}):
        was = {name: known[ref].get(name) for name in ("state", "payment_state")}
        payload = {"invoice": ref, "state": "gone", "payment_state": "", "was": was}
        scope = (order["company_id"], order["warehouse_id"], order["customer_id"])
        yield NewEntry("invoice.changed", ref, payload, *scope)


def stored_shipments(said: Said) -> dict[int, sets.Row]:
    """The shipments of these transfers as they stand, by the transfer's Odoo id."""
    rows = Shipment.objects.filter(connection=said.connection, picking_odoo_id__in=said.pickings)
    return {row["picking_odoo_id"]: row for row in rows.values(*_SHIPMENT)}


def store_shipments(
    said: Said, known: Mapping[int, sets.Row], order_ids: Mapping[int, int], now: datetime
) -> tuple[dict[int, tuple[int, str]], dict[int, list[str]], list[NewEntry]]:
    """Insert and update shipments; returns (database id, public id) by picking, changes, entries."""
    fresh: list[sets.Row] = []
    changed: list[sets.Row] = []
    told: dict[int, list[str]] = {}
    created: list[NewEntry] = []
    for odoo_id, source in said.pickings.items():
        row = shipment_row(source, said, order_ids.get(source.order_odoo_id or 0))
        before = known.get(odoo_id)
        ref = before["public_id"] if before else new_id("shp")
        created += strange.of_shipment(said.connection, ref, row, before)
        if before is None:
            fresh.append(
                {
                    **row,
                    "public_id": ref[4:],
                    "connection": said.connection,
                    "picking_odoo_id": odoo_id,
                    **_new_shipment(now),
                }
            )
        elif differing := [name for name, value in row.items() if before[name] != value]:
            changed.append({"id": before["id"], **row})
            told[before["id"]] = [name for name in _SHIPMENT_NEWS if name in differing]
    made = [row[0] for row in sets.insert(Shipment, fresh)]
    sets.update(Shipment, sorted(changed, key=lambda row: row["id"]))
    ids = {pk: (row["id"], row["public_id"]) for pk, row in known.items()}
    rows = (
        Shipment.objects.filter(pk__in=made).order_by("id").values_list(*_CREATED) if made else ()
    )
    for row_id, picking, ref, kind, order, *scope in rows:
        ids[picking] = (row_id, ref)
        payload = {"version": 1, "kind": kind, "order": order}
        created.append(NewEntry("shipment.created", ref, payload, *scope))
    _join(said, known, ids)
    return ids, told, created


def _new_shipment(now: datetime) -> dict[str, Any]:
    return {
        "execution_status": "", "customer_status": "", "financial_status": "", "execution_why": {},
        "customer_why": {}, "financial_why": {}, "partial": False, "delivered_packages": 0, "package_count": 0,
        "exception_reason": "", "promise_basis": "", "eta": "", "attempts": 0, "late": False,
        "has_proof": False, "version": 0, "created_at": now, "changed_at": now,
    }  # fmt: skip


def _join(said: Said, known: Mapping[int, sets.Row], ids: Mapping[int, tuple[int, str]]) -> None:
    """Backorders point to the shipment they were split from, returns to the one they bring back."""
    pointers = {
        pk: (row.backorder_odoo_id, row.return_of_odoo_id) for pk, row in said.pickings.items()
    }
    away = {pk for pair in pointers.values() for pk in pair if pk} - set(ids)
    ours = {pk: row[0] for pk, row in ids.items()}
    if away:
        found = Shipment.objects.filter(connection=said.connection, picking_odoo_id__in=away)
        ours |= {pk: row_id for pk, row_id in found.values_list("picking_odoo_id", "id") if pk}
    rows = []
    for pk, (backorder, returned) in sorted(pointers.items()):
        wanted = (ours.get(backorder or 0), ours.get(returned or 0))
        before = known.get(pk)
        stands = (before["backorder_of_id"], before["return_of_id"]) if before else (None, None)
        if wanted != stands:
            rows.append({"id": ids[pk][0], "backorder_of_id": wanted[0], "return_of_id": wanted[1]})
    sets.update(Shipment, rows)
