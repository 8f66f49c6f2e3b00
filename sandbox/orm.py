"""The record methods every model has: search, read, create, write, unlink and their kin."""

from __future__ import annotations

from typing import Any

from . import automation, domains, rights, values
from . import commands as commands_of
from .env import Env
from .errors import (
    AccessError,
    MissingError,
    ValidationError,
    ValueProblem,
)
from .schema import INHERITS, Field
from .store import Row

MANDATORY = (
    "partner_id",
    "res_model_id",
    "model_id",
    "product_id",
    "order_id",
    "location_id",
    "picking_type_id",
    "login",
    "symbol",
    "name",
)
STAMPS = ("create_date", "create_uid", "write_date", "write_uid")


# --- finding ------------------------------------------------------------------------------------
def _candidates(env: Env, model: str, domain: Any) -> list[int]:
    """Ids that can match: narrowed by a leading `id` or indexed many2one condition, if any."""
    items = list(domain or ())
    for item in items:
        if item in ("|", "!"):
            break
        if not isinstance(item, (list, tuple)) or len(item) != 3:
            continue
        name, operator, value = item
        if operator not in ("=", "in") or isinstance(value, str):
            continue
        many = value if isinstance(value, (list, tuple)) else [value]
        if not all(isinstance(v, int) and v for v in many):
            continue
        if name == "id":
            return [i for i in dict.fromkeys(many) if env.get(model, i) is not None]
        if name in env.base[model].index and env.field(model, name).type != "datetime":
            return sorted({i for v in many for i in env.where(model, name, v)})
    return sorted(env.ids(model))


def _mentions(domain: Any, field: str) -> bool:
    return any(isinstance(i, (list, tuple)) and i and i[0] == field for i in domain or ())


def find(
    env: Env, model: str, domain: Any, offset: int = 0, limit: Any = None, order: Any = None
) -> list[int]:
    """Ids that match, visible to the user, in order."""
    test = domains.matcher(env, model, domain)
    ids = [i for i in _candidates(env, model, domain) if test(i)]
    archivable = "active" in env.model(model).fields and not _mentions(domain, "active")
    if archivable and env.context.get("active_test", True):
        ids = [i for i in ids if env.value(model, i, "active")]
    ids = rights.visible(env, model, ids)
    ids = env.registry.sort(env, model, ids, order or None)
    end = offset + int(limit) if limit else None
    return ids[offset:end]


def search(
    env: Env, model: str, domain: Any, offset: int = 0, limit: Any = None, order: Any = None
) -> list[int]:
    rights.check(env, model, "read")
    return find(env, model, domain, offset or 0, limit, order)


def search_count(env: Env, model: str, domain: Any, limit: Any = None) -> int:
    return len(search(env, model, domain, 0, limit))


def search_read(
    env: Env,
    model: str,
    domain: Any = None,
    fields: Any = None,
    offset: int = 0,
    limit: Any = None,
    order: Any = None,
    load: Any = "_classic_read",
) -> list[Row]:
    _known(env, model, fields)
    ids = search(env, model, domain or [], offset, limit, order)
    return _read(env, model, ids, fields, load)


# --- reading ------------------------------------------------------------------------------------
def _known(env: Env, model: str, names: Any) -> None:
    for name in names or ():
        field = env.model(model).fields.get(name)
        if field is None:
            raise ValueProblem(env.dialect.unknown_field(model, name))
        if field.system_only and not rights.is_system(env):
            raise AccessError(
                "You do not have enough rights to access the fields "
                f'"{name}" on {env.model(model).title} ({model}). '
                "Please contact your system administrator."
            )


def read(
    env: Env, model: str, ids: list[int], fields: Any = None, load: Any = "_classic_read"
) -> list[Row]:
    """Rows in the order of ids; missing ones are left out, hidden ones raise AccessError."""
    rights.check(env, model, "read")
    _known(env, model, fields)
    present = [i for i in ids if env.get(model, i) is not None]
    rights.require_visible(env, model, present, "read")
    return _read(env, model, present, fields, load)


def _read(env: Env, model: str, ids: list[int], names: Any, load: Any) -> list[Row]:
    fields = env.model(model).fields
    if names:
        asked = list(dict.fromkeys(names))
    else:
        system = rights.is_system(env)
        asked = [n for n, f in fields.items() if system or not f.system_only]
    described = [(n, fields[n]) for n in asked if n != "id"]
    with_names = load == "_classic_read"
    cache: dict[Any, Any] = {}
    rows = []
    if ids:
        for _, field in described:
            rights.check_relation(env, field.relation)
    for i in ids:
        row: Row = {"id": i}
        for name, field in described:
            row[name] = _one(env, model, i, name, field, with_names, cache)
        rows.append(row)
    return rows


