"""Taking an order, handing it over, giving it back to its team (R61)."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.dashboards.queries import order_life
from apps.dashboards.views.boards import order_page
from apps.dashboards.views.fragments import wants_fragment
from apps.shipments import owners, queries
from apps.shipments.errors import NotTheirs

TEAM = "team"


@require_POST
@needs("orders.own")
def order_owner(request: HttpRequest, public_id: str) -> HttpResponse:
    """`to` is a person's public id, `team` for back to the team, or nothing: then whoever asks takes it.

    Answers the page anew; a refusal is a sentence in the form, so that the choice is not lost.
    """
    user = cast(User, request.user)
    order, to = queries.order(user, public_id), request.POST.get("to", "")
    try:
        if not to:
            owners.take_order(order, by=user, now=timezone.now())
        else:
            owners.hand_over(order, to=_named(to), by=user, now=timezone.now())
    except NotTheirs as refused:
        return _refused(request, public_id, refused.says)
    if not wants_fragment(request):
        return redirect("order", public_id=public_id)
    return render(request, "dashboards/_order.html", _page(request, public_id))


def _named(to: str) -> User | None:
    if to == TEAM:
        return None
    person = User.objects.filter(public_id=to).first()
    if person is None:
        raise NotTheirs("unknown", "This colleague no longer has an account here.")
    return person


def _refused(request: HttpRequest, public_id: str, says: str) -> HttpResponse:
    if wants_fragment(request):
        response = render(request, "dashboards/_wrong.html", {"says": says}, status=422)
        response["HX-Retarget"] = "#wrong-owner"
        response["HX-Reswap"] = "innerHTML"
        return response
    context = {**_page(request, public_id), "wrong": says}
    return render(request, "dashboards/order.html", context, status=422)


def _page(request: HttpRequest, public_id: str) -> dict[str, object]:
    found = order_life.life(cast(User, request.user), public_id)
    if found is None:
        raise Http404
    return order_page(request, found)
