"""Numbers that a warehouse or a carrier names for a shipment, beside those that Odoo names (R73)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.journal.ids import new_id
from apps.shipments import sets
from apps.shipments.carriers import ids_by_slug, slug_of
from apps.shipments.held import claim
from apps.shipments.models import Package, Report
from apps.shipments.naming import Found, link_parcels
from apps.shipments.rules import normalise
from apps.shipments.rules.numbers import LONGEST


def numbers_in(details: Mapping[str, Any]) -> list[str]:
    """The tracking numbers that a report names, as written."""
    found = [details.get("tracking_number")]
    for name in ("tracking_numbers", "packages"):
        listed = details.get(name)
        for one in listed if isinstance(listed, list) else ():
            found.append(one.get("tracking_number") if isinstance(one, dict) else one)
    texts = [text.strip() for text in found if isinstance(text, str)]
    return [text for text in dict.fromkeys(texts) if normalise(text) and len(text) <= LONGEST]


@transaction.atomic
def assign(told: Sequence[Report], now: datetime) -> None:
    """Link the numbers in these reports to the shipments they are about; a number nobody knew gets its package.

    A number that is at home with several carriers' packages is left to a person (package.ambiguous says so).
    """
    wanted = [
        (normalise(text), text, row)
        for row in told
        if row.shipment_id or row.order_id
        for text in numbers_in(row.details)
    ]
    if not wanted:
        return
    carriers = ids_by_slug({str(row.details.get("carrier") or "") for _, _, row in wanted})
    held = claim(sorted({number for number, _, _ in wanted}))
    pairs: list[tuple[int, Found, str]] = []
    fresh: dict[tuple[str, int | None], dict[str, Any]] = {}
    waiting: list[tuple[tuple[str, int | None], Found, str]] = []
    for number, text, row in wanted:
        carrier = carriers.get(slug_of(str(row.details.get("carrier") or "")))
        about = _about(row)
        rows = [
            one
            for one in held.get(number, ())
            if not one.fence
            and not one.ambiguous
            and (carrier is None or one.carrier_id in (None, carrier))
        ]
        by = row.source_kind or "wms"
        if rows:
            newest = {one.carrier_id: one for one in sorted(rows, key=lambda one: one.generation)}
            if len(newest) == 1:
                pairs.append((next(iter(newest.values())).id, about, by))
            continue
        fresh.setdefault((number, carrier), _package(number, text, carrier, now))
        waiting.append(((number, carrier), about, by))
    made = sets.insert(Package, list(fresh.values()), keep="number,carrier_id,generation,fence")
    ids = {(number, carrier): pk for pk, number, carrier, *_ in made}
    pairs += [(ids[key], about, by) for key, about, by in waiting if key in ids]
    link_parcels(pairs, now)


def _about(row: Report) -> Found:
    if row.shipment_id:
        return Found("shipment", row.shipment_id, row.company_id, row.order_id, row.shipment_id)
    return Found("order", row.order_id or 0, row.company_id, row.order_id)


def _package(number: str, text: str, carrier_id: int | None, now: datetime) -> dict[str, Any]:
    return {
        "public_id": new_id("pkg")[4:], "carrier_id": carrier_id, "tracking_number": text, "number": number,
        "generation": 1, "fence": "", "ambiguous": False, "implicit": False,
        "milestone": "", "status": "", "exception_reason": "", "terminal": False, "attempts": 0, "eta": "",
        "anomalies": [], "event_count": 0, "version": 1, "changed_at": now,
        "company_id": None, "warehouse_id": None, "customer_id": None,
    }  # fmt: skip
