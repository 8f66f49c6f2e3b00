"""What every operation of the API may answer besides what it says itself, in the OpenAPI document."""

from typing import Any, Final

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_DOORS: Final = "/api/v1/messages/{message_id}/"
_WITH_BODY: Final = ("post", "put", "patch", "delete")
_SAYS: Final = {
    "400": "The query or the body cannot be used; errors says where.",
    "401": "Nobody is signed in, or the token is unknown, expired or revoked.",
    "403": "The role does not allow it.",
    "404": "There is no such thing in what this person or program may see; or the cursor is none of ours.",
    "405": "The address names a partner's door, where messages are posted.",
    "415": "The body is of a media type that is not read.",
}


def describe_refusals(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: the refusals that sign-in, role, scope and parsing give.

    The partners' door names its own (apps.integrations.openapi), and takes no token.
    """
    for path, operations in result["paths"].items():
        for method in _METHODS:
            operation = operations.get(method)
            if operation is not None and operation.get("security") != [{}]:
                _add(path, method, operation)
    return result


def _add(path: str, method: str, operation: dict[str, Any]) -> None:
    statuses = ["401", "403"]
    asked = {one["name"] for one in operation.get("parameters", []) if one.get("in") == "query"}
    if "{" in path or "cursor" in asked:
        statuses.append("404")
    if path == _DOORS:  # whatever is no message's id there is taken for a partner's name
        statuses.append("405")
    # A body that nobody asked for is parsed all the same, or refused for its kind.
    if asked or method in _WITH_BODY:
        statuses.append("400")
    if method in _WITH_BODY:
        statuses.append("415")
    for status in statuses:
        answer = {
            "description": _SAYS[status],
            "content": {"application/problem+json": {"schema": {"type": "object"}}},
        }
        operation["responses"].setdefault(status, answer)
    operation["responses"] = dict(sorted(operation["responses"].items()))
