"""Methods about a model rather than its values: fields_get, name_search, rights, grouping."""

from __future__ import annotations

from typing import Any

from . import domains, orm, rights
from .env import Env
from .errors import AccessError
from .schema import NUMBERS, X2MANY
from .store import Row


def fields_get(env: Env, model: str, allfields: Any = None, attributes: Any = None) -> Row:
    """Field descriptions by name; fields the user may not see are left out."""
    rights.check(env, model, "read")
    system = rights.is_system(env)
    told: Row = {}
    for name, field in env.model(model).fields.items():
        if (allfields and name not in allfields) or (field.system_only and not system):
            continue
        entry = field.describe()
        if attributes:
            entry = {k: v for k, v in entry.items() if k in attributes}
        told[name] = entry
    return told


def default_get(env: Env, model: str, fields_list: list[str]) -> Row:
    given = env.registry.behaviour(model).defaults(env, {})
    return {n: given[n] for n in fields_list if n in given}


def name_search(
    env: Env,
    model: str,
    name: str = "",
    args: Any = None,
    operator: str = "ilike",
    limit: Any = 100,
) -> list[list[Any]]:
    rights.check(env, model, "read")
    behaviour = env.registry.behaviour(model)
    test = domains.matcher(env, model, [["id", operator, name]]) if name else None
    found = []
    for i in orm.find(env, model, args or []):
        if test is None or test(i):
            found.append([i, behaviour.display_name(env, i, env.row(model, i))])
        if limit and len(found) >= limit:
            break
    return found


def name_create(env: Env, model: str, name: str) -> list[Any]:
    new = orm.create(env, model, {"name": name})
    return [new, env.display_name(model, new)]


def check_access_rights(
    env: Env, model: str, operation: str, raise_exception: bool = True
) -> bool | None:
    if rights.allowed(env, model, operation):
        return True
    if raise_exception:
        rights.check(env, model, operation)
    return False


def has_access(env: Env, model: str, ids: list[int], operation: str) -> bool:
    if not rights.allowed(env, model, operation):
        return False
    try:
        rights.require_visible(env, model, ids, operation)
    except AccessError:
        return False
    return True


def exists(env: Env, model: str, ids: list[int]) -> list[int]:
    return [i for i in ids if env.get(model, i) is not None]


def copy(env: Env, model: str, ids: list[int], default: Any = None) -> list[int]:
    """New records with the plain values of the old ones, and copies of their lines."""
    made = []
    for i in ids:
        fields = env.model(model).fields
        given = {
            n: v
            for n, v in env.row(model, i).items()
            if n in fields and n not in orm.STAMPS and fields[n].type not in X2MANY
            if not fields[n].readonly and n not in ("name", "state", "date_order")
        }
        for line in fields.values():
            if line.name in ("order_line", "invoice_line_ids"):
                given[line.name] = [
                    [0, 0, _line(env, line.relation, c)] for c in env.children(model, i, line)
                ]
        made.append(orm.create(env, model, {**given, **(default or {})}))
    return made


def _line(env: Env, model: str, row_id: int) -> Row:
    keep: tuple[str, ...] = ("product_id", "name", "price_unit", "discount", "quantity")
    keep += ("product_qty",) if model == "purchase.order.line" else ("product_uom_qty",)
    return {n: v for n, v in env.row(model, row_id).items() if n in keep}


def get_metadata(env: Env, model: str, ids: list[int]) -> list[Row]:
    rows = orm.read(env, model, ids, list(orm.STAMPS))
    return [{**row, "xmlid": False, "noupdate": False, "xmlids": []} for row in rows]


def web_search_read(
    env: Env,
    model: str,
    domain: Any,
    specification: Row,
    offset: int = 0,
    limit: Any = None,
    order: Any = None,
    count_limit: Any = None,
) -> Row:
    ids = orm.search(env, model, domain, offset, limit, order)
    total = len(ids) if not limit and not offset else orm.search_count(env, model, domain)
    return {"length": total, "records": web_read(env, model, ids, specification)}


