"""The list of a signed-in customer's own orders, and the desk's view of what a customer sees."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.portal import queries
from apps.portal.links import link_for
from apps.portal.story import stories, story
from apps.portal.views.page import private
from apps.shipments import queries as orders

_PAGE = 50


@private
@needs("portal.own")
@require_safe
def my_orders(request: HttpRequest) -> HttpResponse:
    """Own orders, newest first; `q` is our order's number or the customer's own."""
    assert isinstance(request.user, User)
    search = request.GET.get("q", "").replace("\x00", "").strip()[:120]
    page = Paginator(queries.own_orders(request.user, search), _PAGE).get_page(
        request.GET.get("page")
    )
    shown = list(page.object_list)
    told = stories(shown, timezone.now())
    rows = [{"order": order, "story": told[order.pk]} for order in shown]
    return render(request, "portal/my.html", {"rows": rows, "page": page, "search": search})


@private
@needs("orders.see")
@require_safe
@vary_on_headers("HX-Request")
def customer_view(request: HttpRequest, order_id: str) -> HttpResponse:
    """Exactly what the customer sees now, for the desk: a fragment for any page, and the link to send."""
    assert isinstance(request.user, User)
    order = orders.order(request.user, order_id)
    context = {
        "story": story(order, timezone.now()),
        "link": request.build_absolute_uri(link_for(order)),
        "acts": False,
    }
    fragment = request.headers.get("HX-Request") == "true"
    return render(request, f"portal/{'_' if fragment else ''}customer_view.html", context)
