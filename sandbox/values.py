"""Values going in (checked and stored) and coming out (as `read` shows them)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .errors import MissingError, ValueProblem
from .schema import X2MANY, Field

if TYPE_CHECKING:
    from .env import Env

Commands = list[tuple[Field, Any]]
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


def split(env: Env, model: str, values: dict[str, Any]) -> tuple[dict[str, Any], Commands]:
    """Plain values as stored, and the commands of one2many and many2many fields.

    Raises the errors Odoo raises for unknown fields, bad selections, dates and missing records.
    """
    plain: dict[str, Any] = {}
    commands: Commands = []
    fields = env.model(model).fields
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            raise ValueProblem(env.dialect.unknown_field(model, name, writing=True))
        if field.type in X2MANY:
            commands.append((field, value))
        else:
            plain[name] = _stored(env, model, field, value)
    return plain, commands


def _stored(env: Env, model: str, field: Field, value: Any) -> Any:
    if field.type == "many2one":
        return _link(env, field, value)
    if value is None or value is False:
        return field.empty
    convert = _CONVERT.get(field.type)
    return convert(model, field, value) if convert else value


def _link(env: Env, field: Field, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        value = value[0] if value else False
    if not value:
        return False
    if field.relation in env.base and env.get(field.relation, int(value)) is None:
        raise MissingError(field.relation, int(value), env.uid)
    return int(value)


def _selection(model: str, field: Field, value: Any) -> Any:
    if field.selection and value not in {key for key, _ in field.selection}:
        raise ValueProblem(f"Wrong value for {model}.{field.name}: {value!r}")
    return value


def _datetime(model: str, field: Field, value: Any) -> str:
    text = str(value)
    pattern = "%Y-%m-%d" if len(text) == 10 else "%Y-%m-%d %H:%M:%S"
    try:
        moment = datetime.strptime(text[:19], pattern).replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueProblem(str(error)) from error
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _date(model: str, field: Field, value: Any) -> str:
    text = str(value)[:10]
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).strftime("%Y-%m-%d")
    except ValueError as error:
        raise ValueProblem(str(error)) from error


def _float(model: str, field: Field, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ValueProblem(f"could not convert string to float: {value!r}") from error


def _html(model: str, field: Field, value: Any) -> str:
    text = str(value)
    return text if text.lstrip().startswith("<") else f"<p>{text}</p>"


_CONVERT: dict[str, Callable[[str, Field, Any], Any]] = {
    "selection": _selection,
    "datetime": _datetime,
    "date": _date,
    "float": _float,
    "monetary": _float,
    "integer": lambda model, field, value: int(value),
    "boolean": lambda model, field, value: bool(value),
    "html": _html,
    "char": lambda model, field, value: str(value),
    "text": lambda model, field, value: str(value),
}


def shown(env: Env, field: Field, value: Any, *, names: bool, cache: dict[Any, Any]) -> Any:
    """A value as `read` answers it: many2one as a pair, datetimes cut to seconds."""
    kind = field.type
    if kind == "many2one":
        if not value:
            return False
        if not names:
            return value
        key = (field.relation, value)
        if key not in cache:
            cache[key] = env.display_name(field.relation, value)
        return [value, cache[key]]
    if kind == "datetime":
        return value[:19] if value else False
    if kind in ("char", "text", "date", "selection", "binary", "html") and value is None:
        return False
    return list(value) if isinstance(value, list) else value
