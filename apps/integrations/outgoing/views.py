"""The screens of subscriptions: who is told, what was sent, what was not taken, and how it goes on."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final, cast

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations.models.outgoing import (
    Audience,
    Delivery,
    DeliveryState,
    Subscription,
)
from apps.integrations.outgoing import forms, queries, replaying, services
from apps.integrations.outgoing.catalog import OFFERS
from apps.integrations.outgoing.errors import BadSubscription

_ROOM: Final = "integrations/outgoing"


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


def _page(request: HttpRequest, fragment: str, page: str, context: dict[str, Any]) -> HttpResponse:
    """The fragment for htmx and the live script, the page for a visitor, from one context."""
    bare = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, f"{_ROOM}/{fragment if bare else page}", context)


def _found(request: HttpRequest, subscription: str) -> Subscription:
    row = queries.one(_person(request), subscription)
    if row is None:
        raise Http404
    return row


@require_GET
@needs("subscriptions.see")
@vary_on_headers("HX-Request")
def subscriptions(request: HttpRequest) -> HttpResponse:
    """Every address that is told, those that need a person first."""
    cards = queries.cards(_person(request))
    return _page(request, "_subscriptions.html", "subscriptions.html", {"cards": cards})


@require_GET
@needs("subscriptions.see")
@vary_on_headers("HX-Request")
def subscription(request: HttpRequest, subscription: str) -> HttpResponse:
    """One subscription: how it stands, what was sent, what waits."""
    row = _found(request, subscription)
    return _page(request, "_subscription.html", "subscription.html", _screen(request, row))


def _screen(request: HttpRequest, row: Subscription, **more: Any) -> dict[str, Any]:
    filters = queries.DeliveryFilters.from_query(request.GET)
    rows = queries.deliveries(_person(request), row, filters)
    page = rows[: queries.PAGE]
    now = timezone.now()
    return {
        "row": row,
        "rows": page,
        "next": page[-1].public_id if len(rows) > queries.PAGE else "",
        "filters": filters,
        "states": DeliveryState.choices,
        "kinds": [*OFFERS, "ping"],
        "case": queries.case_of(row),
        "leased": queries.leased(row, now) if row.fetched else 0,
        "secrets": list(row.secrets.order_by("-pk")),
        "now": now,
        "range": {"begins": now - timedelta(days=1), "ends": now},
        "may_change": _person(request).may("subscriptions.change"),
        **more,
    }


@require_GET
@needs("subscriptions.see")
def delivery(request: HttpRequest, subscription: str, delivery: str) -> HttpResponse:
    """One event: the exact text, every try, what the receiver answered."""
    row = _found(request, subscription)
    context = {
        "row": row,
        "delivery": _delivery(request, row, delivery),
        "now": timezone.now(),
        "may_change": _person(request).may("subscriptions.change"),
    }
    context["pretty"] = json.dumps(
        json.loads(cast(Delivery, context["delivery"]).body), indent=2, ensure_ascii=False
    )
    return render(request, f"{_ROOM}/delivery.html", context)


def _delivery(request: HttpRequest, row: Subscription, public_id: str) -> Delivery:
    found = queries.delivery(_person(request), row, public_id)
    if found is None:
        raise Http404
    return found


@never_cache
@needs("subscriptions.change")
def subscription_new(request: HttpRequest) -> HttpResponse:
    """Name an address and choose what it hears of; the secret is shown on the answer, this once."""
    user = _person(request)
    if request.method != "POST":
        return _form(request, forms.empty(user), None)
    given = forms.read(request.POST, user)
    try:
        row, secret = services.add(given.wanted(), owner=user, now=timezone.now())
    except BadSubscription as bad:
        return _form(request, given.with_wrong(bad), None)
    return render(request, f"{_ROOM}/secret.html", {"row": row, "secret": secret, "fresh": True})


@never_cache
@needs("subscriptions.change")
def subscription_edit(request: HttpRequest, subscription: str) -> HttpResponse:
    """Change what an address hears of, within what its owner may see."""
    row = _found(request, subscription)
    if request.method != "POST":
        return _form(request, forms.of(row), row)
    given = forms.read(request.POST, row.owner, row)
    try:
        services.change(row, given.wanted(), by=_person(request))
    except BadSubscription as bad:
        return _form(request, given.with_wrong(bad), row)
    notices.success(request, "Changed; it holds for what happens from now on.")
    return redirect("subscription", subscription=row.public_id)


def _form(request: HttpRequest, given: forms.Given, row: Subscription | None) -> HttpResponse:
    owner = row.owner if row else _person(request)
    context = {
        "given": given,
        "row": row,
        "kinds": queries.kind_choices(owner, Audience.TOWER),
        "audiences": Audience.choices,
        **queries.scope_choices(owner),
        "customers": list(queries.customers_of(owner).order_by("name")[: forms.MOST_CUSTOMERS]),
    }
    status = 400 if given.wrong else 200
    return render(request, f"{_ROOM}/subscription_form.html", context, status=status)


@never_cache
@require_POST
@needs("subscriptions.change")
def subscription_secret(request: HttpRequest, subscription: str) -> HttpResponse:
    """Another secret, shown on the answer, this once; the one before signs beside it for as long as was chosen."""
    row = _found(request, subscription)
    hours = request.POST.get("overlap_h", "24")
    try:
        overlap_h = int(hours) if hours.isdecimal() and len(hours) < 5 else -1
        secret = services.rotate(row, by=_person(request), now=timezone.now(), overlap_h=overlap_h)
    except BadSubscription as bad:
        notices.error(request, str(bad))
        return redirect("subscription", subscription=row.public_id)
    context = {"row": row, "secret": secret, "fresh": False, "overlap_h": overlap_h}
    return render(request, f"{_ROOM}/secret.html", context)


@require_POST
@needs("subscriptions.change")
def subscription_step(request: HttpRequest, subscription: str, step: str) -> HttpResponse:
    """Pause, resume, ping or remove."""
    row, user, now = _found(request, subscription), _person(request), timezone.now()
    try:
        if step == "pause":
            services.pause(row, by=user)
            notices.success(request, "Paused. What happens is collected until it is resumed.")
        elif step == "resume":
            made = replaying.resume(row, by=user, now=now)
            more = f" {made.missing} events of the time between are sent too." if made else ""
            notices.success(request, f"Events go out again.{more}")
        elif step == "ping":
            sent = services.ping(row, by=user, now=now)
            told = "waits for the agent" if row.fetched else "is on its way"
            notices.success(request, f"A test event {told}; reload to see the answer.")
            return redirect("delivery", subscription=row.public_id, delivery=sent.public_id)
        elif step == "remove":
            services.remove(row, by=user)
            notices.success(request, f"{row.name} is told nothing any more.")
            return redirect("subscriptions")
        else:
            raise Http404
    except BadSubscription as bad:
        notices.error(request, str(bad))
    return redirect("subscription", subscription=row.public_id)


@require_POST
@needs("subscriptions.change")
def delivery_replay(request: HttpRequest, subscription: str, delivery: str) -> HttpResponse:
    """Send one event again, under its own id."""
    row = _found(request, subscription)
    found = _delivery(request, row, delivery)
    if services.replay_one(found, by=_person(request), now=timezone.now()):
        notices.success(request, "It is sent again in a moment, under the same id.")
    else:
        notices.info(request, "It waits to be sent anyway.")
    return redirect("delivery", subscription=row.public_id, delivery=found.public_id)


@require_POST
@needs("subscriptions.change")
def subscription_replay(request: HttpRequest, subscription: str) -> HttpResponse:
    """A time range again: first what it would be, then, with `sure`, done."""
    row = _found(request, subscription)
    wrong, wanted, plan = "", None, None
    try:
        wanted = _range(request)
        if request.POST.get("sure"):
            done = replaying.carry_out(row, wanted, by=_person(request), now=timezone.now())
            notices.success(
                request,
                f"{done.again} events are sent again, {done.missing} for the first time."
                + (" There are more: replay the rest of the range too." if done.cut else ""),
            )
            return redirect("subscription", subscription=row.public_id)
        plan = replaying.plan(row, wanted)
    except BadSubscription as bad:
        wrong = str(bad)
    more: dict[str, Any] = {"plan": plan, "wrong": wrong, "asked": wanted}
    if wanted:
        more["range"] = {"begins": wanted.begins, "ends": wanted.ends}
    context = _screen(request, row, **more)
    return render(request, f"{_ROOM}/subscription.html", context, status=400 if wrong else 200)


def _range(request: HttpRequest) -> replaying.Range:
    """Times of a form are in the viewer's zone."""
    bounds = []
    for field in ("begins", "ends"):
        try:
            at = parse_datetime(request.POST.get(field, "")[:40])
        except ValueError:
            at = None
        if at is None:
            raise BadSubscription(field, "Say from when to when.")
        bounds.append(at if at.tzinfo else timezone.make_aware(at))
    what = request.POST.get("what", "dead")
    states = {"dead": ("dead",), "all": ("sent", "dead"), "missing": ()}.get(what, ("dead",))
    return replaying.Range(bounds[0], bounds[1], states=states, missing=what != "dead")
