"""Purchase orders and productions from the mirror to supplies: the projection's part of what is still to come.

Runs inside the projection's transaction and under its lock, before the shipments, so that receipts find theirs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from apps.journal.ids import new_id
from apps.journal.services import NewEntry
from apps.mirror.models import (
    Contact,
    Product,
    Production,
    PurchaseOrder,
    PurchaseOrderLine,
    WorkOrder,
)
from apps.shipments import sets, strange
from apps.shipments.models import Report, Supply
from apps.shipments.rules.supply import (
    PROMISED,
    SupplierSays,
    SupplyLine,
    line_json,
    supply_state,
)

_BETWEEN: Final = re.compile(r"[,;]\s*|\s+-\s+")
# A change of one of these is news; a change of another is stored without a word.
_NEWS: Final[tuple[str, ...]] = (
    "stage",
    "expected_at",
    "first_expected_at",
    "lines",
    "partner_name",
    "steps",
    "gone",
)
_RECEIPTS: Final = """
SELECT DISTINCT m.picking_odoo_id FROM mirror_purchaseorderline l
JOIN mirror_move m ON m.purchase_line_odoo_id = l.odoo_id AND m.connection = l.connection
WHERE l.connection = %s AND l.order_odoo_id = ANY(%s) AND m.picking_odoo_id IS NOT NULL
"""


def receipts_of(connection: str, purchases: Collection[int]) -> set[int]:
    """Odoo ids of the transfers that bring what these purchase orders order."""
    if not purchases:
        return set()
    return {row[0] for row in sets.fetch(_RECEIPTS, connection, list(purchases))}


def store_supplies(
    connection: str, purchases: Collection[int], productions: Collection[int], now: datetime
) -> list[NewEntry]:
    """Bring the supplies up to what the mirror says of these Odoo ids; returns what to journal."""
    entries: list[NewEntry] = []
    if purchases:
        entries += _store(connection, "purchase", _purchases(connection, purchases), now)
    if productions:
        entries += _store(connection, "production", _productions(connection, productions), now)
    return entries


def _purchases(
    connection: str, ids: Collection[int]
) -> list[tuple[PurchaseOrder, list[SupplyLine], dict[str, Any]]]:
    orders = list(PurchaseOrder.objects.filter(connection=connection, odoo_id__in=ids))
    rows = list(
        PurchaseOrderLine.objects.filter(
            connection=connection, order_odoo_id__in=ids, gone_at=None
        ).order_by("odoo_id")
    )
    products = _products(connection, (row.product_odoo_id for row in rows))
    lines: dict[int, list[SupplyLine]] = defaultdict(list)
    for row in rows:
        name, code = products.get(row.product_odoo_id or 0, (row.name, ""))
        lines[row.order_odoo_id].append(
            SupplyLine(
                row.odoo_id, row.product_odoo_id, name, code, row.ordered_qty, row.received_qty,
                row.unit, row.planned_at,
            )
        )  # fmt: skip
    suppliers = dict(
        Contact.objects.filter(
            connection=connection,
            odoo_id__in=[o.supplier_odoo_id for o in orders if o.supplier_odoo_id],
        ).values_list("odoo_id", "name")
    )
    return [
        (
            order,
            lines[order.odoo_id],
            {
                "partner_name": suppliers.get(order.supplier_odoo_id or 0, ""),
                "partner_reference": order.supplier_reference,
                "ordered_at": order.approved_at or order.ordered_at,
                "promised_at": None,
                "planned_at": order.planned_at,
                "steps": [],
            },
        )
        for order in orders
    ]


def _productions(
    connection: str, ids: Collection[int]
) -> list[tuple[Production, list[SupplyLine], dict[str, Any]]]:
    rows = list(Production.objects.filter(connection=connection, odoo_id__in=ids))
    products = _products(connection, (row.product_odoo_id for row in rows))
    steps: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for step in WorkOrder.objects.filter(
        connection=connection, production_odoo_id__in=ids, gone_at=None
    ).order_by("odoo_id"):
        steps[step.production_odoo_id].append(
            {
                "name": step.name, "state": step.state, "workcenter": step.workcenter,
                "start_at": step.start_at.isoformat() if step.start_at else None,
                "finish_at": step.finish_at.isoformat() if step.finish_at else None,
            }
        )  # fmt: skip
    found = []
    for row in rows:
        name, code = products.get(row.product_odoo_id or 0, ("", ""))
        made = min(row.produced_qty, row.quantity)  # one closed short is done with less
        line = SupplyLine(
            row.odoo_id, row.product_odoo_id, name, code, row.quantity, made, row.unit, row.finish_at
        )  # fmt: skip
        more = {
            "partner_name": "", "partner_reference": "", "ordered_at": row.start_at,
            "promised_at": row.deadline_at, "planned_at": row.finish_at, "steps": steps[row.odoo_id],
        }  # fmt: skip
        found.append((row, [line], more))
    return found


def _products(connection: str, wanted: Iterable[int | None]) -> dict[int, tuple[str, str]]:
    found = Product.objects.filter(connection=connection, odoo_id__in={pk for pk in wanted if pk})
    return {pk: (name, code) for pk, name, code in found.values_list("odoo_id", "name", "code")}


def _store(
    connection: str,
    kind: str,
    told: Iterable[tuple[PurchaseOrder | Production, list[SupplyLine], dict[str, Any]]],
    now: datetime,
) -> list[NewEntry]:
    told = list(told)
    known = {
        row.odoo_id: row
        for row in Supply.objects.filter(
            connection=connection, kind=kind, odoo_id__in=[source.odoo_id for source, *_ in told]
        )
    }
    words = supplier_dates([row.pk for row in known.values()]) if kind == "purchase" else {}
    fresh: list[sets.Row] = []
    changed: list[sets.Row] = []
    entries: list[NewEntry] = []
    for source, lines, more in sorted(told, key=lambda one: one[0].odoo_id):
        before = known.get(source.odoo_id)
        row = _row(kind, source, lines, more, before, words.get(before.pk) if before else None)
        ref = before.public_id if before else new_id("sup")
        entries += strange.of_supply(
            connection, kind, ref, row, before.odoo_state if before else None
        )
        if before is None:
            fresh.append(
                {
                    **row, "public_id": ref[4:], "connection": connection, "kind": kind,
                    "odoo_id": source.odoo_id, "version": 1, "created_at": now, "changed_at": now,
                }
            )  # fmt: skip
            entries.append(_entry(ref, kind, row, ["created"], {}, 1))
            continue
        differing = [name for name, value in row.items() if getattr(before, name) != value]
        if not differing:
            continue
        news = [name for name in _NEWS if name in differing]
        version = before.version + bool(news)
        changed.append({"id": before.id, **row, "version": version, "changed_at": now})
        if news:
            was = {name: getattr(before, name) for name in news if name not in ("lines", "steps")}
            entries.append(_entry(before.public_id, kind, row, news, was, version))
    sets.insert(Supply, fresh)
    sets.update(Supply, changed)
    return entries


def supplier_dates(supply_ids: Collection[int]) -> dict[int, SupplierSays]:
    """The newest date that each supply's supplier reported, by database id: confirmed, dispatched or delayed.

    The newest by when it was said, whatever came first; claims of others do not count.
    """
    told = Report.objects.filter(
        supply__in=supply_ids, kind__startswith="supplier.", superseded_at=None, claims=[]
    ).exclude(expected_at=None)
    columns = ("supply_id", "expected_at", "public_id", "occurred_at", "source")
    rows = told.order_by("occurred_at", "identity").values_list(*columns)
    return {
        pk: SupplierSays(at, ref, said, source) for pk, at, ref, said, source in rows if pk and at
    }


def _row(
    kind: str,
    source: PurchaseOrder | Production,
    lines: list[SupplyLine],
    more: Mapping[str, Any],
    before: Supply | None,
    supplier: SupplierSays | None,
) -> dict[str, Any]:
    firsts = (
        {line["odoo_id"]: _at(line["first_expected_at"]) for line in before.lines} if before else {}
    )
    state = supply_state(
        kind, source.state, lines, gone=source.gone_at is not None, stored=firsts,
        was_promised=before is not None and (before.stage in PROMISED or not before.open),
        planned_at=more["planned_at"], supplier=supplier,
    )  # fmt: skip
    return {
        "reference": source.name, "partner_name": more["partner_name"],
        "partner_reference": more["partner_reference"], "origins": origins(source.origin),
        "odoo_state": source.state, "gone": source.gone_at is not None,
        "stage": state.stage.value, "stage_why": state.stage.as_json(), "ordered_at": more["ordered_at"],
        "expected_at": state.expected_at, "first_expected_at": state.first_expected_at,
        "expected_why": state.expected.as_json(), "slip_h": state.slip_h, "promised_at": more["promised_at"],
        "lines": [line_json(line) for line in state.lines],
        "product_odoo_ids": _coming(state.lines),
        "steps": more["steps"], "open": state.open, "company_id": source.company_id,
        "warehouse_id": source.warehouse_id, "customer_id": None,
    }  # fmt: skip


def _coming(lines: Iterable[SupplyLine]) -> list[int]:
    return sorted({line.product_odoo_id for line in lines if line.product_odoo_id and line.missing})


def origins(origin: str) -> list[str]:
    """The documents that a source field names: "S00042, S00043" or "WH/MO/00007 - S00042"."""
    return [part for part in _BETWEEN.split(origin.strip()) if part]


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _entry(
    ref: str, kind: str, row: Mapping[str, Any], news: list[str], was: dict[str, Any], version: int
) -> NewEntry:
    return NewEntry(
        "supply.changed",
        ref,
        {
            "version": version, "kind": kind, "stage": row["stage"], "expected_at": row["expected_at"],
            "became": news, "was": was,
        },
        company_id=row["company_id"], warehouse_id=row["warehouse_id"],
    )  # fmt: skip
