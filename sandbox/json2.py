"""JSON-2 of 19.0: POST /json/2/<model>/<method> with an API key, named arguments and real HTTP statuses."""

from __future__ import annotations

import inspect
import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from . import access, dispatch
from .env import Env
from .errors import AccessDenied, OdooError
from .faults import strike_after, strike_before
from .rpc import is_none

if TYPE_CHECKING:
    from .server import Server

logger = logging.getLogger("sandbox.json2")
PREFIX = "/json/2"
_STATUS = {
    "odoo.exceptions.AccessError": 403,
    "odoo.exceptions.AccessDenied": 403,
    "odoo.exceptions.MissingError": 404,
    "odoo.exceptions.UserError": 422,
    "odoo.exceptions.ValidationError": 422,
}
# Odoo's names of arguments where those of the sandbox's functions are of 18.0
_OURS = {"name_search": {"domain": "args"}, "default_get": {"fields": "fields_list"}}


class HttpProblem(Exception):
    """An answer that is decided before the method runs; the class is one of werkzeug's."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


def lost(path: str) -> tuple[int, Any]:
    """What every other method and path under /json/2 gets."""
    del path
    return _told(HttpProblem(404, "NotFound", "Did you mean POST /json/2/<model>/<method>?"))


def answer(server: Server, path: str, authorization: str, body: bytes) -> tuple[int, Any]:
    """Status and JSON answer. Raises BadGateway and DropConnection where such a failure is planned."""
    parts = path.removeprefix(PREFIX).strip("/").split("/")
    if len(parts) != 2:
        return lost(path)
    model, method = parts
    try:
        uid = _user(server, authorization)
        return 200, _call(server, uid, model, method, _arguments(body))
    except HttpProblem as problem:
        return _told(problem)
    except AccessDenied:
        return _told(HttpProblem(401, "Unauthorized", "Invalid apikey"))
    except OdooError as error:
        return _STATUS.get(error.name, 500), _body(error.name, error.message, [error.message])


def _user(server: Server, authorization: str) -> int:
    kind, _, key = authorization.partition(" ")
    if kind.lower() != "bearer" or not key.strip():
        raise HttpProblem(
            401,
            "Unauthorized",
            "User not authenticated, use an API Key with a Bearer Authorization header.",
        )
    uid = access.owner(server.registry, key.strip())
    if uid is None:
        raise HttpProblem(401, "Unauthorized", "Invalid apikey")
    return uid


def _arguments(body: bytes) -> dict[str, Any]:
    """The members of the body. An array, or nothing, is silently an empty set of arguments."""
    if not body:
        return {}
    try:
        told = json.loads(body)
    except ValueError as error:
        raise HttpProblem(
            400, "BadRequest", f"could not parse the body as json: {error}"
        ) from error
    return told if isinstance(told, dict) else {}


def _call(server: Server, uid: int, model: str, method: str, named: dict[str, Any]) -> Any:
    args = _positional(server, uid, model, method, named)
    fault = server.faults.take(model, method)
    outcome = "ok"
    try:
        strike_before(fault)
        result = dispatch.execute(server.registry, uid, model, method, args, named)
        strike_after(fault)
    except OdooError as error:
        outcome = error.name
        raise
    except Exception as error:
        outcome = fault.kind if fault else type(error).__name__
        if fault:
            raise
        # what a broken call does to Odoo too: the Python error is the answer
        logger.exception("call failed")
        raise OdooError(str(error), f"builtins.{type(error).__name__}") from error
    finally:
        server.faults.record(model, method, uid, [*args, named], outcome)
    if is_none(result):
        return None
    return [result] if method in ("create", "name_create") and isinstance(result, int) else result


def _positional(
    server: Server, uid: int, model: str, method: str, named: dict[str, Any]
) -> list[Any]:
    """Check the names as Odoo does; takes `ids` out of named and gives it as the first argument."""
    registry = server.registry
    if model not in registry.models:
        raise HttpProblem(404, "NotFound", f"the model {model!r} does not exist")
    env = Env(registry, uid, {})
    try:
        function, on_records = dispatch.find(env, model, method)
    except OdooError as error:
        if error.name != "builtins.AttributeError":
            raise
        raise HttpProblem(404, "NotFound", error.message) from error
    ids = named.pop("ids", [])
    if ids and not on_records:
        raise HttpProblem(422, "UnprocessableEntity", f"cannot call {model}.{method} with ids")
    for theirs, ours in _OURS.get(method, {}).items():
        if theirs in named:
            named[ours] = named.pop(theirs)
    _bind(function, on_records, model, method, named)
    return [list(ids)] if on_records else []


def _bind(function: Any, on_records: bool, model: str, method: str, named: dict[str, Any]) -> None:
    own = dispatch.is_generic(function)
    parameters = list(inspect.signature(function).parameters.values())
    parameters = parameters[(2 if own else 1) + (1 if on_records else 0) :]
    given = {n for n in named if n != "context"}
    for p in parameters:
        plain = p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        if plain and p.default is p.empty and p.name not in given:
            raise HttpProblem(
                422, "UnprocessableEntity", f"missing a required argument: {p.name!r}"
            )
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    for name in sorted(given - {p.name for p in parameters}):
        says = f"got an unexpected keyword argument {name!r}"
        if method == "search_read":  # passes what it does not know on
            raise OdooError(f"BaseModel._read_format() {says}", "builtins.TypeError")
        raise HttpProblem(422, "UnprocessableEntity", says)


def _told(problem: HttpProblem) -> tuple[int, Any]:
    name = f"werkzeug.exceptions.{problem.kind}"
    phrase = HTTPStatus(problem.status).phrase
    # the phrase of 422 differs between Python versions
    phrase = "Unprocessable Entity" if problem.status == 422 else phrase
    last = f"{name}: {problem.status} {phrase}: {problem.message}"
    return problem.status, _body(name, problem.message, [problem.message, problem.status], last)


def _body(name: str, message: str, arguments: list[Any], last: str = "") -> dict[str, Any]:
    last = last or f"{name.removeprefix('builtins.')}: {message}".rstrip("\n").rsplit("\n", 1)[-1]
    return {
        "name": name,
        "message": message,
        "arguments": arguments,
        "context": {},
        "debug": f"Traceback (most recent call last):\n  ...\n{last}\n",
    }
