"""Running the code of a server action: the names it is given and what becomes of its errors."""

from __future__ import annotations

import base64
import datetime
import json
import logging
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ..errors import OdooError, SerializationFailure, UserError
from .allowed import BUILTINS, compiled
from .convert import Command, to_wire
from .environment import Environment

if TYPE_CHECKING:
    from ..env import Env

logger = logging.getLogger("sandbox.actions")

_DATETIME = SimpleNamespace(
    date=datetime.date,
    datetime=datetime.datetime,
    time=datetime.time,
    timedelta=datetime.timedelta,
    timezone=datetime.timezone,
    tzinfo=datetime.tzinfo,
    MAXYEAR=datetime.MAXYEAR,
    MINYEAR=datetime.MINYEAR,
)
# base_automation hands it over, so every server with our webhooks has it
_JSON = SimpleNamespace(loads=json.loads, dumps=json.dumps)
_TIME = SimpleNamespace(
    time=time.time, strptime=time.strptime, strftime=time.strftime, sleep=time.sleep
)


def float_compare(
    value1: float,
    value2: float,
    precision_digits: int | None = None,
    precision_rounding: float | None = None,
) -> int:
    """-1, 0 or 1 after rounding to digits or to a multiple."""
    step = precision_rounding or 10 ** -(precision_digits or 0)
    first, second = round(value1 / step), round(value2 / step)
    return (first > second) - (first < second)


def names(env: Env, model: str) -> dict[str, Any]:
    """What code finds at its start; record and records are None without an active id of the model."""
    context = env.context
    environment = Environment(env)
    active = context.get("active_model") == model
    one, many = context.get("active_id"), context.get("active_ids")
    records = environment[model]
    return {
        "uid": env.uid,
        "user": environment.user,
        "time": _TIME,
        "datetime": _DATETIME,
        "timezone": ZoneInfo,
        "float_compare": float_compare,
        "b64encode": base64.b64encode,
        "b64decode": base64.b64decode,
        "Command": Command,
        "env": environment,
        "model": records,
        "UserError": UserError,
        "record": records.browse(one) if active and one else None,
        "records": records.browse(many) if active and many else None,
        "log": lambda message, level="info": logger.info("%s: %s", level, message),
        "_logger": logger,
        "json": _JSON,
    }


def run_code(env: Env, model: str, source: str, payload: Any = None) -> Any:
    """What the code leaves in `action`, ready for the wire. Raises OdooError; the caller rolls back.

    A refusal with words comes through as it is, anything else as a ValueError that quotes the code.
    """
    given = names(env, model)
    if payload is not None:
        given["payload"] = payload
    _evaluate(source.strip(), "exec", given)
    return to_wire(given.get("action"))


def evaluate(env: Env, model: str, expression: str, payload: Any) -> Any:
    """The value of one expression (the record getter of an incoming webhook). Raises OdooError."""
    known = names(env, model)
    given = {n: known[n] for n in ("datetime", "time", "uid", "user", "model")}
    return _evaluate(expression.strip(), "eval", {**given, "payload": payload})


def _evaluate(source: str, mode: str, given: dict[str, Any]) -> Any:
    given["__builtins__"] = BUILTINS
    try:
        code = compiled(source, mode)
    except (SyntaxError, ValueError, NameError) as error:
        raise OdooError(str(error), f"builtins.{type(error).__name__}") from error
    try:
        return eval(code, given)  # noqa: S307 - running an operator's code is what a server action is
    except (UserError, SerializationFailure):
        raise
    except ZeroDivisionError as error:
        raise OdooError(str(error), "builtins.ZeroDivisionError") from error
    except Exception as error:
        told = _as_python(error)
        raise OdooError(f"{told} while evaluating\n{source!r}", "builtins.ValueError") from error


def _as_python(error: Exception) -> str:
    """The error as Python shows it; ours stand for Python's own."""
    if isinstance(error, OdooError):
        return f"{error.name.rpartition('.')[2]}({error.message!r})"
    return repr(error)