def web_read(env: Env, model: str, ids: list[int], specification: Row) -> list[Row]:
    rows = orm.read(env, model, ids, [n for n in specification if n != "id"] or ["id"], load=None)
    for row in rows:
        for name, nested in specification.items():
            field = env.model(model).fields[name]
            inner = nested.get("fields") if isinstance(nested, dict) else None
            if inner is None or not field.relation or not row[name]:
                continue
            if field.type == "many2one":
                row[name] = web_read(env, field.relation, [row[name]], inner)[0]
            else:
                row[name] = web_read(env, field.relation, row[name], inner)
    return rows


# --- grouping -----------------------------------------------------------------------------------
def _group_value(env: Env, model: str, row_id: int, name: str) -> tuple[Any, Any]:
    field_name, _, part = name.partition(":")
    field = env.field(model, field_name)
    value = env.value(model, row_id, field_name)
    if field.type == "many2one" and value:
        return value, [value, env.display_name(field.relation, value)]
    if field.type in ("date", "datetime") and value:
        cut = {"year": 4, "month": 7, "day": 10}.get(part or "month", 10)
        return value[:cut], value[:cut]
    return value, value


def _grouped(env: Env, model: str, domain: Any, names: list[str]) -> dict[Any, list[int]]:
    groups: dict[Any, list[int]] = {}
    for i in orm.search(env, model, domain):
        key = tuple(repr(_group_value(env, model, i, n)[0]) for n in names)
        groups.setdefault(key, []).append(i)
    return dict(sorted(groups.items()))


def _aggregate(env: Env, model: str, ids: list[int], spec: str) -> tuple[str, Any]:
    name, _, how = spec.partition(":")
    field = env.field(model, name)
    found = [env.value(model, i, name) for i in ids]
    if how == "count":
        return name, sum(1 for v in found if v not in (False, None))
    if how == "count_distinct":
        return name, len({v for v in found if v not in (False, None)})
    if field.type not in NUMBERS and how not in ("min", "max"):
        return name, False
    present = [v for v in found if v is not False]
    if not present:
        return name, 0
    if how == "avg":
        return name, sum(present) / len(present)
    return name, {"max": max, "min": min}.get(how, sum)(present)


def read_group(
    env: Env,
    model: str,
    domain: Any,
    fields: Any,
    groupby: Any,
    offset: int = 0,
    limit: Any = None,
    orderby: Any = False,
    lazy: bool = True,
) -> list[Row]:
    """18.0's grouping: `<field>_count` and `__domain` per group (lazy: the first field only)."""
    names = [groupby] if isinstance(groupby, str) else list(groupby)
    used = names[:1] if lazy else names
    result = []
    for ids in _grouped(env, model, domain, used).values():
        row: Row = {}
        extra: list[Any] = []
        for name in used:
            raw, shown = _group_value(env, model, ids[0], name)
            row[name] = shown
            extra.append([name.partition(":")[0], "=", raw])
        row["__count" if not lazy else f"{used[0].partition(':')[0]}_count"] = len(ids)
        for spec in fields or ():
            name, _, how = spec.partition(":")
            field = env.field(model, name)
            numeric = field.type in NUMBERS and name != "id"
            if name not in used and (how or numeric):
                key, value = _aggregate(env, model, ids, spec)
                row[key] = value
        row["__domain"] = [*(["&"] if domain else []), *(domain or []), *extra]
        result.append(row)
    return result[offset : offset + limit if limit else None]


def formatted_read_group(
    env: Env,
    model: str,
    domain: Any,
    groupby: Any = (),
    aggregates: Any = (),
    having: Any = (),
    offset: int = 0,
    limit: Any = None,
    order: Any = None,
) -> list[Row]:
    """19.0's grouping."""
    result = []
    for ids in _grouped(env, model, domain, list(groupby)).values():
        row: Row = {}
        extra: list[Any] = []
        for name in groupby:
            raw, shown = _group_value(env, model, ids[0], name)
            row[name] = shown
            extra.append([name.partition(":")[0], "=", raw])
        for spec in aggregates:
            row[spec] = len(ids) if spec == "__count" else _aggregate(env, model, ids, spec)[1]
        row["__extra_domain"] = extra
        result.append(row)
    return result[offset : offset + limit if limit else None]
