"""Our refusals as problem documents: one shape for approvals and cases alike."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.response import Response

from apps.accounts.api_errors import problem_body

PROBLEM = "application/problem+json"


def refusal_response(status: int, error: Any) -> Response:
    """A problem with `code` (for programs), `says` (for people) and, in a conflict, `changed`."""
    more: dict[str, Any] = {"code": error.code, "says": error.says}
    if status == 409:
        more["changed"] = [
            {"field": c.field, "says": c.says, "was": c.was, "now": c.now}
            for c in getattr(error, "changed", ())
        ]
    field = getattr(error, "field", "")
    if field:
        more["errors"] = {field: [error.says]}
    titles = {400: "Bad request", 403: "Not allowed", 409: "Conflict"}
    return Response(
        problem_body(status, titles[status], error.says, **more),
        status=status,
        content_type=PROBLEM,
    )


class AnswersRefusals:
    """Mixin of API views: `refusals` maps our errors to statuses, first match wins."""

    refusals: ClassVar[tuple[tuple[type[Exception], int], ...]] = ()

    def handle_exception(self, error: Exception) -> Response:
        """Ours become problems; the rest goes DRF's way."""
        for kind, status in self.refusals:
            if isinstance(error, kind):
                return refusal_response(status, error)
        return super().handle_exception(error)  # type: ignore[misc]
