"""The queue and its side pane. The address holds view, order and the chosen case: any of it can be pasted."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.dashboards.actions import next_working_day, offered
from apps.dashboards.queries import cases
from apps.dashboards.views.fragments import asked_rows, is_live, wants_fragment
from apps.exceptions.kinds import KINDS
from apps.exceptions.models import Case


@require_GET
@needs("queue.see")
@vary_on_headers("HX-Request", "X-Live")
def queue(request: HttpRequest) -> HttpResponse:
    """The list; for the live script only the rows that changed, with the numbers around them."""
    if is_live(request):
        return render(request, "dashboards/_queue_live.html", _live(request))
    return render(request, "dashboards/queue.html", _list(request))


@require_GET
@needs("queue.see")
@vary_on_headers("HX-Request", "X-Live")
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One case beside the list, or the pane alone."""
    context = pane(request, public_id)
    if wants_fragment(request):
        return render(request, "dashboards/_case.html", context)
    return render(request, "dashboards/queue.html", {**_list(request, chosen=public_id), **context})


def pane(request: HttpRequest, public_id: str, **more: Any) -> dict[str, Any]:
    """What the pane of one case needs; 404 outside the person's scope."""
    detail = cases.detail(request.user, public_id)  # type: ignore[arg-type]
    if detail is None:
        raise Http404
    filters = cases.Filters.from_query(request.GET)
    return {
        "detail": detail, "case": detail.case, "kind": KINDS.get(detail.case.kind),
        "actions": offered(detail, request.user),  # type: ignore[arg-type]
        "filters": filters, "query": filters.query(), "now": timezone.now(),
        "first_day": next_working_day(timezone.now()), "colleagues": cases.colleagues(detail.case), **more,
    }  # fmt: skip


def _list(request: HttpRequest, chosen: str = "") -> dict[str, Any]:
    now = timezone.now()
    filters = cases.Filters.from_query(request.GET)
    rows = cases.queue(request.user, filters, now)  # type: ignore[arg-type]
    return {
        "rows": rows, "chosen": chosen, "filters": filters, "query": filters.query(), "now": now,
        "views": cases.VIEWS, "kinds": KINDS.values(), "sorts": cases.SORTS, "full": len(rows) >= cases.LIMIT,
        "list_url": f"{reverse('queue')}?{filters.query()}",
        "tiles": cases.tiles(request.user, filters, now),  # type: ignore[arg-type]
    }  # fmt: skip


def _live(request: HttpRequest) -> dict[str, Any]:
    now, ids = timezone.now(), asked_rows(request)
    filters = cases.Filters.from_query(request.GET)
    rows: list[Case] = cases.queue(request.user, filters, now, ids)  # type: ignore[arg-type]
    if ids is not None:
        fitting = {row.pk for row in rows}
        for row in cases.named(request.user, ids):  # type: ignore[arg-type]
            if row.pk not in fitting:
                row.left = True  # type: ignore[attr-defined]  # shown where it stands, greyed
                rows.append(row)
    tiles = cases.tiles(request.user, filters, now)  # type: ignore[arg-type]
    return {"rows": rows, "query": filters.query(), "filters": filters, "now": now, "tiles": tiles}
