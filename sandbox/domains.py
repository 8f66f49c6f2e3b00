"""Domains: prefix lists to a test on one record. Null rules and comparisons as in PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .errors import OdooError, ValueProblem
from .schema import X2MANY

if TYPE_CHECKING:
    from .env import Env

Test = Callable[[int], bool]
OPERATORS = frozenset(
    [
        "=",
        "!=",
        ">",
        ">=",
        "<",
        "<=",
        "in",
        "like",
        "ilike",
        "=like",
        "=ilike",
        "=?",
        "child_of",
        "parent_of",
        "<>",
        "==",
        "any",
    ]
) | {"not in", "not like", "not ilike", "not any"}
_ISO = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d)?$")


def matcher(env: Env, model: str, domain: Any) -> Test:
    """A test on ids of the model. Raises what Odoo raises for a bad domain."""
    if not domain:
        return lambda _id: True
    stack: list[Test] = []
    for item in reversed(list(domain)):
        if item == "!":
            stack.append(_negated(stack.pop()))
        elif item in ("&", "|"):
            first, second = stack.pop(), stack.pop()
            stack.append(_both(first, second) if item == "&" else _either(first, second))
        else:
            stack.append(_leaf(env, model, item))
    while len(stack) > 1:
        first, second = stack.pop(), stack.pop()
        stack.append(_both(first, second))
    return stack[0]


def _negated(test: Test) -> Test:
    return lambda i: not test(i)


def _both(first: Test, second: Test) -> Test:
    return lambda i: first(i) and second(i)


def _either(first: Test, second: Test) -> Test:
    return lambda i: first(i) or second(i)


def _leaf(env: Env, model: str, item: Any) -> Test:
    if not isinstance(item, (list, tuple)) or len(item) != 3:
        if env.dialect.is_19:
            raise ValueProblem(f"Domain() invalid item in domain: {item!r}")
        raise OdooError("tuple index out of range", "builtins.IndexError")
    name, operator, value = item
    if name in (0, 1) and operator == "=":
        return lambda _id: name == value
    shown = (name, operator, value)
    if operator not in OPERATORS:
        raise ValueProblem(env.dialect.bad_operator(shown))
    first, _, rest = str(name).partition(".")
    fields = env.model(model).fields
    if first not in fields:
        raise ValueProblem(env.dialect.unknown_field_in_domain(model, first, shown))
    operator = str({"<>": "!=", "==": "="}.get(operator, operator))
    if rest or operator in ("any", "not any"):
        return _through(env, model, first, rest, operator, value)
    if operator == "=?":
        if value in (False, None):
            return lambda _id: True
        operator = "="
    kind = fields[first].type
    if kind == "many2one" or kind in X2MANY or first == "id":
        return _relational(env, model, first, operator, value)
    return _scalar(env, model, first, kind, operator, value)


def _through(env: Env, model: str, first: str, rest: str, operator: str, value: Any) -> Test:
    field = env.field(model, first)
    if field.relation not in env.base:
        return lambda _id: False
    inner = value if operator in ("any", "not any") and not rest else [(rest, operator, value)]
    test = matcher(env, field.relation, inner)
    seen: dict[int, bool] = {}

    def one(other: int) -> bool:
        if other not in seen:
            seen[other] = env.get(field.relation, other) is not None and test(other)
        return seen[other]

    if field.type == "many2one":
        answer: Test = lambda i: bool(v := env.value(model, i, first)) and one(v)  # noqa: E731
    else:
        answer = lambda i: any(one(v) for v in env.value(model, i, first))  # noqa: E731
    return _negated(answer) if operator == "not any" else answer


def _related_ids(env: Env, model: str, name: str, i: int) -> list[int]:
    if name == "id":
        return [i]
    value = env.value(model, i, name)
    return value if isinstance(value, list) else ([value] if value else [])


def _relational(env: Env, model: str, name: str, operator: str, value: Any) -> Test:
    field = env.field(model, name)
    relation = model if name == "id" else field.relation
    if operator in ("child_of", "parent_of"):
        wanted = _tree(env, relation, value, operator)
        return lambda i: not wanted.isdisjoint(_related_ids(env, model, name, i))
    if operator in ("<", "<=", ">", ">="):
        compare = _COMPARE[operator]
        return lambda i: any(compare(v, value) for v in _related_ids(env, model, name, i))
    if operator in ("=", "!=", "in", "not in") and not isinstance(value, str):
        many = value if isinstance(value, (list, tuple, set)) else [value]
        wanted = {int(v) for v in many if v}
        empty = any(v in (False, None) for v in many)
        if operator in ("=", "in"):
            return lambda i: _hit(_related_ids(env, model, name, i), wanted, empty)
        return lambda i: not _hit(_related_ids(env, model, name, i), wanted, empty)
    return _by_name(env, model, name, relation, operator, value)


def _hit(found: list[int], wanted: set[int], empty: bool) -> bool:
    return not wanted.isdisjoint(found) if found else empty


def _by_name(env: Env, model: str, name: str, relation: str, operator: str, value: Any) -> Test:
    positive = {"!=": "=", "not in": "in"}.get(operator, operator.replace("not ", ""))
    test = _text_test("=" if positive == "in" else positive, value)
    behaviour = env.registry.behaviour(relation)

    def hit(i: int) -> bool:
        for other in _related_ids(env, model, name, i):
            row = env.get(relation, other) if relation in env.base else None
            if row is not None and test(str(behaviour.search_name(env, other, row))):
                return True
        return False

    return _negated(hit) if operator.startswith("not") or operator == "!=" else hit


def _tree(env: Env, model: str, value: Any, operator: str) -> set[int]:
    parent = "location_id" if model == "stock.location" else "parent_id"
    if isinstance(value, str):
        test = _by_name(env, model, "id", model, "ilike", value)
        start = {i for i in env.ids(model) if test(i)}
    else:
        start = set(value if isinstance(value, (list, tuple)) else [value])
    found, edge = set(start), set(start)
    while edge and parent in env.model(model).fields:
        if operator == "child_of":
            edge = {i for i, row in env.rows(model) if row.get(parent) in edge} - found
        else:
            edge = {env.row(model, i).get(parent) or 0 for i in edge} - found - {0}
        found |= edge
    return found


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}


def _like(pattern: str, *, exact: bool, fold: bool) -> Callable[[str], bool]:
    source = pattern if exact else f"%{pattern}%"
    parts, i = [], 0
    while i < len(source):
        char = source[i]
        if char == "\\" and i + 1 < len(source):
            i += 1
            parts.append(re.escape(source[i]))
        else:
            parts.append({"%": ".*", "_": "."}.get(char, re.escape(char)))
        i += 1
    flags = re.DOTALL | (re.IGNORECASE if fold else 0)
    compiled = re.compile("".join(parts), flags)
    return lambda text: compiled.fullmatch(text) is not None


def _text_test(operator: str, value: Any) -> Callable[[str], bool]:
    if operator in ("like", "ilike", "=like", "=ilike"):
        return _like(
            "" if value in (False, None) else str(value),
            exact=operator.startswith("="),
            fold=operator.endswith("ilike"),
        )
    return lambda text: text == value


def moment_of(env: Env, kind: str, value: Any, operator: str = "=") -> Any:
    """A date or datetime of a domain as comparable text. Raises ValueError as Odoo does."""
    if not isinstance(value, str):
        return value
    iso = _ISO.match(value)
    if iso and kind == "datetime":
        if env.dialect.is_19 and iso.group(3):
            raise ValueProblem(f"expecting only datetimes with no timezone: {value!r}")
        value = f"{iso.group(1)} {iso.group(2)}"
    if kind == "datetime" and len(value) == 10:
        late = operator in (">", "<=") and not env.dialect.is_19
        return f"{value} 23:59:59" if late else f"{value} 00:00:00"
    return value[:10] if kind == "date" else value


def _scalar(env: Env, model: str, name: str, kind: str, operator: str, value: Any) -> Test:
    if operator.replace("not ", "") in ("like", "ilike", "=like", "=ilike"):
        test = _text_test(operator.replace("not ", ""), value)
        absent = operator.startswith("not") or not value

        def like(i: int) -> bool:
            found = env.value(model, i, name)
            if found is False or found is None:
                return absent
            return test(str(found)) != operator.startswith("not")

        return like
    moments = kind in ("date", "datetime")
    if operator in ("in", "not in", "=", "!="):
        many = value if isinstance(value, (list, tuple, set)) else [value]
        wanted = {moment_of(env, kind, v) if moments else v for v in many}
        if None in wanted:
            wanted.add(False)
        negative = operator in ("not in", "!=")
        cut = moments and env.dialect.is_19
        return lambda i: (_seen(env.value(model, i, name), wanted, cut) in wanted) != negative
    bound = moment_of(env, kind, value, operator) if moments else value
    compare = _COMPARE[operator]
    cut = moments and env.dialect.is_19

    def compared(i: int) -> bool:
        found = env.value(model, i, name)
        if found is False or found is None:
            return False
        if cut and isinstance(bound, str) and "." not in bound:
            found = found[: len(bound)]
        return compare(found, bound)

    return compared


def _seen(found: Any, wanted: set[Any], cut: bool) -> Any:
    if cut and isinstance(found, str) and found not in wanted:
        return found[:19]
    return found
