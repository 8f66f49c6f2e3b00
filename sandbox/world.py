"""Putting a sandbox together: store, models, static tables, seed, webhooks."""

from __future__ import annotations

import os
from typing import Any

from . import access, automation, schema, seed
from .dialect import Dialect
from .models import behaviours
from .registry import Registry
from .schema import Model
from .store import Row, Store

# Date of the tables that come with the program; they are not user data.
EPOCH = "2026-01-01 00:00:00.000000"
STAMPS: Row = {"create_date": EPOCH, "write_date": EPOCH, "create_uid": 1, "write_uid": 1}


def build(path: str, version: str, seed_name: str, apps: tuple[str, ...] = ()) -> Registry:
    """The registry over the store at path; seeds and prints the API key at the first start.

    apps: what is installed beside what every sandbox has, of crm, hr, maintenance.
    """
    dialect = Dialect(version)
    models = schema.load(dialect, apps)
    store = Store(path, schema.indexed_fields(models))
    stored = store.meta("dialect")
    if stored and stored != version:
        raise SystemExit(f"{path} holds a {stored} database; start with --dialect {stored}")
    registry = Registry(store, models, dialect, behaviours())
    _static(registry, models)
    for app in apps:
        for name, rows in schema.read_data("apps-18.0.json")[app]["rows"].items():
            store.put_static(name, {row["id"]: {**STAMPS, **row} for row in rows})
    store.load()
    registry.listen(automation.listen)
    key = os.environ.get("SANDBOX_API_KEY") or (access.DEMO_KEY if seed_name == "demo" else None)
    if store.is_new:
        store.set_meta("dialect", version)
        seed.plant(registry, seed_name)
        store.set_meta("seeded", seed_name)
        key = key or access.make_key()
        print(f"API key of {access.SERVICE_LOGIN}: {key}", flush=True)
    if key:
        access.set_service_key(store, key)
    return registry


def _static(registry: Registry, models: dict[str, Model]) -> None:
    data = schema.read_data("static.json")
    store = registry.store

    def put(model: str, rows: dict[int, Row]) -> None:
        store.put_static(model, {i: {**STAMPS, **row} for i, row in rows.items()})

    put(
        "res.groups",
        {g[0]: {"name": g[3], "full_name": g[2], "implied_ids": g[4]} for g in data["groups"]},
    )
    put("res.country", {c[0]: {"code": c[1], "name": c[2]} for c in data["res.country"]})
    put(
        "mail.message.subtype",
        {
            s[0]: {
                "name": s[1],
                "internal": s[2],
                "default": s[3],
                "res_model": s[4],
                "sequence": 1,
            }
            for s in data["mail.message.subtype"]
        },
    )
    put(
        "mail.activity.type",
        {
            t[0]: {
                "name": t[1],
                "category": t[2],
                "icon": t[3],
                "res_model": t[4],
                "active": True,
                "sequence": 10,
            }
            for t in data["mail.activity.type"]
        },
    )
    put(
        "uom.uom",
        {
            u[0]: {
                "name": u[1],
                # 18.0 tells how many make one reference unit, 19.0 how many reference units one is
                "factor": round(1 / u[2], 7) if registry.dialect.is_19 else u[2],
                "relative_factor": round(1 / u[2], 7),
                "rounding": u[3],
                "uom_type": u[4],
                "category_id": u[5],
                "active": True,
            }
            for u in data["uom.uom"]
        },
    )
    put(
        "account.payment.term",
        {t[0]: {"name": t[1], "active": True} for t in data["account.payment.term"]},
    )
    put(
        "ir.model.data",
        {
            i: {"module": x[0], "name": x[1], "model": x[2], "res_id": x[3]}
            for i, x in enumerate(data["xmlids"], 1)
        },
    )
    put(
        "ir.model",
        {
            i: {"model": name, "name": models[name].title, "state": "base"}
            for i, name in enumerate(sorted(models), 101)
        },
    )
    ids: dict[str, int] = {name: i for i, name in enumerate(sorted(models), 101)}
    registry.behaviour("ir.model").ids_by_name = ids  # type: ignore[attr-defined]
    put("ir.model.fields", _fields(models, ids))
    put("ir.model.fields.selection", _selections(models, ids))


def _fields(models: dict[str, Model], ids: dict[str, int]) -> dict[int, dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    for name, model_id in ids.items():
        for n, field in enumerate(sorted(models[name].fields)):
            entry = models[name].fields[field]
            rows[model_id * 1000 + n] = {
                "name": field,
                "model": name,
                "model_id": model_id,
                "ttype": entry.type,
                "field_description": entry.string,
                "relation": entry.relation or False,
                "store": entry.stored,
                "state": "base",
            }
    return rows


def _selections(models: dict[str, Model], ids: dict[str, int]) -> dict[int, dict[str, Any]]:
    """The values of every selection field; a field has at most 99."""
    rows: dict[int, dict[str, Any]] = {}
    for name, model_id in ids.items():
        for n, field in enumerate(sorted(models[name].fields)):
            pairs = models[name].fields[field].selection
            for m, (key, label) in enumerate(pairs):
                rows[(model_id * 1000 + n) * 100 + m] = {
                    "field_id": model_id * 1000 + n,
                    "value": key,
                    "name": label,
                    "sequence": m,
                }
    return rows