def _one(
    env: Env, model: str, i: int, name: str, field: Field, names: bool, cache: dict[Any, Any]
) -> Any:
    if name == "display_name":
        return env.display_name(model, i)
    value = env.value(model, i, name)
    return values.shown(env, field, value, names=names, cache=cache)


# --- writing ------------------------------------------------------------------------------------
def create_one(env: Env, model: str, given: Row) -> int:
    """One record with its lines. Checks values, not rights."""
    behaviour = env.registry.behaviour(model)
    for name in given:
        if name not in env.model(model).fields:
            raise ValueProblem(env.dialect.unknown_field(model, name, writing=True))
    context_defaults = {
        k[8:]: v
        for k, v in env.context.items()
        if k.startswith("default_") and k[8:] in env.model(model).fields
    }
    completed = {**context_defaults, **given}
    known = env.model(model).fields
    used = behaviour.instead(env, completed)
    if used is not None:
        return used
    own = {n: v for n, v in behaviour.defaults(env, completed).items() if n in known}
    completed = {**own, **completed}
    plain, commands = values.split(env, model, completed)
    plain = _to_parent(env, model, plain)
    _required(env, model, plain)
    later = {n: v for n, v in plain.items() if n not in STAMPS}
    for field, _ in commands:
        if field.type == "many2many":
            later.setdefault(field.name, [])
    row_id = env.insert(model, later)
    for field, value in commands:
        commands_of.apply(env, model, row_id, field, value)
    behaviour.created(env, row_id, given)
    return row_id


def _to_parent(env: Env, model: str, plain: Row) -> Row:
    """Values of inherited fields go to the parent record, which is made if there is none."""
    if model not in INHERITS:
        return plain
    link, parent = INHERITS[model]
    fields, above = env.model(model).fields, env.model(parent).fields
    moved = {n: v for n, v in plain.items() if not fields[n].stored and n in above}
    kept = {n: v for n, v in plain.items() if n not in moved}
    if not kept.get(link):
        env.context = {**env.context, "sandbox_no_variant": True}
        kept[link] = create_one(env, parent, moved)
    elif moved:
        write_rows(env, parent, [kept[link]], moved)
    return kept


def _required(env: Env, model: str, plain: Row) -> None:
    """Raise for the required fields that Odoo has no default for."""
    entry = env.model(model)
    for name in MANDATORY:
        field = entry.fields.get(name)
        if field is None or not field.required or not field.stored or plain.get(name):
            continue
        raise ValidationError(env.dialect.missing_required(model, entry.title, name, field.string))


def create(env: Env, model: str, vals_list: Any) -> Any:
    """One id for a dict, a list of ids for a list."""
    rights.check(env, model, "create")
    many = isinstance(vals_list, (list, tuple))
    ids = [create_one(env, model, dict(v)) for v in (vals_list if many else [vals_list])]
    return ids if many else ids[0]


def write_rows(env: Env, model: str, ids: list[int], given: Row) -> None:
    """Write without checking rights."""
    for i in ids:
        if env.get(model, i) is None:
            raise MissingError(model, i, env.uid)
    behaviour = env.registry.behaviour(model)
    plain, commands = values.split(env, model, given)
    behaviour.check_write(env, ids, given)
    plain = behaviour.before_write(env, ids, plain)
    if model in INHERITS:
        link, parent = INHERITS[model]
        fields, above = env.model(model).fields, env.model(parent).fields
        moved = {n: v for n, v in plain.items() if not fields[n].stored and n in above}
        plain = {n: v for n, v in plain.items() if n not in moved}
        if moved:
            write_rows(env, parent, [env.row(model, i)[link] for i in ids], moved)
    for i in ids:
        env.put(model, i, **{n: v for n, v in plain.items() if n not in STAMPS})
        for field, value in commands:
            commands_of.apply(env, model, i, field, value)
    behaviour.written(env, ids, given)


def write(env: Env, model: str, ids: list[int], vals: Row) -> bool:
    rights.check(env, model, "write")
    rights.require_visible(env, model, [i for i in ids if env.get(model, i)], "read")
    write_rows(env, model, ids, vals)
    return True


def unlink_rows(env: Env, model: str, ids: list[int]) -> None:
    gone = [env.row(model, i) | {"id": i} for i in ids]
    behaviour = env.registry.behaviour(model)
    automation.announce_deletion(env, model, ids)
    behaviour.before_unlink(env, ids)
    for i in ids:
        for child, field in (("mail.message", "model"), ("mail.activity", "res_model")):
            for other in env.where(child, "res_id", i):
                if env.row(child, other).get(field) == model:
                    env.delete(child, other)
        env.delete(model, i)
    behaviour.unlinked(env, gone)


def unlink(env: Env, model: str, ids: list[int]) -> bool:
    rights.check(env, model, "unlink")
    for i in ids:
        env.row(model, i)
    rights.require_visible(env, model, ids, "unlink")
    unlink_rows(env, model, ids)
    return True
