"""execute_kw: from a model, a method name and arguments to the function that answers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from . import meta, orm, rights
from .env import Env
from .errors import AccessError, OdooError, TypeProblem, UserError
from .registry import Registry

Function = Callable[..., Any]

ON_MODEL: dict[str, Function] = {
    "search": orm.search,
    "search_count": orm.search_count,
    "search_read": orm.search_read,
    "create": orm.create,
    "fields_get": meta.fields_get,
    "default_get": meta.default_get,
    "name_search": meta.name_search,
    "name_create": meta.name_create,
    "check_access_rights": meta.check_access_rights,
    "read_group": meta.read_group,
    "formatted_read_group": meta.formatted_read_group,
    "web_search_read": meta.web_search_read,
}
ON_RECORDS: dict[str, Function] = {
    "read": orm.read,
    "write": orm.write,
    "unlink": orm.unlink,
    "has_access": meta.has_access,
    "exists": meta.exists,
    "copy": meta.copy,
    "get_metadata": meta.get_metadata,
    "web_read": meta.web_read,
}
READ_ONLY = frozenset(
    [
        "search",
        "search_count",
        "search_read",
        "read",
        "fields_get",
        "default_get",
        "name_search",
        "check_access_rights",
        "read_group",
        "formatted_read_group",
        "web_search_read",
        "has_access",
        "exists",
        "get_metadata",
        "web_read",
        "context_get",
        "has_group",
        "check_object_reference",
        "get_param",
    ]
)
# a note on these asks for no more than reading them
POST_ON_READ = ("account.move", "project.task")
_ONLY_18 = frozenset({"check_access_rights", "read_group", "exists"})
_ONLY_19 = frozenset({"formatted_read_group"})


def call(env: Env, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Carry out one public method in env. Raises OdooError."""
    function, on_records = find(env, model, method)
    given = list(args)
    if on_records:
        if "ids" in kwargs and not given:
            given = [kwargs.pop("ids")]
        if not given:
            given = [[]]
        first = given.pop(0)
        ids = [first] if isinstance(first, int) and not isinstance(first, bool) else list(first)
        if function.__module__ not in (orm.__name__, meta.__name__):
            _button(env, model, ids, method)
        given.insert(0, ids)
    return _bound(function, model, method, on_records, env, given, kwargs)


def is_on_records(env: Env, model: str, method: str) -> bool:
    """Whether a method takes record ids first. Raises OdooError for an unknown or private one."""
    return find(env, model, method)[1]


def is_generic(function: Function) -> bool:
    """Whether a function serves every model: it takes the model's name after env."""
    return function.__module__ in (orm.__name__, meta.__name__)


def find(env: Env, model: str, method: str) -> tuple[Function, bool]:
    """The function of a public method, and whether it takes record ids first. Raises OdooError."""
    if method.startswith("_"):
        raise AccessError(env.dialect.private_method(model, method))
    behaviour = env.registry.behaviour(model)
    special = getattr(behaviour, f"rpc_{method}", None)
    if special is not None:
        return special, method not in behaviour.model_methods
    hidden = _ONLY_18 if env.dialect.is_19 else _ONLY_19
    if method not in hidden:
        if method in ON_MODEL:
            return ON_MODEL[method], False
        if method in ON_RECORDS:
            return ON_RECORDS[method], True
    raise OdooError(env.dialect.unknown_method(model, method), "builtins.AttributeError")


def _button(env: Env, model: str, ids: list[int], method: str) -> None:
    """What every button meets first: the record, then the rights on it."""
    if method in env.registry.behaviour(model).open_methods:
        for i in ids:
            env.row(model, i)
        return
    posting = method in ("message_post", "activity_schedule")
    needed = "write" if method == "message_post" and model not in POST_ON_READ else "read"
    lacking = [o for o in ("read", needed) if not rights.allowed(env, model, o)]
    if posting and lacking:
        raise AccessError(
            "The requested operation cannot be completed due to security restrictions. "
            "Please contact your system administrator.\n\n(Document type: "
            f"{env.model(model).title}, Operation: {lacking[0]})"
        )
    rights.check(env, model, "read")
    if not posting and method not in READ_ONLY:
        rights.check(env, model, "write")
    for i in ids:
        env.row(model, i)
    rights.require_visible(env, model, ids, "read")


@lru_cache(maxsize=512)
def _signature(function: Function) -> inspect.Signature:
    return inspect.signature(function)


def _bound(
    function: Function,
    model: str,
    method: str,
    on_records: bool,
    env: Env,
    args: list[Any],
    kwargs: dict[str, Any],
) -> Any:
    own = function.__module__ in (orm.__name__, meta.__name__)
    lead: list[Any] = [env, model] if own else [env]
    names = list(_signature(function).parameters)
    spare = len(lead) + (1 if on_records else 0)
    shown = f"BaseModel.{method}()" if own else f"{model}.{method}()"
    variadic = any(
        p.kind is inspect.Parameter.VAR_KEYWORD for p in _signature(function).parameters.values()
    )
    for name in kwargs:
        if name not in names[spare:] and not variadic:
            raise TypeProblem(f"{shown} got an unexpected keyword argument {name!r}")
    if len(lead) + len(args) > len(names) and not variadic:
        given = len(args) + (0 if on_records else 1)
        # load of read and search_read is not counted: Odoo's own signatures differ there
        most = len(names) - len(lead) + (0 if on_records else 1)
        raise TypeProblem(
            f"{shown} takes from 1 to {most} positional arguments but {given} were given"
        )
    try:
        _signature(function).bind(*lead, *args, **kwargs)
    except TypeError as error:
        raise TypeProblem(f"{shown} {error}") from error
    return function(*lead, *args, **kwargs)


def execute(
    registry: Registry,
    uid: int,
    model: str,
    method: str,
    args: list[Any],
    kwargs: dict[str, Any],
    before_commit: Callable[[Env], None] | None = None,
) -> Any:
    """One call as one transaction: commit on success, nothing on an error.

    Calls that only read work on the snapshot of their start; all others wait for each other.
    """
    if model not in registry.models:
        raise UserError(f"Object {model} doesn't exist")
    named = dict(kwargs)
    context = dict(named.pop("context", None) or {})
    if method in READ_ONLY:
        return call(_env(registry, uid, context, method), model, method, args, named)
    with registry.store.write_lock:
        env = _env(registry, uid, context, method)
        result = call(env, model, method, args, named)
        if before_commit:
            before_commit(env)
        registry.store.commit(env.changes)
    for action in env.after_commit:
        action()
    return result


def _env(registry: Registry, uid: int, context: dict[str, Any], method: str) -> Env:
    language = context.get("lang")
    # a search alone never looks at the language; everything that shows or writes text does
    if language not in (None, False, "en_US") and method not in ("search", "search_count"):
        raise UserError(f"Invalid language code: {language}")
    return Env(registry, uid, context)
