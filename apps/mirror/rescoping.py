"""Whose rows are, again: a contact that went to another company and an operation type of another warehouse take along
the documents that name them, though Odoo writes nothing on these."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from django.db.models import Q

from apps.mirror.models import Feed, Mirrored
from apps.mirror.scopes import customers_of, warehouses_of
from apps.mirror.specs import BY_MODEL, Spec

AT_ONCE: Final = 5000
"""More rows of a model than these are not gone through in one transaction: the model is read again, in chunks."""

_NAMED_BY: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    # What changed; in which of its columns; who names it by which of theirs.
    "res.partner": {
        "sale.order": ("customer_odoo_id",),
        "stock.picking": ("contact_odoo_id",),
        "account.move": ("commercial_odoo_id", "customer_odoo_id"),
    },
    "sale.order": {"stock.picking": ("order_odoo_id",)},
    "stock.picking.type": {
        "stock.picking": ("picking_type_odoo_id",),
        "purchase.order": ("picking_type_odoo_id",),
        "mrp.production": ("picking_type_odoo_id",),
    },
    "stock.location": {"stock.quant": ("location_odoo_id",)},
}
_FOLLOWS: Final = {
    "res.partner": ("commercial_odoo_id", "customer"),
    "sale.order": ("customer_odoo_id", "customer"),
    "stock.picking.type": ("warehouse_odoo_id", "warehouse"),
    "stock.location": ("warehouse_odoo_id", "warehouse"),
}
"""The column of a record that others' scope follows from, and which part of it."""


def rescope(
    connection: str, spec: Spec, before: Mapping[int, Mapping[str, Any]]
) -> dict[str, list[int]]:
    """Bring the scope of documents up to records that changed; Odoo ids of those whose scope moved, by model.

    before: the changed records' pointers as they were, by Odoo id; their rows are as they are now.
    """
    if spec.model not in _FOLLOWS or not before:
        return {}
    column, part = _FOLLOWS[spec.model]
    rows = spec.table._default_manager.filter(connection=connection, odoo_id__in=list(before))
    moved = [
        odoo_id
        for odoo_id, now in rows.values_list("odoo_id", column)
        if now != before[odoo_id].get(column)
    ]
    found: dict[str, list[int]] = {}
    if moved:
        for model, names in _NAMED_BY[spec.model].items():
            found[model] = _of_model(connection, BY_MODEL[model], names, moved, part)
        if found.get("sale.order"):  # a transfer is for who ordered it
            wanted = found["sale.order"]
            named = _of_model(
                connection, BY_MODEL["stock.picking"], ("order_odoo_id",), wanted, part
            )
            found["stock.picking"] = sorted({*found["stock.picking"], *named})
    return {model: odoo_ids for model, odoo_ids in found.items() if odoo_ids}


def _of_model(
    connection: str, spec: Spec, names: Collection[str], odoo_ids: list[int], part: str
) -> list[int]:
    named = Q()
    for name in names:
        named |= Q(**{f"{name}__in": odoo_ids})
    rows = list(
        spec.table._default_manager.filter(named, connection=connection)
        .order_by("odoo_id")
        .values("odoo_id", f"{part}_id", *(c.name for c in spec.columns))[: AT_ONCE + 1]
    )
    if len(rows) > AT_ONCE:
        Feed.objects.filter(connection=connection, model=spec.model).update(reread_to_id=0)
        return []
    # As Odoo would give them, for the one rule of whose they are.
    records = [{name: row[c.name] for c in spec.columns for name in c.source} for row in rows]
    whose = (customers_of if part == "customer" else warehouses_of)(connection, spec, records)
    now: dict[int | None, list[int]] = {}
    for row, scope_id in zip(rows, whose, strict=True):
        if row[f"{part}_id"] != scope_id:
            now.setdefault(scope_id, []).append(row["odoo_id"])
    for scope_id, ids in now.items():
        _store(connection, spec.table, ids, part, scope_id)
    return sorted(odoo_id for ids in now.values() for odoo_id in ids)


def _store(
    connection: str, table: type[Mirrored], odoo_ids: list[int], part: str, scope_id: int | None
) -> None:
    """Without a hash, which is of the whole row: when Odoo's record is next read it counts as differing, once."""
    rows = table._default_manager.filter(connection=connection, odoo_id__in=odoo_ids)
    rows.update(**{f"{part}_id": scope_id}, content_hash="")
