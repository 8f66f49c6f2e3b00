"""What waits for the very person who looks: mappings that they may put into force."""

from django import template
from django.http import HttpRequest

from apps.accounts.models import User
from apps.integrations.mappings import queries

register = template.Library()


@register.simple_tag
def to_review(request: HttpRequest) -> int:
    """How many mappings wait for the viewer's review; read once for a page, however often it is said on it."""
    known: int | None = getattr(request, "mappings_to_review", None)
    if known is None:
        user = getattr(request, "user", None)
        known = queries.to_review(user) if isinstance(user, User) else 0
        request.mappings_to_review = known  # type: ignore[attr-defined]
    return known
