"""API errors are problem+json (RFC 9457), with the correlation id that finds them again."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from apps.journal.correlation import current


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the same answer shape for every refusal."""
    response = exception_handler(error, context)
    if response is None:
        return None
    detail, errors = _describe(error, response.data)
    body = problem_body(response.status_code, _title(error), detail)
    if errors:
        body["errors"] = errors
    answer = Response(body, status=response.status_code, headers=dict(response.items()))
    answer.content_type = "application/problem+json"
    return answer


def problem_body(status: int, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """The members of a problem document."""
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "correlation_id": current(),
        **more,
    }


def problem_response(status: int, title: str, detail: str, **more: Any) -> JsonResponse:
    """A problem document from a plain Django view."""
    return JsonResponse(
        problem_body(status, title, detail, **more),
        status=status,
        content_type="application/problem+json",
    )


def _title(error: Exception) -> str:
    if isinstance(error, Http404):
        return "Not found"
    if isinstance(error, PermissionDenied):
        return "Not allowed"
    if isinstance(error, exceptions.APIException):
        return (
            str(getattr(error, "title", None) or error.default_code).replace("_", " ").capitalize()
        )
    return "Error"


def _describe(error: Exception, data: Any) -> tuple[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return "The request has fields that cannot be accepted.", data
    if isinstance(data, dict) and "detail" in data:
        return str(data["detail"]), None
    return str(error), None
