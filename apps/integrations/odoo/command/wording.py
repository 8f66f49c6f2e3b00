"""Facts of records in people's words: `stock.move,12.quantity` is "Reserved of Desk"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from apps.mirror.models import DeliveryCarrier, Move, Picking, Product, SaleOrder

_FIELDS: Final = {
    "state": "State",
    "carrier_id": "Carrier",
    "carrier_tracking_ref": "Tracking number",
    "commitment_date": "Promised date",
    "amount_total": "Total",
    "amount_residual": "Still to pay",
    "payment_state": "Payment state",
    "invoice_status": "Invoicing",
    "date_planned": "Expected arrival",
    "date_start": "Start",
    "date_finished": "End",
    "date_deadline": "Deadline",
    "move_ids": "Lines",
}
_OF_A_LINE: Final = {"product_uom_qty": "Demand", "quantity": "Goods"}
_STATES: Final = {
    "assigned": "ready",
    "confirmed": "waiting for goods",
    "waiting": "waiting for another transfer",
    "cancel": "cancelled",
    "sale": "confirmed",
    "sent": "quotation sent",
    "draft": "draft",
    "done": "done",
}


def said(connection: str, facts: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """For each fact (`field` or `model,id.field`) what it is called and what it says; names come from the mirror."""
    names = _names(connection, facts)
    return {
        name: (_called(name, names), _says(connection, name, value))
        for name, value in facts.items()
    }


def changed_words(connection: str, changed: Iterable[Mapping[str, Any]]) -> str:
    """One sentence for the screen: what changed in Odoo since the decision, in the words of who reads it."""
    rows = list(changed)
    names = _names(connection, {str(one["field"]): None for one in rows})
    parts = []
    for one in rows:
        name = str(one["field"])
        now = _says(connection, name, one["found"])
        was = _says(connection, name, one["expected"])
        if name.endswith(".move_ids") or name == "move_ids":
            parts.append("its lines are others")
        else:
            called = _called(name, names)
            parts.append(f"{called[:1].lower()}{called[1:]} is {now}, was {was}")
    return f"Changed in Odoo in the meantime: {'; '.join(parts)}."


def table(connection: str, changed: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same row by row: {"field", "called", "expected", "found"}."""
    rows = list(changed)
    names = _names(connection, {str(one["field"]): None for one in rows})
    return [
        {
            "field": one["field"],
            "called": _called(str(one["field"]), names),
            "expected": _says(connection, str(one["field"]), one["expected"]),
            "found": _says(connection, str(one["field"]), one["found"]),
        }
        for one in rows
    ]


def _called(name: str, names: Mapping[str, str]) -> str:
    about, comma, rest = name.rpartition("/")[2].partition(",")
    if not comma:
        return _FIELDS.get(about, about.replace("_", " ").capitalize())
    field = rest.partition(".")[2]
    record = names.get(f"{about},{rest.partition('.')[0]}", "another record")
    word = _OF_A_LINE.get(field) if about == "stock.move" else None
    return f"{word or _FIELDS.get(field, field.replace('_', ' ').capitalize())} of {record}"


def _says(connection: str, name: str, value: Any) -> str:
    field = name.rpartition(".")[2] if "," in name else name
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str):
        return value[1]  # as Odoo reads a link: [id, name]
    if isinstance(value, list) and field != "move_ids":
        return " or ".join(_says(connection, name, one) for one in value)
    if value is None or value is False or value == "" or value == []:
        return "empty"
    if field == "carrier_id":
        rows = DeliveryCarrier.objects.filter(connection=connection, odoo_id=value)
        return rows.values_list("name", flat=True).first() or f"carrier {value}"
    if field == "move_ids":
        ids = value if isinstance(value, list) else str(value).split(",")
        return f"{len(ids)} line{'s' if len(ids) != 1 else ''}"
    if field == "state":
        return _STATES.get(str(value), str(value).replace("_", " "))
    return _number(value) or str(value).replace("_", " ")


def _number(value: Any) -> str:
    """A quantity or amount without idle zeros; empty where it is none."""
    if isinstance(value, bool) or not str(value).replace(".", "", 1).lstrip("-").isdigit():
        return ""
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except InvalidOperation:
        return ""


def _names(connection: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """What the other records are called, by `model,id`."""
    wanted: dict[str, set[int]] = {}
    for name in facts:
        about, comma, rest = name.rpartition("/")[2].partition(",")
        if comma and rest.partition(".")[0].isdigit():
            wanted.setdefault(about, set()).add(int(rest.partition(".")[0]))
    found: dict[str, str] = {}
    for model, table in (("stock.picking", Picking), ("sale.order", SaleOrder)):
        rows = table._default_manager.filter(
            connection=connection, odoo_id__in=wanted.get(model, ())
        )
        found |= {
            f"{model},{odoo_id}": str(name) for odoo_id, name in rows.values_list("odoo_id", "name")
        }
    moves = Move.objects.filter(connection=connection, odoo_id__in=wanted.get("stock.move", ()))
    goods = dict(moves.values_list("odoo_id", "product_odoo_id"))
    products = Product.objects.filter(
        connection=connection, odoo_id__in=[one for one in goods.values() if one]
    )
    by_id = dict(products.values_list("odoo_id", "name"))
    found |= {
        f"stock.move,{move}": by_id.get(product or 0, "goods") for move, product in goods.items()
    }
    return found
