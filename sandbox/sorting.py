"""`order` arguments: PostgreSQL's rule for empty values (last when ascending, first otherwise)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import UserError, ValueProblem

if TYPE_CHECKING:
    from .env import Env


def _terms(env: Env, model: str, order: str) -> list[tuple[str, bool]]:
    terms = []
    for part in order.split(","):
        words = part.split()
        if not words:
            continue
        field = words[0].strip('"')
        if field not in env.model(model).fields:
            raise ValueProblem(f"Invalid field {field!r} on model {model!r}")
        if len(words) > 1 and words[1].lower() not in ("asc", "desc"):
            raise UserError(
                f'Invalid "order" specified ({order}). A valid "order" specification is a '
                "comma-separated list of valid field names (optionally followed by asc/desc "
                "for the direction)"
            )
        terms.append((field, len(words) > 1 and words[1].lower() == "desc"))
    return terms


def _key(env: Env, model: str, row_id: int, name: str) -> tuple[int, Any]:
    field = env.field(model, name)
    if name == "id":
        return (0, row_id)
    value = env.value(model, row_id, name)
    if field.type == "many2one":
        if not value:
            return (1, "")
        return (0, value if field.relation == model else _related(env, field.relation, value))
    if value is False and field.type != "boolean":
        return (1, "")
    if isinstance(value, str) and field.type in ("char", "text"):
        return (0, value.lower())
    return (0, value)


def _related(env: Env, model: str, row_id: int) -> Any:
    first = _terms(env, model, env.model(model).order)[0][0] if model in env.base else "id"
    if first == "id" or env.get(model, row_id) is None:
        return row_id if first == "id" else ""
    value = env.value(model, row_id, first)
    return str(value).lower() if isinstance(value, str) else str(value)


def sort(env: Env, model: str, ids: list[int], order: str | None) -> list[int]:
    """ids in the asked or the model's default order. Raises for unknown fields."""
    result = sorted(ids)
    terms = _terms(env, model, order or env.model(model).order)
    if terms == [("id", False)]:
        return result
    for name, descending in reversed(terms):
        keys = {i: _key(env, model, i, name) for i in result}
        result.sort(key=keys.__getitem__, reverse=descending)
    return result
