"""The list of business events."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.access import needs
from apps.dashboards.queries import reported
from apps.shipments.rules.reports import SUBJECTS


@require_GET
@needs("shipments.see")
def reported_list(request: HttpRequest) -> HttpResponse:
    """What sources reported beside parcels' scans, linked or not, the newest first."""
    filters = reported.Filters.from_query(request.GET)
    rows = reported.listed(request.user, filters)  # type: ignore[arg-type]
    context = {
        "rows": rows, "filters": filters, "kinds": reported.KINDS, "abouts": SUBJECTS,
        "full": len(rows) >= reported.LIMIT,
    }  # fmt: skip
    return render(request, "dashboards/reported.html", context)
