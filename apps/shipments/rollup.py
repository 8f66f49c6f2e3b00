"""Shipments and orders from what lies below them: the three truths and the stage, for many at once.

Runs inside the caller's transaction. Locks shipments by id, then orders by id.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from apps.journal.services import NewEntry
from apps.shipments import sets, staging
from apps.shipments.loading import Loaded, load, scope_of
from apps.shipments.models import Shipment
from apps.shipments.rules import (
    Execution,
    Facts,
    Why,
    customer_status,
    eta_instant,
    financial_status,
    promise,
    roll_up,
)  # fmt: skip
from apps.shipments.rules.rollup import DELIVERED, RETURNED, advance

_FOR_ORDERS: Final = frozenset(
    {"execution_status", "has_proof"}
)  # what an order's stage follows from
_NOTHING: Final[Mapping[int, list[str]]] = {}
_NO_CAUSE: Final[Mapping[int, str | None]] = {}
# A change of one of these is news; a change of another is stored without a word.
_NEWS: Final = (
    "execution_status", "customer_status", "financial_status", "exception_reason", "eta", "promise_at", "late",
    "attempts", "has_proof", "partial", "delivered_packages",
)  # fmt: skip


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
    loaded = load(shipment_ids, order_ids)
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
            entries += _shipment_entries(shipment, derived, news, version, proof_by, now)
        if shipment["order_id"] and changed & _FOR_ORDERS:
            touched.add(shipment["order_id"])
            loaded.orders[shipment["order_id"]].setdefault("cause", shipment["cause"])
    sets.update(Shipment, rows)
    return entries + staging.derive(loaded, touched, now, told_orders)


def _shipment(row: dict[str, Any], loaded: Loaded) -> dict[str, Any]:
    order = loaded.orders.get(row["order_id"] or 0, {})
    done = roll_up(
        loaded.parcels[row["id"]], row["picking_state"], reference=row["ref"], gone=row["gone"]
    )
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


def _has_left(row: dict[str, Any], derived: dict[str, Any], now: datetime) -> bool:
    """Whether goods left by this change; what is cancelled or came back did not leave by it.

    Goods that had left more than a day before the tower first saw them are no news.
    """
    before, status = row["execution_status"], derived["execution_status"]
    if status in RETURNED or status == "cancelled":
        return False
    left = row["dispatched_at"]
    if not before and (left is None or now - left > timedelta(days=1)):
        return False
    return advance(before) < advance("dispatched") <= advance(status)


def _shipment_entries(
    row: dict[str, Any],
    derived: dict[str, Any],
    news: list[str],
    version: int,
    proof_by: str,
    now: datetime,
) -> Iterable[NewEntry]:
    scope = scope_of(row)

    def entry(kind: str, **payload: Any) -> NewEntry:
        return NewEntry(kind, row["ref"], {"version": version, **payload}, **scope)

    yield entry(
        "shipment.changed", became=news, execution=derived["execution_status"],
        customer=derived["customer_status"], financial=derived["financial_status"],
        was={name: row[name] for name in news if name in derived},
    )  # fmt: skip
    if "execution_status" in news and _has_left(row, derived, now):
        yield entry("shipment.dispatched", execution=derived["execution_status"])
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
