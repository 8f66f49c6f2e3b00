"""What one recomputation reads: shipments, their orders, packages and accepted proofs, locked and in order."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apps.shipments import sets

_SHIPMENT: Final = (
    "id", "public_id", "kind", "reference", "picking_state", "deadline_at", "order_id", "ship_to_timezone",
    "company_id", "warehouse_id", "customer_id", "gone", "execution_status", "customer_status", "financial_status",
    "execution_why", "customer_why", "financial_why", "partial", "delivered_packages", "package_count",
    "exception_reason", "promise_at", "promise_basis", "eta", "eta_at", "dispatched_at", "delivered_at",
    "attempts", "late", "has_proof", "last_event_at", "heard_at", "version",
)  # fmt: skip
_ORDER: Final = (
    "id", "public_id", "name", "stage", "stage_why", "promise_at", "promise_basis", "held", "odoo_state", "locked",
    "commitment_at", "steps", "invoices", "open", "gone", "salesperson_id", "owner_id", "owner_team_id",
    "owner_basis", "owner_why", "blocks", "released_at", "release_checks", "company_id", "warehouse_id",
    "customer_id", "version",
)  # fmt: skip
_JSON: Final = frozenset(
    {
        "execution_why",
        "customer_why",
        "financial_why",
        "stage_why",
        "owner_why",
        "held",
        "blocks",
        "release_checks",
        "steps",
        "invoices",
    }
)

_LOCK: Final = """
SELECT id FROM shipments_shipment WHERE id IN (
    SELECT unnest(%s::bigint[]) UNION SELECT link.shipment_id FROM shipments_packagelink link
    JOIN shipments_package package ON package.id = link.package_id WHERE package.number = ANY(%s::text[])
) ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(slots=True)
class Parcel:
    """A package as the roll-up needs it."""

    ref: str
    tracking_number: str
    status: str
    exception_reason: str
    attempts: int
    eta: str
    last_event_at: datetime | None
    heard_at: datetime | None
    delivered_at: datetime | None
    proof: dict[str, Any] | None
    deciding: str
    implicit: bool


@dataclass(slots=True)
class Loaded:
    """Everything one recomputation reads."""

    shipments: dict[int, dict[str, Any]]
    orders: dict[int, dict[str, Any]]
    parcels: dict[int, list[Parcel]] = field(default_factory=lambda: defaultdict(list))
    documents: dict[int, str] = field(
        default_factory=dict
    )  # accepted proof: shipment id to document


_PARCELS: Final = """
SELECT l.shipment_id, 'pkg_' || replace(p.public_id::text, '-', ''), p.tracking_number, p.status,
       p.exception_reason, p.attempts, p.eta, p.last_event_at, p.heard_at, p.delivered_at, p.proof,
       coalesce('evt_' || replace(e.public_id::text, '-', ''), ''), p.implicit
FROM shipments_packagelink l JOIN shipments_package p ON p.id = l.package_id
LEFT JOIN shipments_event e ON e.id = p.deciding_event_id
WHERE l.shipment_id = ANY(%s) ORDER BY p.id
"""
_DOCUMENTS: Final = """
SELECT s.id, max('doc_' || replace(d.public_id::text, '-', ''))
FROM shipments_document d JOIN shipments_shipment s ON s.id = d.shipment_id OR (d.shipment_id IS NULL AND s.order_id = d.order_id)
WHERE d.accepted_at IS NOT NULL AND s.id = ANY(%s) GROUP BY s.id
"""


def load(shipment_ids: Collection[int], order_ids: Collection[int]) -> Loaded:
    """Lock and read these shipments with their orders, and these orders."""
    shipments = _rows("shipments_shipment", "shp", _SHIPMENT, shipment_ids)
    wanted = {row["order_id"] for row in shipments.values() if row["order_id"]} | set(order_ids)
    loaded = Loaded(shipments, _rows("shipments_order", "ord", _ORDER, wanted))
    ids = list(shipments)
    for shipment_id, *told, proof, deciding, implicit in sets.fetch(_PARCELS, ids) if ids else ():
        parcel = Parcel(*told, json.loads(proof) if proof else None, deciding, implicit)  # type: ignore[call-arg]
        loaded.parcels[shipment_id].append(parcel)
    loaded.documents.update(sets.fetch(_DOCUMENTS, ids) if ids else ())
    return loaded


def lock_shipments(ids: Sequence[int], numbers: Sequence[str]) -> None:
    """Lock these shipments and those with parcels of these numbers, before any of their orders is written.

    Everybody locks shipments before orders; who stores an order first and rolls its shipments up later would
    wait for somebody who waits for them.
    """
    sets.fetch(_LOCK, list(ids), list(numbers))


def _rows(
    table: str, prefix: str, names: tuple[str, ...], ids: Collection[int]
) -> dict[int, dict[str, Any]]:
    if not ids:
        return {}
    columns = ", ".join(f'"{name}"' for name in names)
    found = sets.fetch(
        f"SELECT {columns} FROM {table} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",  # noqa: S608  our own names
        list(ids),
    )
    rows = {}
    for values in found:
        row = {
            name: json.loads(value) if name in _JSON and isinstance(value, str) else value
            for name, value in zip(names, values, strict=True)
        }
        row["ref"] = f"{prefix}_{row['public_id'].hex}"
        rows[row["id"]] = row
    return rows


def scope_of(row: dict[str, Any]) -> dict[str, Any]:
    """Of an entry about this row: whose it is, and the message behind it (none: the work at hand)."""
    named = {name: row[name] for name in ("company_id", "warehouse_id", "customer_id")}
    return {**named, "correlation_id": row.get("cause")}
