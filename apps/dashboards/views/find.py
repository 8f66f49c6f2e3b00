"""Find: one field for orders, shipments, parcels, cases and rooms."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.dashboards.menu import entries_for
from apps.dashboards.queries.find import find as found_for
from apps.dashboards.views.fragments import wants_fragment


@require_GET
@needs("orders.see")
@vary_on_headers("HX-Request")
def find(request: HttpRequest) -> HttpResponse:
    """What fits the words, in the person's scope; without words the rooms they may enter."""
    text = request.GET.get("q", "").strip()
    rooms = entries_for(request.user, request.path, {})  # type: ignore[arg-type]
    context = {
        "text": text,
        "hits": found_for(request.user, text),  # type: ignore[arg-type]
        "rooms": [room for room in rooms if text.lower() in room.label.lower()],
    }
    name = "dashboards/_found.html" if wants_fragment(request) else "dashboards/find.html"
    return render(request, name, context)
