"""Shipments and orders from what lies below them: the three truths and the stage, for many at once.

Runs inside the caller's transaction. Locks shipments by id, then orders by id.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apps.journal.services import NewEntry
from apps.shipments import sets
from apps.shipments.models import Order, Shipment
from apps.shipments.rules import (
    Execution,
    Facts,
    Leg,
    OrderFacts,
    Why,
    customer_status,
    eta_instant,
    financial_status,
    order_stage,
    promise,
    roll_up,
)  # fmt: skip
from apps.shipments.rules.rollup import DELIVERED
from apps.shipments.rules.stage import CLOSED

_SHIPMENT: Final = (
    "id", "public_id", "kind", "reference", "picking_state", "deadline_at", "order_id", "ship_to_timezone",
    "company_id", "warehouse_id", "customer_id", "execution_status", "customer_status", "financial_status",
    "execution_why", "customer_why", "financial_why", "partial", "delivered_packages", "package_count",
    "exception_reason", "promise_at", "promise_basis", "eta", "eta_at", "dispatched_at", "delivered_at",
    "attempts", "late", "has_proof", "last_event_at", "heard_at", "version",
)  # fmt: skip
_ORDER: Final = (
    "id", "public_id", "name", "stage", "stage_why", "promise_at", "promise_basis", "held", "odoo_state", "locked",
    "commitment_at", "steps", "invoices", "open", "company_id", "warehouse_id", "customer_id", "version",
)  # fmt: skip
_FOR_ORDERS: Final = frozenset(
    {"execution_status", "has_proof"}
)  # what an order's stage follows from
_NOTHING: Final[Mapping[int, list[str]]] = {}
_NO_CAUSE: Final[Mapping[int, str | None]] = {}
_JSON: Final = frozenset(
    {"execution_why", "customer_why", "financial_why", "stage_why", "held", "steps", "invoices"}
)
# A change of one of these is news; a change of another is stored without a word.
_NEWS: Final = (
    "execution_status", "customer_status", "financial_status", "exception_reason", "eta", "promise_at", "late",
    "attempts", "has_proof", "partial", "delivered_packages",
)  # fmt: skip


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
_LEGS: Final = """
SELECT order_id, id, 'shp_' || replace(public_id::text, '-', ''), reference, execution_status, has_proof, deadline_at
FROM shipments_shipment WHERE order_id = ANY(%s) AND kind IN ('outgoing', 'dropship') ORDER BY id
"""


def recompute(
    shipment_ids: Collection[int], now: datetime, *, order_ids: Collection[int] = (),
    told: Mapping[int, list[str]] = _NOTHING, told_orders: Mapping[int, list[str]] = _NOTHING,
    causes: Mapping[int, str | None] = _NO_CAUSE,
) -> list[NewEntry]:  # fmt: skip
    """Derive shipments, their orders and these orders anew, store what differs; returns what to journal.

    told, told_orders: by database id, the names of fields the caller changed that are news too
    (packages, carrier_name, amount_total): a new version and an entry even if nothing derived changed.
    causes: by shipment, the correlation id of the message that brought it about.
    """
    if not shipment_ids and not order_ids:
        return []
    loaded = _load(shipment_ids, order_ids)
    rows: list[sets.Row] = []
    entries: list[NewEntry] = []
    touched = {*order_ids, *told_orders}
    for shipment in loaded.shipments.values():
        shipment["cause"] = causes.get(shipment["id"])
        derived = _shipment(shipment, loaded)
        changed = {name for name, value in derived.items() if shipment[name] != value}
        news = [name for name in _NEWS if name in changed] + told.get(shipment["id"], [])
        if not changed and not news:
            continue
        version = shipment["version"] + bool(news)
        rows.append({"id": shipment["id"], "version": version, "changed_at": now, **derived})
        if news:
            proof_by = "document" if shipment["id"] in loaded.documents else "carrier"
            entries += _shipment_entries(shipment, derived, news, version, proof_by)
        if shipment["order_id"] and changed & _FOR_ORDERS:
            touched.add(shipment["order_id"])
            loaded.orders[shipment["order_id"]].setdefault("cause", shipment["cause"])
    sets.update(Shipment, rows)
    return entries + _orders(loaded, touched, now, told_orders)


def _load(shipment_ids: Collection[int], order_ids: Collection[int]) -> Loaded:
    shipments = _rows("shipments_shipment", "shp", _SHIPMENT, shipment_ids)
    wanted = {row["order_id"] for row in shipments.values() if row["order_id"]} | set(order_ids)
    loaded = Loaded(shipments, _rows("shipments_order", "ord", _ORDER, wanted))
    ids = list(shipments)
    for shipment_id, *told, proof, deciding, implicit in sets.fetch(_PARCELS, ids) if ids else ():
        parcel = Parcel(*told, json.loads(proof) if proof else None, deciding, implicit)  # type: ignore[call-arg]
        loaded.parcels[shipment_id].append(parcel)
    loaded.documents.update(sets.fetch(_DOCUMENTS, ids) if ids else ())
    return loaded


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


def _shipment(row: dict[str, Any], loaded: Loaded) -> dict[str, Any]:
    order = loaded.orders.get(row["order_id"] or 0, {})
    done = roll_up(loaded.parcels[row["id"]], row["picking_state"], reference=row["ref"])
    document = loaded.documents.get(row["id"], "")
    proven = done.proven or bool(document)
    facts = Facts(
        execution=done.status, kind=row["kind"], proven=proven, proof_ref=document or _proof_ref(loaded, row["id"]),
        delivered_at=done.delivered_at, delivered_packages=done.delivered_packages,
        package_count=done.package_count, held=order.get("held", ()),
        invoices=order.get("invoices", ()) if row["kind"] != "incoming" else (), cause=done.why.facts,
    )  # fmt: skip
    customer, financial = customer_status(facts), financial_status(facts)
    promised = promise(order.get("commitment_at"), row["deadline_at"], zone=row["ship_to_timezone"])
    eta_at = eta_instant(done.eta, zone=row["ship_to_timezone"])
    return {
        **_told(done, customer, financial),
        "promise_at": promised.at, "promise_basis": promised.basis, "eta_at": eta_at,
        "late": _late(promised.at, eta_at, done), "has_proof": proven,
        "delivered_at": done.delivered_at or (row["delivered_at"] if done.status in DELIVERED else None),
    }  # fmt: skip


def _told(done: Execution, customer: Why, financial: Why) -> dict[str, Any]:
    return {
        "execution_status": done.status, "execution_why": done.why.as_json(),
        "customer_status": customer.value, "customer_why": customer.as_json(),
        "financial_status": financial.value, "financial_why": financial.as_json(),
        "partial": done.partial, "delivered_packages": done.delivered_packages,
        "package_count": done.package_count, "exception_reason": done.exception_reason,
        "attempts": done.attempts, "eta": done.eta, "last_event_at": done.last_event_at,
        "heard_at": done.heard_at,
    }  # fmt: skip


def _late(promised: datetime | None, eta_at: datetime | None, done: Execution) -> bool:
    """Later than promised by what is known: the delivery itself, else the source's own promise."""
    known = done.delivered_at or eta_at
    return promised is not None and known is not None and known > promised


