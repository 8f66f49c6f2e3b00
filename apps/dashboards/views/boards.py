"""The tower, the orders, one order's whole life."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.roles import Role
from apps.dashboards.queries import order_life, orders, owners
from apps.dashboards.risk import risk_of
from apps.dashboards.views.fragments import asked_rows, is_live, wants_fragment
from apps.shipments.models import Stage


@require_GET
@vary_on_headers("HX-Request", "X-Live")
def tower(request: HttpRequest) -> HttpResponse:
    """What will break today, and who has it. A customer is shown to their own orders instead."""
    user = request.user
    if user.is_authenticated and user.roles == {Role.CUSTOMER}:
        return redirect("my_orders")
    return _tower(request)


tower.needs = "tower.see"  # type: ignore[attr-defined]  # the door is asked inside, after customers were sent on


@needs("tower.see")
def _tower(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    filters = orders.Filters.from_query(request.GET)
    context = _rows(request, filters) | {
        "tiles": orders.tiles(request.user, filters, now),  # type: ignore[arg-type]
        "lanes": orders.lanes(request.user, filters),  # type: ignore[arg-type]
        "list_url": f"{reverse('tower')}?{filters.query()}",
    }
    name = "dashboards/_tower_live.html" if is_live(request) else "dashboards/tower.html"
    return render(request, name, context)


@require_GET
@needs("orders.see")
@vary_on_headers("HX-Request", "X-Live")
def order_list(request: HttpRequest) -> HttpResponse:
    """Every order, newest first; any word of it finds it."""
    filters = orders.Filters.from_query(request.GET, open_only=False)
    context = _rows(request, filters) | {
        "stages": Stage.choices,
        "list_url": f"{reverse('orders')}?{filters.query()}",
    }
    name = "dashboards/_tower_live.html" if is_live(request) else "dashboards/orders.html"
    return render(request, name, context)


@require_GET
@needs("orders.see")
@vary_on_headers("HX-Request", "X-Live")
def order(request: HttpRequest, public_id: str) -> HttpResponse:
    """One order's whole life on one page."""
    found = order_life.life(request.user, public_id)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    name = "dashboards/_order.html" if wants_fragment(request) else "dashboards/order.html"
    return render(request, name, order_page(request, found))


def order_page(request: HttpRequest, found: order_life.Life) -> dict[str, Any]:
    """What the page of one order needs."""
    may_own = request.user.may("orders.own")  # type: ignore[union-attr]
    return {
        "life": found, "order": found.order, "now": timezone.now(),
        "before_delivery": found.order.stage in orders.BEFORE_DELIVERY,
        "colleagues": owners.colleagues(found.order) if may_own and found.order.open else [],
    }  # fmt: skip


def _rows(request: HttpRequest, filters: orders.Filters) -> dict[str, Any]:
    now, ids = timezone.now(), asked_rows(request)
    rows = orders.board(request.user, filters, now, ids)  # type: ignore[arg-type]
    if ids is not None:
        fitting = {row.pk for row in rows}
        for row in orders.named(request.user, ids):  # type: ignore[arg-type]
            if row.pk not in fitting:
                row.left = True  # type: ignore[attr-defined]  # shown where it stands, greyed
                rows.append(row)
    for row in rows:
        _tell(row, now)
    return {
        "rows": rows, "filters": filters, "query": filters.query(), "now": now, "full": len(rows) >= orders.LIMIT,
    }  # fmt: skip


def _tell(row: Any, now: Any) -> None:
    """What a row says beyond its own columns: its risk, its next arrival, its carrier, when it was last heard of."""
    legs = [leg for leg in row.legs if leg.execution_status != "cancelled"]
    moving = [leg for leg in legs if leg.delivered_at is None] or legs
    row.leg = moving[0] if moving else None
    row.eta_at = max((leg.eta_at for leg in moving if leg.eta_at), default=None)
    row.heard_at = max((leg.heard_at for leg in legs if leg.heard_at), default=None)
    row.before_delivery = row.stage in orders.BEFORE_DELIVERY
    row.risk = risk_of(
        stage=row.stage, before_delivery=row.before_delivery, promise_at=row.promise_at, eta_at=row.eta_at,
        troubles=row.troubles, held=row.held, now=now,
    )  # fmt: skip
