"""Purchases and productions: what is still to come, and one of them with whoever waits for it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.dashboards.queries import supplies
from apps.dashboards.views.fragments import asked_rows, is_live, wants_fragment


@require_GET
@needs("supplies.see")
@vary_on_headers("HX-Request", "X-Live")
def supply_list(request: HttpRequest) -> HttpResponse:
    """Every purchase and production that is still to come, the next one first."""
    ids = asked_rows(request)
    filters = supplies.Filters.from_query(request.GET)
    rows = supplies.listed(request.user, filters, ids)  # type: ignore[arg-type]
    if ids is not None:
        fitting = {row.pk for row in rows}
        for row in supplies.named(request.user, ids):  # type: ignore[arg-type]
            if row.pk not in fitting:
                row.left = True  # type: ignore[attr-defined]  # shown where it stands, greyed
                rows.append(row)
    context = {
        "rows": rows, "filters": filters, "query": filters.query(), "kinds": supplies.KINDS, "now": timezone.now(),
        "full": len(rows) >= supplies.LIMIT, "list_url": f"{reverse('supplies')}?{filters.query()}",
    }  # fmt: skip
    name = "dashboards/_supplies_live.html" if is_live(request) else "dashboards/supplies.html"
    return render(request, name, context)


@require_GET
@needs("supplies.see")
@vary_on_headers("HX-Request", "X-Live")
def supply(request: HttpRequest, public_id: str) -> HttpResponse:
    """One purchase or production: when it comes, who waits for it, what came and what is being done about it."""
    found = supplies.detail(request.user, public_id)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    context = {"detail": found, "supply": found.supply, "now": timezone.now()}
    name = "dashboards/_supply.html" if wants_fragment(request) else "dashboards/supply.html"
    return render(request, name, context)
