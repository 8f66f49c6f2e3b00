"""Every spec takes what Odoo 18 and 19 were seen to answer (recorded/), and each value comes out as its type says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.mirror.models import Production, PurchaseOrder
from apps.mirror.services import upsert
from apps.mirror.specs import BY_MODEL, SPECS, Spec

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
SAID = {
    version: json.loads((Path(__file__).parent / "recorded" / f"{version}.json").read_text())
    for version in ("18.0", "19.0")
}
LACKING = {
    "18.0": {"sale.order": {"opportunity_odoo_id"}, "purchase.order": {"locked"}},
    "19.0": {"sale.order": {"opportunity_odoo_id"}},
}
EVERY = pytest.mark.parametrize(
    ("version", "spec"),
    [(version, spec) for version in SAID for spec in SPECS],
    ids=[f"{spec.model}-{version}" for version in SAID for spec in SPECS],
)


def _many2one(value: Any) -> int | None:
    return value[0] if value else None


def _instant(value: Any) -> datetime | None:
    return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if value else None


MEANS: dict[str, Callable[[Any], Any]] = {
    "char": lambda value: (value or "").strip(),
    "text": lambda value: (value or "").strip(),
    "selection": lambda value: value or "",
    "many2one": _many2one,
    "many2many": sorted,
    "datetime": _instant,
    "date": lambda value: date.fromisoformat(value) if value else None,
    "boolean": bool,
    "float": lambda value: Decimal(str(value)).quantize(Decimal("0.0001")),
    "monetary": lambda value: Decimal(str(value)).quantize(Decimal("0.0001")),
    "integer": int,
}
"""What a value of each of Odoo's types means, said without the specs' own conversions."""


def said(version: str, spec: Spec) -> dict[str, Any]:
    name = spec.on(SAID[version].__contains__)
    assert name is not None
    return SAID[version][name]


def as_read(spec: Spec, record: dict[str, Any]) -> dict[str, Any]:
    """As the reader gives it: bare ids, and the names that it looked up beside them."""
    found = {k: v[0] if isinstance(v, list) and len(v) == 2 and isinstance(v[1], str) else v for k, v in record.items()}  # fmt: skip
    for column in spec.columns:
        source = column.on(record)
        if column.names and source:
            found[column.name] = record[source][1][:2] if record[source] else ""
    return found


@EVERY
def test_what_odoo_answers_comes_out_as_its_type_says(db, version, spec):
    told = said(version, spec)
    upsert("default", spec.model, [as_read(spec, record) for record in told["records"]], AT)

    rows = {row.odoo_id: row for row in spec.table._default_manager.all()}
    assert sorted(rows) == sorted(record["id"] for record in told["records"])
    for record in told["records"]:
        row = rows[record["id"]]
        assert row.archived is (record.get("active") is False)
        assert row.odoo_write_date == _instant(record["write_date"])
        for column in spec.columns:
            source = column.on(told["fields"])
            if source and not column.names:
                expected = MEANS[told["fields"][source]](record[source])
                assert getattr(row, column.name) == expected, (column.name, record[source])
            elif source:
                expected = record[source][1][:2] if record[source] else ""
                assert getattr(row, column.name) == expected


@EVERY
def test_every_column_has_its_field_in_both_versions(version, spec):
    known = {*said(version, spec)["fields"], *said(version, spec)["also"]}
    lacking = {column.name for column in spec.columns if not column.on(known)}

    assert lacking - {"order_odoo_ids"} == LACKING[version].get(spec.model, set())
    assert set(spec.wanted(known)) == set(said(version, spec)["fields"])


@pytest.mark.parametrize("version", SAID)
def test_a_purchase_and_a_production_read_by_eye(db, version):
    for model in ("purchase.order", "mrp.production"):
        spec = BY_MODEL[model]
        upsert("default", model, [as_read(spec, r) for r in said(version, spec)["records"]], AT)

    order = PurchaseOrder.objects.get(name="P00001")
    production = Production.objects.get(name="WH/MO/00001")
    assert (order.state, order.amount_total, order.approved_at) == (
        "draft",
        Decimal("3026.5"),
        None,
    )
    assert (order.planned_at - order.ordered_at).days == 3
    assert production.start_at == datetime(2026, 12, 24, 10, tzinfo=UTC)
    assert (production.quantity, production.components_state) == (3, "unavailable")
