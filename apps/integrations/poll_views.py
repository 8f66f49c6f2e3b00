"""How a partner is asked and how its line stands; and an outage as one incident."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.exceptions.models import Case
from apps.integrations import breaker, incidents
from apps.integrations.errors import BadPartner
from apps.integrations.models import Breaker, Partner, Poll, PollAuth, PollWhen, WhenOpen
from apps.integrations.polling import settings, shapes, silence, turn
from apps.integrations.queries import partners_of

_HOURS = (1, 4, 24, 72)


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


@require_GET
@needs("integrations.see")
def polling(request: HttpRequest, slug: str) -> HttpResponse:
    """How the partner is asked, what is asked for, and the breaker of its line."""
    return _page(request, _partner(request, slug))


@require_POST
@needs("partners.change")
def polling_change(request: HttpRequest, slug: str) -> HttpResponse:
    """Store other settings."""
    partner = _partner(request, slug)
    try:
        form = settings.read(request.POST)
        if form.watched and not partners_of(_person(request)).filter(slug=form.watched).exists():
            raise BadPartner(f"There is no partner {form.watched}.", "watched")
        settings.save(partner, form, actor=_person(request).public_id)
    except BadPartner as bad:
        again = settings.typed(request.POST)
        return _page(request, partner, wrong=str(bad), field=bad.field, typed=again)
    notices.success(request, "Stored. The next sweep goes by it.")
    return redirect("polling", slug=partner.slug)


@require_POST
@needs("partners.change")
def polling_breaker(request: HttpRequest, slug: str) -> HttpResponse:
    """Hold the circuit open or closed for some hours, or let it go."""
    partner, now = _partner(request, slug), timezone.now()
    hours = request.POST.get("hours", "")
    until = now + timedelta(hours=int(hours)) if hours in map(str, _HOURS) else None
    try:
        breaker.force(
            partner,
            request.POST.get("position", ""),
            why=request.POST.get("why", ""),
            actor=_person(request).public_id,
            until=until,
            now=now,
        )
    except BadPartner as bad:
        return _page(request, partner, wrong=str(bad))
    notices.success(request, "The circuit stands as you said.")
    return redirect("polling", slug=partner.slug)


@require_GET
@needs("integrations.see")
def incident(request: HttpRequest, case_id: str) -> HttpResponse:
    """One outage: what it puts at risk, what is done meanwhile, how far it has been caught up with."""
    user = _person(request)
    case = get_object_or_404(
        Case.objects.visible_to(user), public_id=case_id, kind="integration_down"
    )
    seen = incidents.incident(user, case, timezone.now())
    most = max((hour.shipments for hour in seen.hours), default=1)
    slug = seen.outage.what.removeprefix("partner:") if seen.outage else ""
    partner = partners_of(user).filter(slug=slug).first()
    context = {"incident": seen, "most": most, "case": case, "partner": partner}
    return render(request, "integrations/incident.html", context)


def _partner(request: HttpRequest, slug: str) -> Partner:
    found = partners_of(_person(request)).select_related("carrier")
    return get_object_or_404(found, slug=slug)


def _page(
    request: HttpRequest,
    partner: Partner,
    *,
    wrong: str = "",
    field: str = "",
    typed: dict[str, Any] | None = None,
) -> HttpResponse:
    poll = Poll.objects.filter(partner=partner).select_related("watched", "partner").first()
    now = timezone.now()
    shown = typed or (settings.stored(poll) if poll else settings.first(partner))
    context = {
        "partner": partner,
        "poll": poll,
        "form": shown,
        "wrong": wrong,
        "field": field,
        "line": breaker.state_of([partner.pk], now).get(partner.pk),
        "circuit": Breaker.objects.filter(partner=partner).first(),
        "rests": turn.rests(poll, now) if poll else "",
        "used": turn.budget_of(poll).used(now) if poll else (0, 0),
        "asked_for": poll.packages.count() if poll else 0,
        "expected": silence.expected(poll) if poll else None,
        "pushed_at": silence.last_pushed(poll) if poll else None,
        "shape": shapes.SHAPES.get(partner.format),
        "others": list(partners_of(_person(request)).exclude(pk=partner.pk)),
        "whens": PollWhen.choices,
        "auths": PollAuth.choices,
        "policies": WhenOpen.choices,
        "hours": _HOURS,
        "may_change": _person(request).may("partners.change"),
    }
    return render(request, "integrations/polling.html", context, status=409 if wrong else 200)
