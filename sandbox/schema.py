"""Models and fields as `fields_get` of a real server listed them (data/fields-*.json)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from .dialect import Dialect

X2MANY = ("one2many", "many2many")
NUMBERS = ("integer", "float", "monetary")
INHERITS = {
    "product.product": ("product_tmpl_id", "product.template"),
    "res.users": ("partner_id", "res.partner"),
    "ir.cron": ("ir_actions_server_id", "ir.actions.server"),
}
PARTS = ("fields", "actions", "supply", "keys")
"""The files under data/ that describe models: <part>-18.0.json, and what differs in <part>-19.0.json."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. relation is the other model; inverse is the field there (one2many only)."""

    name: str
    type: str
    string: str
    stored: bool
    readonly: bool
    required: bool
    searchable: bool
    sortable: bool
    system_only: bool
    relation: str
    inverse: str
    selection: tuple[tuple[str, str], ...]

    @property
    def empty(self) -> Any:
        """The value of the field of a record that never got one, as `read` answers it."""
        if self.type in X2MANY:
            return []
        if self.type in ("float", "monetary"):
            return 0.0
        return 0 if self.type in ("integer", "many2one_reference") else False

    def describe(self) -> dict[str, Any]:
        """The entry of this field in the answer of `fields_get`."""
        told: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "string": self.string,
            "store": self.stored,
            "readonly": self.readonly,
            "required": self.required,
            "searchable": self.searchable,
            "sortable": self.sortable,
            "manual": False,
        }
        if self.relation:
            told["relation"] = self.relation
            told["context"] = {}
            told["domain"] = []
        if self.inverse:
            told["relation_field"] = self.inverse
        if self.type == "selection":
            told["selection"] = [list(pair) for pair in self.selection]
        return told


@dataclass(frozen=True, slots=True)
class Model:
    """One model; order is its default order as in an `order` argument."""

    name: str
    title: str
    order: str
    fields: dict[str, Field]


def _field(name: str, entry: list[Any]) -> Field:
    kind, label, flags = entry[0], entry[1], entry[2]
    extra = entry[3] if len(entry) > 3 else None
    relation, _, inverse = extra.partition("/") if isinstance(extra, str) else ("", "", "")
    pairs = tuple((str(k), str(v)) for k, v in extra) if isinstance(extra, list) else ()
    return Field(
        name=name,
        type=kind,
        string=label,
        stored="n" not in flags,
        readonly="r" in flags,
        required="q" in flags,
        searchable="u" not in flags,
        sortable="k" not in flags,
        system_only="s" in flags,
        relation=relation,
        inverse=inverse,
        selection=pairs,
    )


def read_data(name: str) -> Any:
    """The parsed content of one file under sandbox/data."""
    return json.loads(files("sandbox").joinpath("data", name).read_text(encoding="utf-8"))


def read_parts(series: str) -> dict[str, Any]:
    """The models of one series from data/<part>-<series>.json of every part."""
    found: dict[str, Any] = {}
    for part in PARTS:
        if files("sandbox").joinpath("data", f"{part}-{series}.json").is_file():
            for name, entry in read_data(f"{part}-{series}.json").items():
                known = found.setdefault(name, {"gone": [], "new": {}})
                if entry.get("gone") is True or "fields" in entry:
                    found[name] = entry
                else:
                    known["gone"] = [*known["gone"], *entry.get("gone", ())]
                    known["new"] = known["new"] | entry.get("new", {})
    return found


def load(dialect: Dialect, apps: tuple[str, ...] = ()) -> dict[str, Model]:
    """All models of one series, by name, with those of the installed apps (data/apps-18.0.json)."""
    raw = read_parts("18.0")
    for app in apps:
        told = read_data("apps-18.0.json")[app]
        raw |= told["models"]
        for name, new in told["new"].items():
            raw[name] = {**raw[name], "fields": raw[name]["fields"] | new}
    changes = read_parts("19.0") if dialect.is_19 else {}
    raw |= {name: entry for name, entry in changes.items() if "fields" in entry}
    models: dict[str, Model] = {}
    for name, entry in raw.items():
        change = changes.get(name, {})
        if change.get("gone") is True:
            continue
        fields = {n: _field(n, e) for n, e in entry["fields"].items()}
        for gone in change.get("gone", ()):
            fields.pop(gone, None)
        fields.update({n: _field(n, e) for n, e in change.get("new", {}).items()})
        models[name] = Model(name, entry["name"], entry["order"], fields)
    return models


def indexed_fields(models: dict[str, Model]) -> dict[str, tuple[str, ...]]:
    """Per model the many2one fields that one2many fields of other models look through."""
    wanted: dict[str, set[str]] = {name: set() for name in models}
    for model in models.values():
        for field in model.fields.values():
            if field.inverse and field.relation in models:
                wanted[field.relation].add(field.inverse)
    wanted["sale.order.line"].add("product_id")
    wanted["stock.move"].update({"sale_line_id", "product_id", "picking_id"})
    wanted["stock.quant"].update({"product_id"})
    wanted["stock.picking"].update({"sale_id", "return_id", "backorder_id"})
    wanted["stock.move"].update({"purchase_line_id", "production_id", "raw_material_production_id"})
    wanted["stock.move.line"].update({"move_id", "result_package_id", "package_id"})
    wanted["purchase.order.line"].add("order_id")
    wanted["mrp.workorder"].add("production_id")
    wanted["account.move"].add("reversed_entry_id")
    wanted["res.partner"].add("parent_id")
    return {name: tuple(sorted(fields)) for name, fields in wanted.items()}
