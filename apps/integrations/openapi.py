"""The door in the OpenAPI document: a plain view, so the generator does not find it by itself."""

from collections import defaultdict
from typing import Any, Final

from apps.integrations.errors import OTHER_REFUSALS
from apps.integrations.formats.base import REFUSALS

_PATH: Final = "/api/v1/messages/{partner}"
_TEXT: Final = {"type": "string"}


def describe_door(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: adds `POST /api/v1/messages/{partner}`."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Receipt"] = {
        "type": "object",
        "description": "The message is stored; ask for its fate by message_id.",
        "properties": {
            "message_id": _TEXT,
            "correlation_id": _TEXT,
            "status": {"type": "string", "enum": ["received", "duplicate", "conflict"]},
            "accepted": {"type": "integer", "description": "Of a batch: entries taken"},
            "skipped": {"type": "integer", "description": "Of a batch: entries that are no event"},
            "skipped_entries": {
                "type": "array",
                "description": "The first hundred of them; index counts from 0",
                "items": {
                    "type": "object",
                    "properties": {"index": {"type": "integer"}, "reason": _TEXT},
                    "required": ["index", "reason"],
                },
            },
            "acknowledgement": {
                **_TEXT,
                "description": "Where the 997, 999 or CONTRL is, when the partner is set to get one",
            },
        },
        "required": ["message_id", "correlation_id", "status"],
    }
    schemas["Refusal"] = {
        "type": "object",
        "description": "A problem document (RFC 9457) with the reason of the refusal.",
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "correlation_id": _TEXT,
            "reason": {"type": "string", "enum": [*REFUSALS, *OTHER_REFUSALS]},
            "pointer": {**_TEXT, "description": "JSON pointer of the field at fault"},
            "message_id": {**_TEXT, "description": "A signed but malformed message is kept"},
        },
        "required": ["type", "title", "status", "detail", "correlation_id", "reason"],
    }
    result["paths"][_PATH] = {"post": _operation()}
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def _operation() -> dict[str, Any]:
    return {
        "operationId": "message_receive",
        "summary": "Post one message of a partner",
        "description": (
            "The body as the partner's format has it, at most 5 MiB unpacked, signed by that format's scheme. "
            "Answered once the raw bytes are committed; with or without a trailing slash."
        ),
        "tags": ["messages"],
        "security": [{}],  # the format's own signature, not a token
        "parameters": [
            {
                "in": "path", "name": "partner", "required": True, "schema": _TEXT,
                "description": "The partner's slug, as partner_add printed it.",
            },
            {
                "in": "header", "name": "X-Correlation-ID", "schema": {**_TEXT, "pattern": "^[A-Za-z0-9._:-]{8,64}$"},
                "description": "Kept and answered; another one is made where it is absent or another text.",
            },
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": {
            "202": _answer("Received: its bytes are committed.", "Receipt"),
            "200": _answer("Known already: a duplicate, or a conflict with what came first.", "Receipt"),
            **_refusals(),
        },
    }  # fmt: skip


def _refusals() -> dict[str, Any]:
    reasons: dict[int, list[str]] = defaultdict(list)
    for reason, status in {**REFUSALS, **OTHER_REFUSALS}.items():
        reasons[status].append(reason)
    return {
        str(status): _answer("Refused: " + ", ".join(names), "Refusal", "application/problem+json")
        for status, names in sorted(reasons.items())
    }


def _answer(says: str, schema: str, media: str = "application/json") -> dict[str, Any]:
    content = {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": says, "content": content}
