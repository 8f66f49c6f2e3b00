"""The shipments and one shipment with its three truths."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.dashboards.queries import shipments
from apps.dashboards.views.fragments import asked_rows, is_live, wants_fragment
from apps.shipments.rules.truths import CUSTOMER_TITLES


@require_GET
@needs("shipments.see")
@vary_on_headers("HX-Request", "X-Live")
def shipment_list(request: HttpRequest) -> HttpResponse:
    """Every shipment, newest first."""
    ids = asked_rows(request)
    filters = shipments.Filters.from_query(request.GET)
    rows = shipments.listed(request.user, filters, ids)  # type: ignore[arg-type]
    if ids is not None:
        fitting = {row.pk for row in rows}
        for row in shipments.named(request.user, ids):  # type: ignore[arg-type]
            if row.pk not in fitting:
                row.left = True  # type: ignore[attr-defined]  # shown where it stands, greyed
                rows.append(row)
    context = {
        "rows": rows, "filters": filters, "query": filters.query(), "statuses": shipments.STATUSES,
        "full": len(rows) >= shipments.LIMIT, "list_url": f"{reverse('shipments')}?{filters.query()}",
    }  # fmt: skip
    name = "dashboards/_shipments_live.html" if is_live(request) else "dashboards/shipments.html"
    return render(request, name, context)


@require_GET
@needs("shipments.see")
@vary_on_headers("HX-Request", "X-Live")
def shipment(request: HttpRequest, public_id: str) -> HttpResponse:
    """One shipment: who executes, what Odoo says, what finance accepts; where they disagree, and what made each so."""
    found = shipments.detail(request.user, public_id)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    one = found.shipment
    context = {
        "detail": found, "shipment": one,
        "customer": CUSTOMER_TITLES.get(one.customer_status, one.customer_status),
    }  # fmt: skip
    name = "dashboards/_shipment.html" if wants_fragment(request) else "dashboards/shipment.html"
    return render(request, name, context)