def _proof_ref(loaded: Loaded, shipment_id: int) -> str:
    proofs = (p.proof for p in loaded.parcels[shipment_id] if p.proof and p.proof.get("valid"))
    return next((str(proof["event"]) for proof in proofs), "")


def _scope(row: dict[str, Any]) -> dict[str, Any]:
    """Of an entry about this row: whose it is, and the message behind it (none: the work at hand)."""
    named = {name: row[name] for name in ("company_id", "warehouse_id", "customer_id")}
    return {**named, "correlation_id": row.get("cause")}


def _shipment_entries(
    row: dict[str, Any], derived: dict[str, Any], news: list[str], version: int, proof_by: str
) -> Iterable[NewEntry]:
    scope = _scope(row)

    def entry(kind: str, **payload: Any) -> NewEntry:
        return NewEntry(kind, row["ref"], {"version": version, **payload}, **scope)

    yield entry(
        "shipment.changed", became=news, execution=derived["execution_status"],
        customer=derived["customer_status"], financial=derived["financial_status"],
        was={name: row[name] for name in news if name in row},
    )  # fmt: skip
    if "execution_status" in news and derived["execution_status"] in DELIVERED:
        yield entry(
            "shipment.delivered",
            delivered_at=derived["delivered_at"],
            has_proof=derived["has_proof"],
        )
    if "attempts" in news and derived["attempts"] > row["attempts"]:
        yield entry(
            "shipment.delivery_attempted",
            attempts=derived["attempts"],
            reason=derived["exception_reason"],
        )
    is_delayed = derived["execution_status"] == "delayed" and "execution_status" in news
    if is_delayed or ("late" in news and derived["late"]):
        yield entry("shipment.delayed", eta=derived["eta"], promise_at=derived["promise_at"])
    if "has_proof" in news and derived["has_proof"]:
        yield entry("shipment.proof_received", by=proof_by)


