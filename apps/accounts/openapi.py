"""What holds for every write of the API, in the OpenAPI document."""

from typing import Any, Final

from apps.accounts.idempotency import HEADER, concerns

_WRITES: Final = ("post", "put", "patch", "delete")
_PARAMETER: Final = {
    "in": "header",
    "name": HEADER,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "Sent again with the same key and content the write is answered again and not done again.",
}
_TAKEN: Final = {
    "description": "The key came with another request before, or the first one is still being answered.",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}


def describe_keys(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: the header of writes that may carry an Idempotency-Key."""
    for path, operations in result["paths"].items():
        for method in _WRITES:
            operation = operations.get(method)
            if operation is None or not concerns(path):
                continue
            parameters = operation.setdefault("parameters", [])
            if not any(one.get("name") == HEADER for one in parameters):
                parameters.append(_PARAMETER)
            operation["responses"].setdefault("409", _TAKEN)
    return result
