"""Arguments by name, as JSON-2 wants them, and answers as one shape, whatever the transport and version.

JSON-2 silently ignores a body that is an array: `search_read` then answers every record with every field (FACTS 1).
So nothing is ever sent that has no name. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

MODEL_METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "search": ("domain", "offset", "limit", "order"),
    "search_count": ("domain", "limit"),
    "search_read": ("domain", "fields", "offset", "limit", "order"),
    "create": ("vals_list",),
    "fields_get": ("allfields", "attributes"),
    "default_get": ("fields",),
    "name_search": ("name", "domain", "operator", "limit"),
    "name_create": ("name",),
    "context_get": (),
    "formatted_read_group": (
        "domain",
        "groupby",
        "aggregates",
        "having",
        "offset",
        "limit",
        "order",
    ),
    "web_search_read": ("domain", "specification", "offset", "limit", "order", "count_limit"),
    "check_object_reference": ("module", "xml_id", "raise_on_access_error"),
    "get_param": ("key", "default"),
    "set_param": ("key", "value"),
}
"""Methods of a model (`@api.model`) and the names of their arguments on 19; `ids` there is a 422."""

RECORD_METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "read": ("fields", "load"),
    "write": ("vals",),
    "has_access": ("operation",),
    "has_group": ("group_ext_id",),
    "copy": ("default",),
    "web_read": ("specification",),
    "web_save": ("vals", "specification", "next_id"),
    "activity_schedule": ("act_type_xmlid", "date_deadline", "summary", "note"),
    "action_feedback": ("feedback", "attachment_ids"),
}
"""Methods of records that take more than the records; every other one (a button, a wizard) takes none."""


class Unnamed(TypeError):
    """A positional argument whose name on JSON-2 is not in the tables: nothing was sent."""


def named(method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a JSON-2 call. Raises Unnamed."""
    rest, body = list(args), {name: value for name, value in kwargs.items() if name != "ids"}
    if method in MODEL_METHODS:
        names = MODEL_METHODS[method]
    else:
        names = RECORD_METHODS.get(method, ())
        ids = rest.pop(0) if rest else kwargs.get("ids")
        if ids is not None:
            body["ids"] = [ids] if isinstance(ids, int) else list(ids)
    if len(rest) > len(names):
        raise Unnamed(f"{method}: no name is known for argument {len(names) + 1} on JSON-2")
    body.update(zip(names, rest, strict=False))
    if method == "create" and isinstance(body.get("vals_list"), Mapping):
        body["vals_list"] = [body["vals_list"]]
    return body


def same(method: str, args: Sequence[Any], answer: Any) -> Any:
    """The answer in one shape: an id where one record was made, whichever way Odoo says it (FACTS 4).

    message_post: int on 18, `[id]` on 19. activity_schedule: `"mail.activity(36,)"` on 18, `[id]` on 19.
    create of one dict: int over JSON-RPC, `[id]` over JSON-2.
    """
    if method == "create" and args and isinstance(args[0], Mapping):
        return _first(answer)
    if method == "message_post":
        return _first(answer)
    if method == "activity_schedule":
        if isinstance(answer, str):
            found = re.fullmatch(r"mail\.activity\((\d+),\)", answer)
            return int(found[1]) if found else answer
        return _first(answer)
    return answer


def _first(answer: Any) -> Any:
    return answer[0] if isinstance(answer, list) and len(answer) == 1 else answer


def series(version: str) -> int:
    """18 of `18.0`, `saas~18.2` and `18.0+e`; 0 when no number can be found."""
    found = re.search(r"(\d+)\.\d+", version)
    return int(found[1]) if found else 0