def _orders(
    loaded: Loaded, touched: Collection[int], now: datetime, told: Mapping[int, list[str]]
) -> list[NewEntry]:
    if not touched:
        return []
    legs: dict[int, list[Leg]] = defaultdict(list)
    deadlines: dict[int, list[datetime]] = defaultdict(list)
    for order_id, _, ref, reference, execution, proven, deadline in sets.fetch(
        _LEGS, list(touched)
    ):
        if deadline is not None:
            deadlines[order_id].append(deadline)
        legs[order_id].append(Leg(ref, reference, execution, proven))
    rows: list[sets.Row] = []
    entries: list[NewEntry] = []
    for row in (loaded.orders[pk] for pk in sorted(touched) if pk in loaded.orders):
        facts = OrderFacts(
            row["odoo_state"],
            row["locked"],
            legs[row["id"]],
            row["steps"],
            row["invoices"],
            row["held"],
        )
        stage = order_stage(facts)
        promised = _order_promise(row, deadlines[row["id"]])
        derived = {
            "stage": stage.value, "stage_why": stage.as_json(), "open": stage.value not in CLOSED,
            "promise_at": promised[0], "promise_basis": promised[1],
        }  # fmt: skip
        changed = [name for name, value in derived.items() if row[name] != value]
        news = [name for name in changed if name in ("stage", "promise_at")] + told.get(
            row["id"], []
        )
        if not changed and not news:
            continue
        version = row["version"] + bool(news)
        rows.append({"id": row["id"], "version": version, "changed_at": now, **derived})
        if news:
            entries += _order_entries(row, derived, news, version)
    sets.update(Order, rows)
    return entries


def _order_promise(
    row: dict[str, Any], deadlines: Collection[datetime]
) -> tuple[datetime | None, str]:
    """The order's own commitment, else the latest deadline of its outgoing shipments."""
    if row["commitment_at"] is not None:
        return row["commitment_at"], "commitment"
    return (max(deadlines), "deadline") if deadlines else (None, "none")


def _order_entries(
    row: dict[str, Any], derived: dict[str, Any], news: list[str], version: int
) -> Iterable[NewEntry]:
    scope = _scope(row)
    payload = {"version": version, "stage": derived["stage"], "was": row["stage"], "changed": news}
    yield NewEntry("order.changed", row["ref"], payload, **scope)
    if row["stage"] in ("", "quoted") and derived["stage"] not in ("quoted", "cancelled"):
        yield NewEntry(
            "order.confirmed", row["ref"], {"version": version, "stage": derived["stage"]}, **scope
        )
