"""One order's page for whoever holds its link, and for the customer who signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.portal import ics, postcode, queries
from apps.portal.errors import Expired, Forged, TooManyTries
from apps.portal.links import VALID_DAYS, order_of
from apps.portal.story import story
from apps.shipments.models import Order


@dataclass(frozen=True, slots=True)
class Door:
    """How a visitor came to an order: `path` is its page; `signed_in` needs no postcode; `token` of a link."""

    order: Order
    path: str
    signed_in: bool = False
    token: str = ""


Page = Callable[..., HttpResponse]
View = Callable[..., HttpResponse]


def private(view: View) -> View:
    """Nobody keeps, lists or passes on the address of a customer's page: the link is its key."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-cache"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return guarded


def by_link(page: Page) -> View:
    """A page behind a signed link. Too old: 410, and who to ask; never ours: 404."""

    @wraps(page)
    def view(request: HttpRequest, token: str, **more: Any) -> HttpResponse:
        try:
            order = order_of(token)
        except Expired as error:
            context = {"expired": True, "company": error.company, "days": VALID_DAYS}
            return render(request, "portal/closed.html", context, status=410)
        except Forged:
            return render(request, "portal/closed.html", {"expired": False}, status=404)
        return page(request, Door(order, reverse("track", args=[token]), token=token), **more)

    return private(view)


def by_account(page: Page) -> View:
    """The same page for a signed-in customer, of their own orders only."""

    @wraps(page)
    def view(request: HttpRequest, order_id: str, **more: Any) -> HttpResponse:
        assert isinstance(request.user, User)
        order = queries.own_orders(request.user).filter(public_id=order_id).first()
        if order is None:
            raise Http404
        return page(
            request, Door(order, reverse("my_order", args=[order_id]), signed_in=True), **more
        )

    return private(needs("portal.own")(view))


@require_safe
def order_page(request: HttpRequest, door: Door) -> HttpResponse:
    """The page itself; the script asks the same address again and swaps what changed."""
    context = {"story": story(door.order, timezone.now()), "door": door, "acts": True}
    return render(request, "portal/order.html", context)


@require_safe
def calendar(request: HttpRequest, door: Door) -> HttpResponse:
    """The expected delivery for a calendar; 404 while nobody expects it at a known time."""
    told = story(door.order, timezone.now())
    if told.eta is None:
        raise Http404
    text = ics.entry(
        told,
        told.eta,
        f"{door.order.public_id}@control-tower",
        request.build_absolute_uri(door.path),
    )
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="delivery.ics"'
    return response


# The link itself is the right to ask, no cookie is; and under no-referrer a browser sends `Origin: null`,
# which Django's check would refuse.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def proof(request: HttpRequest, door: Door) -> HttpResponse:
    """Proof of delivery and address, after the postcode; a signed-in customer needs none."""
    told = story(door.order, timezone.now())
    if door.signed_in or postcode.is_open(request, door.order):
        papers = queries.documents_of(door.order)
        context = {
            "story": told,
            "door": door,
            "papers": papers,
            "address": queries.address_of(door.order),
        }
        return render(request, "portal/proof.html", context)
    if request.method != "POST":
        return render(request, "portal/postcode.html", {"story": told, "door": door})
    return _tried(request, door, told)


def _tried(request: HttpRequest, door: Door, told: object) -> HttpResponse:
    context: dict[str, Any] = {"story": told, "door": door}
    said = request.POST.get("postcode", "")[:24]
    try:
        right = postcode.is_right(door.order, door.token, said, postcode.address_of(request))
    except TooManyTries as error:
        context["wait_min"] = error.minutes
        response = render(request, "portal/postcode.html", context, status=429)
        response["Retry-After"] = str(error.minutes * 60)
        return response
    if not right:
        context |= {"wrong": True, "said": said}
        return render(request, "portal/postcode.html", context, status=422)
    answer = HttpResponseRedirect(f"{door.path}proof/")
    postcode.remember(answer, door.order, door.path)
    return answer


@require_safe
def document(request: HttpRequest, door: Door, document_id: str) -> HttpResponse:
    """The bytes of one proof of delivery, as a download."""
    if not (door.signed_in or postcode.is_open(request, door.order)):
        return HttpResponseRedirect(f"{door.path}proof/")
    found = (
        queries.documents_of(door.order)
        .select_related("body")
        .filter(public_id=document_id)
        .first()
    )
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.body.content), content_type=found.media_type)
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}.get(
        found.media_type, "bin"
    )
    response["Content-Disposition"] = f'attachment; filename="proof-of-delivery.{ending}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = (
        "private, no-store"  # after half an hour it needs the postcode again
    )
    return response
