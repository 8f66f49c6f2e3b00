"""What partners may send in our own words, as JSON Schema: open to whoever is to write it."""

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from apps.integrations.formats.canonical.envelope import schema


@require_GET
@cache_control(public=True, max_age=3600)
def canonical(request: HttpRequest, version: str) -> JsonResponse:
    """The JSON Schema of one version of the canonical event; 404 for one that does not exist."""
    try:
        found = schema(version)
    except KeyError:
        raise Http404 from None
    return JsonResponse(found, content_type="application/schema+json")
