"""Dead letters and replays on screen: what failed and why, the dry run first, then the replay."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations import dead_letters, dry_runs, job_queries, queries, replaying, searching
from apps.integrations.errors import NoPlan
from apps.integrations.models.messages import Status
from apps.integrations.searching import Filters


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


def _page(request: HttpRequest, fragment: str, page: str, context: dict[str, Any]) -> HttpResponse:
    """The fragment for htmx, the page for a visitor, from one context."""
    is_script = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, f"integrations/{fragment if is_script else page}", context)


@require_GET
@needs("messages.see")
@vary_on_headers("HX-Request")
def letters(request: HttpRequest) -> HttpResponse:
    """Messages that need a person, with reason, owner, age and attempts."""
    user, filters = _person(request), Filters.from_query(request.GET)
    rows = dead_letters.letters(user, filters)
    more = len(rows) > queries.PAGE
    rows = rows[: queries.PAGE]
    context = {
        "rows": rows,
        "filters": filters,
        "statuses": [(status.value, status.label) for status in dead_letters.STATUSES],
        "partners": list(queries.partners_of(user)),
        "reasons": searching.reasons(),
        "next": rows[-1].message.public_id if more else "",
        "may_replay": user.may("messages.replay"),
    }
    return _page(request, "_dead_letters.html", "dead_letters.html", context)


@require_GET
@needs("messages.see")
@vary_on_headers("HX-Request")
def letter(request: HttpRequest, message_id: str) -> HttpResponse:
    """One of them: its bytes beside the reason and what would help."""
    user = _person(request)
    message = get_object_or_404(queries.messages_of(user), public_id=message_id)
    context = {
        "found": dead_letters.diagnose(message),
        "is_settled": message.status not in dead_letters.STATUSES,
        "may_replay": user.may("messages.replay"),
    }
    return _page(request, "_dead_letter.html", "dead_letter.html", context)


@require_GET
@needs("messages.replay")
def replays(request: HttpRequest) -> HttpResponse:
    """Plan one; the plans and replays one began."""
    user = _person(request)
    context = {
        "rows": list(replaying.plans_of(user)[: queries.PAGE]),
        "filters": Filters.from_query(request.GET),
        "statuses": [one for one in Status.choices if one[0] != Status.RECEIVED],
        "partners": list(queries.partners_of(user)),
        "reasons": searching.reasons(),
        "most_days": searching.MOST_DAYS,
    }
    return render(request, "integrations/replays.html", context)


@require_POST
@needs("messages.replay")
def replay_plan(request: HttpRequest) -> HttpResponse:
    """Begin a dry run of chosen messages, or of a filter."""
    chosen = request.POST.getlist("message")
    filters = Filters.from_query(request.POST)
    try:
        plan = replaying.plan(_person(request), filters=filters, chosen=chosen)
    except NoPlan as error:
        notices.error(request, str(error))
        return redirect(f"{reverse('replays')}?{filters.query}")
    return redirect("replay", job_id=plan.public_id)


@require_GET
@needs("messages.replay")
@vary_on_headers("HX-Request")
def replay(request: HttpRequest, job_id: str) -> HttpResponse:
    """A plan: how far it is, then what would change. The page asks again while it is under way."""
    user = _person(request)
    plan = get_object_or_404(replaying.plans_of(user), public_id=job_id, kind=replaying.PLAN)
    context = {
        "one": job_queries.shown(plan),
        "plan": plan,
        "outlook": plan.report.get("outlook"),
        "carried": replaying.replay_of(plan),
        "of": replaying.chosen_by(user, plan),
        "most": dry_runs.APPLIED,
    }
    return _page(request, "_replay.html", "replay.html", context)


@require_POST
@needs("messages.replay")
def replay_carry_out(request: HttpRequest, job_id: str) -> HttpResponse:
    """Do what the plan showed."""
    user = _person(request)
    plan = get_object_or_404(replaying.plans_of(user), public_id=job_id, kind=replaying.PLAN)
    try:
        job = replaying.carry_out(plan, by=user)
    except NoPlan as error:
        notices.error(request, str(error))
        return redirect("replay", job_id=job_id)
    return redirect("job", job_id=job.public_id)
