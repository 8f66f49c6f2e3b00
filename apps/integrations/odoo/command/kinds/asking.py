"""Read what a person or program gave for a kind's asks; nothing else gets through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.integrations.odoo.command.errors import BadCommand
from apps.integrations.odoo.command.kinds.base import (
    Ask,
    CommandKind,
    read_date,
    read_moment,
    read_quantities,
)
from apps.integrations.odoo.command.targets import Target


def checked(kind: CommandKind, target: Target, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, as the kind's plan takes it. Raises BadCommand naming the first thing that does not fit."""
    unknown = sorted(set(given) - {ask.name for ask in kind.asks})
    if unknown:
        raise BadCommand("unknown", f"{kind.title} does not ask for {unknown[0]}.", unknown[0])
    clean: dict[str, Any] = {}
    for ask in kind.asks:
        value = given.get(ask.name)
        if value in (None, "", [], {}):
            if ask.required:
                raise BadCommand("missing", f"{ask.label}: please fill this in.", ask.name)
            continue
        clean[ask.name] = _read(ask, target, value)
    return clean


def storable(given: Any) -> Any:
    """What was given without what no database takes: null characters and halves of surrogate pairs."""
    if isinstance(given, str):
        return given.replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(given, Mapping):
        return {storable(str(name)): storable(value) for name, value in given.items()}
    return [storable(one) for one in given] if isinstance(given, list) else given


def _read(ask: Ask, target: Target, value: Any) -> Any:
    if ask.type == "date":
        return read_date(ask.name, ask.label, value)
    if ask.type == "moment":
        return read_moment(ask.name, ask.label, value)
    if ask.type == "quantities":
        found = read_quantities(ask.name, ask.label, value)
        _must_be_offered(ask, target, list(found))
        return found
    if ask.type == "choices":
        picked = [str(one) for one in (value if isinstance(value, list) else [value])]
        _must_be_offered(ask, target, picked)
        return picked
    if isinstance(value, list | Mapping):
        raise BadCommand("unreadable", f"{ask.label}: one text is asked for.", ask.name)
    text = str(value).strip()
    if len(text) > ask.limit:
        raise BadCommand("too_long", f"{ask.label}: at most {ask.limit} characters.", ask.name)
    if ask.type == "choice":
        _must_be_offered(ask, target, [text])
    if ask.required and not text:
        raise BadCommand("missing", f"{ask.label}: please fill this in.", ask.name)
    return text


def _must_be_offered(ask: Ask, target: Target, picked: list[str]) -> None:
    offered = {choice.value for choice in ask.choices(target)} if ask.choices else set()
    strange = [one for one in picked if one not in offered]
    if strange:
        raise BadCommand("not_offered", f"{ask.label}: {strange[0]} is not offered.", ask.name)
